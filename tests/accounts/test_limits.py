from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from accounts import limits
from accounts.models import Attempt
from accounts.refusals import TooMany

MINUTE = timedelta(minutes=1)


def make(count: int, key: str = "1.2.3.4") -> None:
    for _ in range(count):
        limits.check("guest", key, 3, MINUTE)


@pytest.mark.django_db
def test_the_limit_holds_and_says_when_the_next_attempt_counts() -> None:
    make(3)
    Attempt.objects.update(at=timezone.now() - timedelta(seconds=20))
    with pytest.raises(TooMany) as caught:
        make(1)
    assert caught.value.details["retry_after"] in {40, 41}
    assert Attempt.objects.count() == 3


@pytest.mark.django_db
def test_attempts_outside_the_window_do_not_count() -> None:
    make(3)
    Attempt.objects.update(at=timezone.now() - MINUTE)
    make(3)


@pytest.mark.django_db
def test_keys_and_kinds_count_apart() -> None:
    make(3)
    make(3, key="1.2.3.5")
    limits.check("sign_up", "1.2.3.4", 3, MINUTE)


@pytest.mark.django_db
def test_a_forgiven_attempt_does_not_count() -> None:
    for _ in range(9):
        limits.forgive([limits.check("guest", "1.2.3.4", 3, MINUTE)])


@pytest.mark.django_db
def test_forgetting_begins_anew_for_these_keys_only() -> None:
    make(3)
    make(3, key="5.6.7.8")
    limits.forget("guest", "1.2.3.4")
    make(3)
    with pytest.raises(TooMany):
        make(1, key="5.6.7.8")


@pytest.mark.django_db
def test_an_attempt_that_one_limit_refuses_counts_for_none() -> None:
    both = [limits.Limit("wide", 9, MINUTE), limits.Limit("narrow", 2, MINUTE)]
    for _ in range(2):
        assert len(limits.check_all("guest", both)) == 2
    for _ in range(3):
        with pytest.raises(TooMany):
            limits.check_all("guest", both)
    assert Attempt.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_instant_do_not_slip_through() -> None:
    def attempt(_: int) -> bool:
        try:
            limits.check("guest", "1.2.3.4", 3, MINUTE)
        except TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        accepted = sum(pool.map(attempt, range(24)))
    assert 1 <= accepted <= 3


@pytest.mark.django_db
def test_addresses_are_not_stored_as_they_are() -> None:
    make(1, key="account owner@example.org")
    assert "owner" not in str(Attempt.objects.values())


@pytest.mark.django_db
def test_old_attempts_are_forgotten() -> None:
    make(2)
    assert limits.prune() == 0
    Attempt.objects.update(at=timezone.now() - limits.LONGEST_WINDOW - MINUTE)
    assert limits.prune() == 2


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one(address: str, network: str) -> None:
    assert limits.network_of(address) == network


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "9.9.9.9"),
        (1, "6.6.6.6, 7.7.7.7", "7.7.7.7"),
        (2, "5.5.5.5, 6.6.6.6, 7.7.7.7", "6.6.6.6"),
        (2, "7.7.7.7", "9.9.9.9"),
        (1, "", "9.9.9.9"),
    ],
)
def test_forwarded_addresses_are_believed_from_our_own_proxies_only(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR="9.9.9.9", headers={"X-Forwarded-For": forwarded}
    )
    assert limits.address_of(request) == address

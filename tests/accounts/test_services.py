import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from accounts import services
from accounts.models import User
from accounts.refusals import TooMany
from accounts.signals import account_deleted, guest_merged

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_() -> HttpRequest:
    """A request of somebody whom the site has never seen."""
    request = RequestFactory().post("/try/")
    request.session = SessionStore()
    request.user = AnonymousUser()
    return request


def test_a_stranger_becomes_a_guest_and_stays_the_same_one(request_: HttpRequest) -> None:
    guest = services.start_guest(request_)
    assert guest.is_guest
    assert not guest.has_usable_password()
    assert services.start_guest(request_) == guest
    assert User.objects.count() == 1


def test_becoming_a_guest_begins_a_new_session(request_: HttpRequest) -> None:
    request_.session.create()
    planted = request_.session.session_key
    services.start_guest(request_)
    assert request_.session.session_key != planted


def test_guests_from_one_address_are_limited(
    request_: HttpRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "GUESTS_PER_HOUR", 1)
    services.start_guest(request_)
    request_.user = AnonymousUser()
    with pytest.raises(TooMany):
        services.start_guest(request_)


def test_merging_tells_the_other_apps_while_both_rows_are_there(owner: User) -> None:
    guest = User.objects.create_guest()
    heard = []

    def move(sender: object, *, guest: User, user: User, **_: object) -> None:
        heard.append((guest.pk, user.pk, User.objects.filter(pk=guest.pk).exists()))

    guest_merged.connect(move)
    try:
        services.merge_guest(guest=User.objects.get(pk=guest.pk), user=owner)
    finally:
        guest_merged.disconnect(move)
    assert heard == [(guest.pk, owner.pk, True)]
    assert not User.objects.filter(pk=guest.pk).exists()


def test_a_merge_that_fails_changes_nothing(owner: User) -> None:
    guest = User.objects.create_guest()

    def fail(sender: object, **_: object) -> None:
        raise RuntimeError("songs cannot move")

    guest_merged.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.merge_guest(guest=guest, user=owner)
    finally:
        guest_merged.disconnect(fail)
    assert User.objects.filter(pk=guest.pk).exists()


def test_a_merge_that_fails_logs_nobody_in(owner: User, request_: HttpRequest) -> None:
    guest = services.start_guest(request_)

    def fail(sender: object, **_: object) -> None:
        raise RuntimeError("songs cannot move")

    guest_merged.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.log_in(request=request_, email="owner@example.org", password="correct horse 7")
    finally:
        guest_merged.disconnect(fail)
    assert request_.user == guest
    assert get_user(request_) == guest


def test_deleting_an_account_tells_the_other_apps_first(owner: User) -> None:
    heard = []

    def remove(sender: object, *, user: User, **_: object) -> None:
        heard.append(User.objects.filter(pk=user.pk).exists())

    account_deleted.connect(remove)
    try:
        services.delete_account(user=owner, password="correct horse 7")
    finally:
        account_deleted.disconnect(remove)
    assert heard == [True]
    assert not User.objects.exists()

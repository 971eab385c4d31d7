"""Rate limits that hold across processes and restarts: attempts are rows.

A cache would lose them and count two at once as one. Keys (addresses, e-mails) are kept as keyed
hashes, and only as long as the longest window.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from math import ceil

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Attempt
from accounts.refusals import TooMany

LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` attempts within `per` for this key."""

    key: str
    count: int
    per: timedelta


def check(kind: str, key: str, limit: int, per: timedelta) -> Attempt:
    """Count an attempt; raises TooMany when there were more than `limit` within `per`.

    The row is written before counting, so attempts made at the same instant see each other (call
    this outside of transactions). A refused attempt does not count, or an impatient person would
    never get in again.
    """
    attempt = Attempt.objects.create(kind=kind, key=hashed(key))
    since = attempt.at - per
    made = Attempt.objects.filter(kind=kind, key=attempt.key, at__gt=since)
    if made.count() <= limit:
        return attempt
    oldest = made.order_by("at").values_list("at", flat=True)[0]
    attempt.delete()
    raise TooMany(retry_after=max(1, ceil((oldest - since).total_seconds())))


def check_all(kind: str, limits: list[Limit]) -> list[Attempt]:
    """Count an attempt against several limits; if one of them refuses it, it counts for none."""
    made: list[Attempt] = []
    try:
        for limit in limits:
            made.append(check(kind, limit.key, limit.count, limit.per))
    except TooMany:
        forgive(made)
        raise
    return made


def forgive(attempts: list[Attempt]) -> None:
    """Take attempts back, for instance those of a login that turned out to be right."""
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).delete()


def forget(kind: str, *keys: str) -> None:
    """Begin to count anew: whoever this is has shown who they are."""
    Attempt.objects.filter(kind=kind, key__in=[hashed(key) for key in keys]).delete()


def hashed(key: str) -> str:
    return salted_hmac("accounts.limits", key, algorithm="sha256").hexdigest()


def prune() -> int:
    """Forget attempts that no window reaches any more; the number forgotten."""
    return Attempt.objects.filter(at__lt=timezone.now() - LONGEST_WINDOW).delete()[0]


def address_of(request: HttpRequest) -> str:
    """The client's address for counting: an IPv6 network counts as one, as one person owns it.

    X-Forwarded-For is believed only from the right, and only as many hops as are our own proxies.
    """
    address = request.META.get("REMOTE_ADDR") or "unknown"
    proxies = settings.TRUSTED_PROXY_COUNT
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        address = hops[-proxies] if len(hops) >= proxies and hops[-proxies] else address
    return network_of(address)


def network_of(address: str) -> str:
    """An IPv4 address as it is, the /64 network of an IPv6 address, anything else as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))

"""Storage that people use, counted in the transaction that takes or gives it.

What counts: the declared size of an upload from its first moment, then the stored audio of the stem
it became. Mixes and exports do not count: they can be made again.
"""

from uuid import UUID

from django.conf import settings
from django.db.models import F

from accounts.models import User
from accounts.refusals import Refusal


class QuotaExceeded(Refusal):
    code = "quota_exceeded"
    status = 413
    message = "This does not fit into your storage any more. Remove songs you no longer need."


def take(owner_id: UUID, count: int) -> None:
    """Count `count` more bytes; QuotaExceeded (and nothing counted) if they do not fit.

    One conditional update: two uploads at once cannot both take the last byte.
    """
    fitting = User.objects.filter(pk=owner_id, storage_bytes__lte=settings.USER_QUOTA_BYTES - count)
    if not fitting.update(storage_bytes=F("storage_bytes") + count):
        raise QuotaExceeded(quota_bytes=settings.USER_QUOTA_BYTES)


def give_back(owner_id: UUID, count: int) -> None:
    """Stop counting `count` bytes."""
    if count:
        User.objects.filter(pk=owner_id).update(storage_bytes=F("storage_bytes") - count)


def recount(owner_id: UUID, *, before: int, after: int) -> None:
    """Count `after` bytes in place of `before`; QuotaExceeded if the growth does not fit."""
    if after > before:
        take(owner_id, after - before)
    else:
        give_back(owner_id, before - after)


def hand_over(from_id: UUID, to_id: UUID, count: int) -> None:
    """Bytes change hands with the songs they belong to, even beyond the new owner's quota."""
    give_back(from_id, count)
    User.objects.filter(pk=to_id).update(storage_bytes=F("storage_bytes") + count)

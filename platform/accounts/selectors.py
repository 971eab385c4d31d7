"""What a person may see of their account."""

from django.db.models import QuerySet

from accounts.models import ApiToken, User


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The tokens that were not revoked, expired ones too, newest first."""
    return user.tokens.filter(revoked_at=None).order_by("-created_at")

"""Who an API request comes from: `Authorization: Bearer mx_…`."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.tokens import SCHEME, digest_of

KEYWORD = "Bearer"
# "Last used" is told to the minute: a busy client must not cost a write per request.
LAST_USED_STEP = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """Bearer tokens. Never read from the address, where logs and histories would keep them."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != KEYWORD.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Send the token as one word: Authorization: Bearer mx_….")
        token = self._find(words[1])
        if token is None or not token.is_usable() or not token.user.is_active:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        self._note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="api"'

    def _find(self, word: bytes) -> ApiToken | None:
        try:
            secret = word.decode("ascii")
        except UnicodeDecodeError:
            return None
        if not secret.startswith(SCHEME):
            return None
        return ApiToken.objects.select_related("user").filter(digest=digest_of(secret)).first()

    def _note_use(self, token: ApiToken) -> None:
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        if token.last_used_at is None or token.last_used_at < now - LAST_USED_STEP:
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI schema describes the tokens."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made on the account page: `Authorization: Bearer mx_…`.",
        }

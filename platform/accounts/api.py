"""The API of accounts: who I am, and my tokens."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.models import ApiToken, User
from accounts.names import validate_name
from accounts.refusals import SessionNeeded
from accounts.serializers import StrictSerializer


class MeSerializer(serializers.ModelSerializer[User]):
    quota_bytes = serializers.SerializerMethodField(help_text="How much may be stored.")

    class Meta:
        model = User
        fields = (
            *("id", "email", "name", "is_guest", "storage_bytes", "quota_bytes", "date_joined"),
        )

    def get_quota_bytes(self, user: User) -> int:
        return settings.USER_QUOTA_BYTES


class MeInput(StrictSerializer):
    name = serializers.CharField(max_length=80, validators=[validate_name])


class MeView(APIView):
    """Who I am; the name can be changed."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(_person(request)).data)

    @extend_schema(request=MeInput, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        form = MeInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = services.rename(user=_person(request), **form.validated_data)
        return Response(MeSerializer(user).data)


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("id", "name", "prefix", "created_at", "last_used_at", "expires_at")


class TokenInput(StrictSerializer):
    name = serializers.CharField(max_length=80, validators=[validate_name])
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, allow_null=True, help_text="Never, if not set."
    )


class IssuedTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token as its maker sees it, once."""

    secret = serializers.CharField(read_only=True)

    class Meta:
        model = ApiToken
        fields = (*TokenSerializer.Meta.fields, "secret")


class TokenViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ApiToken]):
    """My API tokens. Made and revoked in a session: a stolen token must not breed."""

    serializer_class = TokenSerializer
    permission_classes = [IsAuthenticated]
    queryset = ApiToken.objects.none()  # For the schema; see get_queryset.

    def get_queryset(self) -> QuerySet[ApiToken]:
        return selectors.tokens_of(_person(self.request))

    # Without an Idempotency-Key: answers to those are kept, and this one holds a secret.
    @extend_schema(request=TokenInput, responses={201: IssuedTokenSerializer})
    def create(self, request: Request) -> Response:
        user = _person_in_session(request)
        form = TokenInput(data=request.data)
        form.is_valid(raise_exception=True)
        token, secret = services.issue_token(user=user, **form.validated_data)
        body: dict[str, Any] = {**TokenSerializer(token).data, "secret": secret}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={204: OpenApiResponse(description="It works no longer.")})
    def destroy(self, request: Request, pk: str | None = None) -> Response:
        _person_in_session(request)
        services.revoke_token(token=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _person(request: Request) -> User:
    assert isinstance(request.user, User)  # IsAuthenticated has seen to it.
    return request.user


def _person_in_session(request: Request) -> User:
    """Who asks, with a session and not with a token. Raises SessionNeeded."""
    if isinstance(request.auth, ApiToken):
        raise SessionNeeded
    return _person(request)


router = SimpleRouter()
router.register("tokens", TokenViewSet, basename="token")
urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]

"""The API of accounts: who I am, and my tokens."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.generics import RetrieveUpdateAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from accounts import services
from accounts.idempotency import idempotent
from accounts.models import ApiToken, User
from accounts.refusals import SessionNeeded


class MeSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "email", "name", "is_guest", "storage_bytes", "date_joined"]
        read_only_fields = ["id", "email", "is_guest", "storage_bytes", "date_joined"]
        extra_kwargs = {"name": {"allow_blank": False}}


class MeView(RetrieveUpdateAPIView[User]):
    """Who I am; the name can be changed."""

    serializer_class = MeSerializer
    permission_classes = [IsAuthenticated]
    http_method_names = ["get", "patch", "head", "options"]

    def get_object(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "created_at", "last_used_at", "expires_at", "revoked_at"]


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    days = serializers.IntegerField(min_value=1, max_value=3650, required=False, allow_null=True)


class IssuedTokenSerializer(TokenSerializer):
    """A token as its maker sees it, once."""

    secret = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]


class TokenViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ApiToken]):
    """My API tokens. Made and revoked in a session: a stolen token must not breed."""

    serializer_class = TokenSerializer
    permission_classes = [IsAuthenticated]
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        assert isinstance(self.request.user, User)
        return self.request.user.tokens.order_by("-created_at")

    @extend_schema(request=NewTokenSerializer, responses={201: IssuedTokenSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        user = self._person(request)
        form = NewTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token, secret = services.issue_token(user=user, **form.validated_data)
        body = {**TokenSerializer(token).data, "secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: OpenApiResponse(description="It works no longer.")})
    def destroy(self, request: Request, pk: str | None = None) -> Response:
        self._person(request)
        services.revoke_token(token=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _person(self, request: Request) -> User:
        if isinstance(request.auth, ApiToken):
            raise SessionNeeded
        assert isinstance(request.user, User)
        return request.user


router = SimpleRouter()
router.register("tokens", TokenViewSet, basename="token")
urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]

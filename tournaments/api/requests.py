"""Reading requests, the same in every view."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from accounts.models import User


def checked(serializer: BaseSerializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def person(request: Request) -> User:
    """Who asks: only for views that require somebody."""
    assert isinstance(request.user, User)
    return request.user

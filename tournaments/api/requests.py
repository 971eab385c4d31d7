"""Reading requests, the same in every view."""

from typing import Any
from uuid import UUID

from django.http import Http404
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


def id_in(text: str) -> UUID:
    """The id that an address names. Raises Http404 for anything else."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None

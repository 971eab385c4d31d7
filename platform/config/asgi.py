"""The ASGI application: pages, API and live updates (`daphne config.asgi:application`)."""

import os
from typing import Any

import django
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path, re_path

from config.bodies import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.handler import OneVisitHandler  # noqa: E402 - these need the apps loaded above
from mixing.consumers import LiveConsumer  # noqa: E402


class Nowhere(AsyncWebsocketConsumer):
    """Refuses the handshake at any other address."""

    async def connect(self) -> None:
        await self.close()


sockets: list[Any] = [
    path("ws/", LiveConsumer.as_asgi()),  # type: ignore[arg-type]
    re_path("", Nowhere.as_asgi()),  # type: ignore[arg-type]
]
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(OneVisitHandler()),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(sockets))),
    }
)

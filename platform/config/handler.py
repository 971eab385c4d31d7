"""Django's ASGI handler for an application whose views and middleware all are synchronous."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http.response import HttpResponseBase


class OneVisitHandler(ASGIHandler):
    """Answers a request in one visit to its thread.

    Django would go back to the event loop between middleware and view, and wait there behind
    everybody else's requests and sockets. A view that is `async def` still works, in that thread.
    """

    def __init__(self) -> None:
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:  # type: ignore[override]
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)

"""The browsable documentation of the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from config.security import CONTENT_POLICY, content_policy, nonce_of


class ApiDocsView(SpectacularSwaggerSplitView):
    """Swagger UI, whose page brings styles of its own; its script comes from its own address."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)
        styles = "'self' 'unsafe-inline'"
        response[CONTENT_POLICY] = content_policy(nonce_of(request), style_src=styles)
        return response

"""The browsable documentation of the API."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

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


PROBLEM: Final = {
    "description": "Refused: see `code`.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def document_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to the schema what any operation may refuse, told by what it takes.

    A hook of drf-spectacular; what a view itself documents stays.
    """
    for operations in result["paths"].values():
        for operation in operations.values():
            problems = dict.fromkeys(_possible_problems(operation), PROBLEM)
            operation["responses"] = dict(sorted({**problems, **operation["responses"]}.items()))
    return result


def _possible_problems(operation: Mapping[str, Any]) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    places = {parameter["in"] for parameter in parameters}
    if "path" in places:
        yield "404"
    if "requestBody" in operation or places & {"query", "header"}:
        yield "400"
    if "requestBody" in operation:
        yield from ("413", "415")
    if any(parameter["name"] == "Idempotency-Key" for parameter in parameters):
        yield "409"
    if any(operation.get("security", ())):
        yield from ("401", "403")

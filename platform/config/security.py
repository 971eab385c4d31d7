"""Headers that tell browsers what a page may do."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

CONTENT_POLICY = "Content-Security-Policy"
PERMISSIONS = ", ".join(
    f"{feature}=()" for feature in ("camera", "microphone", "geolocation", "payment", "usb")
)


class SecurityHeadersMiddleware:
    """Adds a content security policy and a permissions policy to every answer.

    Scripts come from our own files, or carry the nonce that templates find as
    `request.csp_nonce`; decoded audio is played from blobs. A view that needs another policy sets
    the header itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault(CONTENT_POLICY, content_policy(nonce))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


def nonce_of(request: HttpRequest | Request) -> str:
    """The nonce of the page that answers `request`."""
    nonce: str = request.csp_nonce  # type: ignore[union-attr]
    return nonce


def content_policy(nonce: str, **changes: str) -> str:
    """The policy of a page whose inline scripts and styles carry `nonce`.

    `changes` replace directives: content_policy(nonce, style_src="'self' 'unsafe-inline'").
    """
    directives = {
        "default-src": "'none'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    directives |= {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())

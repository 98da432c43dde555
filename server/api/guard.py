"""What every request passes before its handler: size and encoding caps, who is asking, and that a write comes from our own page.

Also the headers that every response carries.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.api.cookies import CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from server.api.edge import ACCOUNT, ACCOUNT_PROBLEM, TooLarge
from server.api.whip import is_device_path
from server.errors import Problem, Refused, Unauthenticated
from server.services import Services
from server.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_PATH = 2_048
#: The largest request body of any path; JSON bodies have a smaller cap of their own (api/edge.py).
LARGEST_REQUEST = 1 << 20
#: Writes that come before a CSRF cookie exists, or that only renew it; for these the Origin check stands alone.
_BEFORE_CSRF = frozenset({"/api/v1/session", "/api/v1/session/refresh"})


class UnsupportedEncoding(Problem):
    status = 415


def policy_headers(settings: Settings) -> dict[str, str]:
    """Security headers. No inline script or style: the client's build makes none, and what moves on a page is set through the DOM."""
    csp = (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": csp,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), screen-wake-lock=(self), "
            "geolocation=(), payment=(), usb=(), interest-cohort=()"
        ),
    }
    if settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def add_headers(settings: Settings) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For `on_response_prepare`: streams and sockets get the headers too."""
    headers = policy_headers(settings)

    async def prepare(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = "giangduong"

    return prepare


@web.middleware
async def caps(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No compressed bodies (a small one may unpack to gigabytes), no endless addresses."""
    if "Content-Encoding" in request.headers:
        raise UnsupportedEncoding("request.compressed")
    if len(request.raw_path) > LONGEST_PATH:
        raise TooLarge("request.too_large", most_bytes=LONGEST_PATH)
    return await handler(request)


def who_asks(services: Services) -> Middleware:
    """Notes the signed-in account for the REST edge. A bad cookie is no refusal: some paths are open to all."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        token = request.cookies.get(SESSION_COOKIE)
        if token and request.path.startswith("/api/"):
            try:
                request[ACCOUNT] = await services.identity.account_of(token)
            except Unauthenticated as problem:
                request[ACCOUNT_PROBLEM] = problem.code
        return await handler(request)

    return middleware


def own_page_only(services: Services) -> Middleware:
    """Refuses writes that another site made the browser send (`auth.csrf`, `auth.foreign_origin`)."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        needs_page = request.method not in SAFE_METHODS and request.path.startswith("/api/")
        if needs_page and not is_device_path(request.path):
            require_own_origin(request, services.settings)
            if request.path not in _BEFORE_CSRF or request.method == "DELETE":
                _require_csrf(request)
        return await handler(request)

    return middleware


def require_own_origin(request: web.Request, settings: Settings) -> None:
    """The browser's own word on which page sends this. Clients that are no browsers send none, and hold no cookies by accident."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refused("auth.foreign_origin")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own(origin, request.host, settings):
        raise Refused("auth.foreign_origin")


def _is_own(origin: str, host: str, settings: Settings) -> bool:
    if settings.public_url:
        public = urlsplit(settings.public_url)
        return origin == f"{public.scheme}://{public.netloc}"
    return urlsplit(origin).scheme in ("http", "https") and urlsplit(origin).netloc == host


def _require_csrf(request: web.Request) -> None:
    cookie = request.cookies.get(CSRF_COOKIE, "")
    header = request.headers.get(CSRF_HEADER, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), header.encode()):
        raise Refused("auth.csrf")

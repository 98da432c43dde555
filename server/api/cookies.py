"""The three cookies of a signed-in browser. None is readable by other sites; only the CSRF value is readable by our own page."""

from __future__ import annotations

from aiohttp import web

from server.identity.identity import SESSION_LIFETIME_S, SignedIn
from server.identity.tokens import LIFETIME_S
from server.settings import Settings

SESSION_COOKIE = "gd_session"
REFRESH_COOKIE = "gd_refresh"
CSRF_COOKIE = "gd_csrf"
CSRF_HEADER = "X-Giangduong-CSRF"
#: The refresh token travels to the session paths alone.
REFRESH_PATH = "/api/v1/session"


def set_cookies(response: web.StreamResponse, signed_in: SignedIn, settings: Settings) -> None:
    secure = settings.secure_cookies
    response.set_cookie(
        SESSION_COOKIE, signed_in.token, max_age=LIFETIME_S, httponly=True, samesite="Lax", secure=secure, path="/"
    )
    response.set_cookie(
        REFRESH_COOKIE,
        signed_in.refresh,
        max_age=SESSION_LIFETIME_S,
        httponly=True,
        samesite="Strict",
        secure=secure,
        path=REFRESH_PATH,
    )
    response.set_cookie(
        CSRF_COOKIE, signed_in.csrf, max_age=SESSION_LIFETIME_S, samesite="Lax", secure=secure, path="/"
    )


def clear_cookies(response: web.StreamResponse, settings: Settings) -> None:
    for name, path in ((SESSION_COOKIE, "/"), (REFRESH_COOKIE, REFRESH_PATH), (CSRF_COOKIE, "/")):
        response.del_cookie(name, path=path, secure=settings.secure_cookies)

"""Sign-in links of the demonstration school: one click, no password. Only in demo mode, only on the loopback address.

`?lesson=ID` leads on to that lesson, as a school's own sign-in leads back to the page that asked for it.
"""

from __future__ import annotations

from aiohttp import web

from server.api.cookies import set_cookies
from server.api.edge import is_id
from server.errors import NotFound
from server.services import Services
from server.settings import is_loopback


def routes(services: Services) -> list[web.RouteDef]:
    async def enter(request: web.Request) -> web.StreamResponse:
        links = services.demo
        # A proxy on this machine would make the whole network look like this machine.
        is_forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
        if links is None or is_forwarded or not is_loopback(request.remote or ""):
            raise NotFound("request.no_such_path")
        person = links.person_of(request.match_info["key"])
        lesson = request.query.get("lesson", "")
        response = web.HTTPSeeOther(f"/lessons/{lesson}" if is_id(lesson) else "/")
        set_cookies(response, await services.identity.sign_in_as(person), services.settings)
        response.headers["Cache-Control"] = "no-store"
        raise response

    return [web.get("/api/v1/demo/{key}", enter)] if services.settings.demo else []

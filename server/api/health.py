"""For load balancers and operators: is the process alive, and can it serve?"""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import text

from server.services import Services


def routes(services: Services) -> list[web.RouteDef]:
    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True}, headers={"Cache-Control": "no-store"})

    async def readyz(_request: web.Request) -> web.Response:
        async with services.database.read() as connection:
            await connection.execute(text("SELECT 1"))
        return web.json_response({"ok": True}, headers={"Cache-Control": "no-store"})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]

"""Bytes for the network check before joining. Random, so that no proxy makes them smaller."""

from __future__ import annotations

import secrets

from aiohttp import web

from server.api.edge import account_of, address_of, query_number
from server.identity.attempts import Limit
from server.services import Services

LARGEST_PROBE = 1 << 20
#: A check loads a few probes; who asks without end is slowed down.
PROBES = Limit(burst=30, refill_s=2)


def routes(services: Services) -> list[web.RouteDef]:
    async def probe(request: web.Request) -> web.Response:
        # The device check needs no account; a stranger is counted by address.
        account = account_of(request)
        who = account.id if account is not None else address_of(request, services.settings)
        services.identity.attempts.take(PROBES, "probe", who, code="request.too_often")
        size = query_number(request, "bytes", 64 * 1024, 1, LARGEST_PROBE)
        return web.Response(
            body=secrets.token_bytes(size),
            content_type="application/octet-stream",
            headers={"Cache-Control": "no-store", "Content-Encoding": "identity"},
        )

    return [web.get("/api/v1/probe", probe)]

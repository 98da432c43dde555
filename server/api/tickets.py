"""Room tickets: who is signed in and may enter a lesson now gets one, for one use within a minute."""

from __future__ import annotations

from aiohttp import web

from server.api.edge import answer, decode, lesson_id, signed_in
from server.api.shapes import AskTicket, Ticket
from server.clock import micros
from server.identity.turn import TurnServers
from server.room.relays import ice_servers
from server.services import Services


def routes(services: Services) -> list[web.RouteDef]:
    turn = TurnServers(services.settings.turn_urls, services.settings.turn_secret)

    async def ticket(request: web.Request) -> web.Response:
        account = signed_in(request)
        asked = await decode(request, AskTicket)
        mine = await services.planning.require(account, lesson_id(request), "lesson.enter")
        given = await services.live.ticket(account, mine, asked.device)
        return answer(
            Ticket(
                ticket=given.issued.text,
                url=given.node or services.settings.public_url.rstrip("/") or f"{request.scheme}://{request.host}",
                role=given.role.value,
                other_device=given.other_device,
                expires_us=given.issued.ticket.expires_us,
                ice_servers=ice_servers(turn, account.person, micros(services.clock.now())),
            )
        )

    return [web.post("/api/v1/lessons/{id}/ticket", ticket)]

"""The socket's edge for desks (namespace `/desk`): the session cookie says who watches; the only command is another day."""

from __future__ import annotations

from typing import Any

import msgspec
import socketio

from server.api.cookies import SESSION_COOKIE
from server.errors import Conflict, Invalid, Unauthenticated
from server.identity.identity import Identity
from server.realtime import rates
from server.realtime.acks import done, refusal, refused
from server.realtime.rates import Rates
from server.realtime.sockets import SocketServer
from server.room.desk_pushes import AnyDeskPush, WatchDay
from server.services.live_desk import Desk, Desks

NAMESPACE = "/desk"


class DeskEdge(socketio.AsyncNamespace):  # type: ignore[misc]
    """Handlers of `/desk`."""

    def __init__(self, server: SocketServer, desks: Desks, identity: Identity, limits: Rates) -> None:
        super().__init__(NAMESPACE)
        self._sockets = server
        self._desks = desks
        self._identity = identity
        self._limits = limits
        self._sitting: dict[str, Desk] = {}

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        try:
            token = environ["aiohttp.request"].cookies.get(SESSION_COOKIE)
            if not token:
                raise Unauthenticated("auth.required")
            account = await self._identity.account_of(token)
            self._limits.take(rates.JOINS, account.person)
            socket = self._sockets.socket_of(sid, NAMESPACE)

            def send(push: AnyDeskPush) -> None:
                socket.send(msgspec.json.encode(push))

            self._sitting[sid] = await self._desks.sit_down(account, send)
        except Exception as error:
            raise refusal(error, "desk") from None

    async def on_do(self, sid: str, *data: Any) -> dict[str, Any]:
        try:
            self._limits.take(rates.COMMANDS, sid)
            desk = self._sitting.get(sid)
            if desk is None:
                raise Conflict("room.not_here")
            await self._desks.watch(desk, _watch_day(data).day)
            return done(0)
        except Exception as error:
            return refused(error, "desk")

    async def on_disconnect(self, sid: str, reason: str) -> None:
        desk = self._sitting.pop(sid, None)
        self._limits.forget(rates.COMMANDS, sid)
        if desk is not None:
            self._desks.stand_up(desk)


def _watch_day(data: tuple[Any, ...]) -> WatchDay:
    if len(data) != 1:
        raise Invalid("room.malformed", detail="one command at a time")
    try:
        return msgspec.convert(data[0], WatchDay)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Invalid("room.malformed", detail=str(error)[:200]) from None

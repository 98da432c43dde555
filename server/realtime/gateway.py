"""The socket's edge for live rooms (namespace `/lesson`): decode, how often, hand over, encode. No logic of lessons.

python-socketio calls a disconnect handler a second time when its body raises TypeError, and never when a socket dies before its CONNECT was
answered; so leaving is idempotent per connection, and a room looks for itself whether a socket is still open.
"""

from __future__ import annotations

from typing import Any

import msgspec
import socketio
import structlog

from server.clock import Clock, micros
from server.errors import Conflict, Invalid
from server.ids import ConnectionId
from server.realtime import rates
from server.realtime.acks import done, refusal, refused
from server.realtime.rates import Rates
from server.realtime.sockets import SocketServer
from server.room.commands import PROTOCOL_VERSION, AnyCommand, Connect, PostChat
from server.room.room import Room
from server.services.live import Live

log = structlog.get_logger("realtime")

NAMESPACE = "/lesson"
_TIMED_OUT = "ping timeout"


class Gateway(socketio.AsyncNamespace):  # type: ignore[misc]
    """Handlers of `/lesson`. Which room a connection sits in is known here; everything else is the room's."""

    def __init__(self, server: SocketServer, live: Live, clock: Clock, limits: Rates) -> None:
        super().__init__(NAMESPACE)
        self._sockets = server
        self._live = live
        self._clock = clock
        self._limits = limits
        self._rooms: dict[str, Room] = {}

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Raises ConnectionRefusedError with `{"problem": …}` as data."""
        try:
            self._limits.take(rates.ADDRESS, _address(environ))
            connect = decode_connect(auth)
            self._limits.take(rates.JOINS, connect.device)
            connection = self._sockets.socket_of(sid, NAMESPACE)
            self._rooms[sid] = await self._live.enter(connect, connection)
        except Exception as error:
            self._rooms.pop(sid, None)
            raise refusal(error, "connect") from None

    async def on_do(self, sid: str, *data: Any) -> dict[str, Any]:
        """One command; its ack. A connection that asks too often is told so and stays."""
        try:
            self._limits.take(rates.COMMANDS, sid)
            room = self._rooms.get(sid)
            if room is None:
                raise Conflict("room.not_here")
            command = decode_command(data)
            if isinstance(command, PostChat):
                self._limits.take(rates.CHAT, sid)
            return done(await room.do(ConnectionId(sid), command))
        except Exception as error:
            return refused(error, "do")

    async def on_disconnect(self, sid: str, reason: str) -> None:
        room = self._rooms.pop(sid, None)
        self._limits.forget(rates.COMMANDS, sid)
        self._limits.forget(rates.CHAT, sid)
        if room is not None:
            why = "heartbeat_lost" if reason == _TIMED_OUT else "socket_closed"
            room.gone(ConnectionId(sid), micros(self._clock.now()), why)


def decode_connect(auth: Any) -> Connect:
    """Raises Invalid: `room.malformed`, or `room.version` for a page older or newer than this server."""
    if isinstance(auth, dict) and auth.get("v") not in (None, PROTOCOL_VERSION):
        raise Invalid("room.version", expected=PROTOCOL_VERSION)
    connect: Connect = _convert(auth, Connect)
    return connect


def decode_command(data: tuple[Any, ...]) -> Any:
    """The one command of a `do`. Raises Invalid `room.malformed`."""
    if len(data) != 1:
        raise Invalid("room.malformed", detail="one command at a time")
    return _convert(data[0], AnyCommand)


def _convert(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Invalid("room.malformed", detail=str(error)[:200]) from None


def _address(environ: dict[str, Any]) -> str:
    request = environ.get("aiohttp.request")
    return str(request.remote) if request is not None else ""

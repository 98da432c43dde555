"""One browser's socket as a room sees it, and the Socket.IO server that makes them: text only, WebSocket only, with a last sign of life."""

from __future__ import annotations

import asyncio
from typing import Any

import socketio
import structlog
from engineio.async_socket import AsyncSocket
from engineio.exceptions import UnknownPacketError
from engineio.packet import packet_names

from server.clock import Clock, micros
from server.errors import Invalid
from server.ids import ConnectionId
from server.realtime.packets import TextPacket, event_packet

log = structlog.get_logger("realtime")

PING_INTERVAL_S = 5
PING_TIMEOUT_S = 5
MAX_PAYLOAD_BYTES = 128 << 10
#: Pushes waiting for a browser that does not read; beyond it the socket is closed and the browser resumes by number.
MAX_BACKLOG = 2_000
#: Packets that cannot be read before a socket is closed: a broken client is told, a hostile one is not kept.
MAX_MALFORMED = 16
#: What was said last (an ack, the reason why) goes out before the socket closes.
LINGER_S = 0.2
#: A socket has this long to say who it is.
CONNECT_WITHIN_S = 15.0
_OPENED, _SEEN, _MALFORMED = "gd.opened_us", "gd.seen_us", "gd.malformed"


async def shut(socket: AsyncSocket | None) -> None:
    """Say goodbye and close the TCP connection as well: a client that stays on the line after goodbye is not listened to."""
    if socket is None:
        return
    await socket.close(wait=False)
    socket.queue.put_nowait(None)


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server with this project's limits."""

    def __init__(self, clock: Clock, origins: list[str] | None) -> None:
        super().__init__(
            async_mode="aiohttp",
            serializer=TextPacket,
            transports=["websocket"],
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            max_http_buffer_size=MAX_PAYLOAD_BYTES,
            cors_allowed_origins=origins,
            http_compression=False,
            logger=False,
            engineio_logger=False,
            namespaces=["/lesson", "/desk"],
        )
        self._clock = clock
        self._serve_socket = self.eio.handle_request
        self.eio.handle_request = self._handle_eio_request

    async def _handle_eio_request(self, *args: Any, **kwargs: Any) -> Any:
        """Text that is no packet at all ends the socket in engine.io, by an exception: the browser's fault, not ours."""
        try:
            return await self._serve_socket(*args, **kwargs)
        except ValueError as error:
            log.info("no packet", reason=type(error).__name__)
            raise Invalid("request.malformed", detail="no packet") from None

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        """Every received packet, pongs too, is a sign of life."""
        result = await super()._handle_eio_connect(eio_sid, environ)
        environ[_OPENED] = environ[_SEEN] = micros(self._clock.now())
        environ[_MALFORMED] = 0
        socket = self.eio.sockets[eio_sid]
        read = socket.receive

        async def receive(packet: Any) -> None:
            environ[_SEEN] = micros(self._clock.now())
            if packet.packet_type not in range(len(packet_names)):
                raise UnknownPacketError
            await read(packet)

        socket.receive = receive
        return result

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        """A packet that cannot be read is counted, not fatal: only too many of them close the socket."""
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception as error:
            environ = self.environ.get(eio_sid, {})
            environ[_MALFORMED] = environ.get(_MALFORMED, 0) + 1
            log.info("unreadable packet", reason=type(error).__name__, count=environ[_MALFORMED])
            if environ[_MALFORMED] > MAX_MALFORMED:
                await shut(self.eio.sockets.get(eio_sid))

    def socket_of(self, sid: str, namespace: str) -> BrowserSocket:
        """The connection of a namespace's sid. Raises KeyError when it is gone."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace)
        return BrowserSocket(self, ConnectionId(sid), namespace, eio_sid)

    async def close_anonymous(self) -> None:
        """Close sockets that did not say who they are in time."""
        latest_us = micros(self._clock.now()) - round(CONNECT_WITHIN_S * 1e6)
        for eio_sid, environ in list(self.environ.items()):
            is_named = any(self.manager.sid_from_eio_sid(eio_sid, each) for each in self.manager.get_namespaces())
            socket = self.eio.sockets.get(eio_sid)
            if not is_named and environ.get(_OPENED, 0) < latest_us:
                await shut(socket)

    async def close_all(self) -> None:
        """The server stops: tell every browser, so that it looks for us again at once."""
        for socket in list(self.eio.sockets.values()):
            await shut(socket)
        await self.shutdown()


class BrowserSocket:
    """Implements room/doors.py's Connection."""

    def __init__(self, server: SocketServer, sid: ConnectionId, namespace: str, eio_sid: str) -> None:
        self._server = server
        self._id = sid
        self._namespace = namespace
        self._socket: AsyncSocket = server.eio.sockets[eio_sid]
        self._environ: dict[str, Any] = server.environ[eio_sid]

    @property
    def id(self) -> ConnectionId:
        return self._id

    @property
    def is_open(self) -> bool:
        return not (self._socket.closed or self._socket.closing)

    @property
    def last_seen_us(self) -> int:
        return int(self._environ[_SEEN])

    def send(self, frame: bytes) -> None:
        if not self.is_open:
            return
        if self._socket.queue.qsize() > MAX_BACKLOG:
            log.warning("a browser does not read", connection=self._id)
            self.close()
            return
        self._socket.queue.put_nowait(event_packet(self._namespace, "push", frame))

    def close(self) -> None:
        if self.is_open:
            self._server.start_background_task(self._close_soon)

    async def _close_soon(self) -> None:
        await asyncio.sleep(LINGER_S)
        await shut(self._socket)

"""The realtime edge as server/app.py sees it: one Socket.IO server with the namespaces of lessons and desks on it."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from server.clock import Clock
from server.identity.identity import Identity
from server.realtime.desk import DeskEdge
from server.realtime.gateway import Gateway
from server.realtime.rates import Rates
from server.realtime.sockets import CONNECT_WITHIN_S, SocketServer
from server.services.live import Live
from server.services.live_desk import Desks
from server.settings import Settings
from server.tasks import TaskGroupOf


class Realtime:
    """Made once; `attach` before the application starts."""

    def __init__(self, live: Live, desks: Desks, identity: Identity, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._sockets = SocketServer(clock, _origins(settings))
        limits = Rates(clock)
        self._sockets.register_namespace(Gateway(self._sockets, live, clock, limits))
        self._sockets.register_namespace(DeskEdge(self._sockets, desks, identity, limits))
        self._tasks = TaskGroupOf("realtime")

    def attach(self, app: web.Application) -> None:
        self._sockets.attach(app, socketio_path="socket.io")
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)

    async def _start(self, _: web.Application) -> None:
        self._tasks.start(self._close_anonymous(), "anonymous")

    async def _stop(self, _: web.Application) -> None:
        """Before requests are waited for: sockets would be waited for until their browsers go."""
        await self._tasks.aclose()
        await self._sockets.close_all()

    async def _close_anonymous(self) -> None:
        while True:
            await self._clock.sleep(CONNECT_WITHIN_S / 3)
            await self._sockets.close_anonymous()


def _origins(settings: Settings) -> list[str] | None:
    """The school's own address; without one, whatever address the page itself was loaded from."""
    if not settings.public_url:
        return None
    public = urlsplit(settings.public_url)
    return [f"{public.scheme}://{public.netloc}"]

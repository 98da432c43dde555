"""A demonstration school with live lessons inside the test's own event loop: real sockets, real SQLite, the clock in the test's hand.

No relay and no recorder unless asked for. `restart` stops the server as SIGTERM does and starts a new one on the same data and port.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from server.app import SERVICES, build_app
from server.clock import ManualClock
from server.events.base import Recorded
from server.ids import LessonId
from server.ledger import lesson_log
from server.services import Services
from server.settings import Settings
from tests.kit.lesson_client import Browser, LessonClient
from tests.kit.school_process import free_tcp_port

#: A Tuesday morning in school time (07:35, GMT+7).
START = datetime(2026, 10, 6, 0, 35, tzinfo=UTC)


class LiveSchool:
    """`browser(who)` is signed in; `join(who)` is in the lesson of now."""

    def __init__(self, settings: Settings, clock: ManualClock, with_media: bool) -> None:
        self._settings = settings
        self._with_media = with_media
        self.clock = clock
        self._runner: web.AppRunner | None = None
        self._browsers: list[Browser] = []
        self._clients: list[LessonClient] = []
        self.lesson = LessonId("")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._settings.port}"

    @property
    def services(self) -> Services:
        assert self._runner is not None
        return self._runner.app[SERVICES]

    async def start(self) -> None:
        app = build_app(self._settings, self.clock, with_media=self._with_media)
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._settings.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def restart(self, away_s: float = 0.0) -> None:
        """A new server process would find the same: the folder, the port, nothing in memory."""
        await self.stop()
        if away_s:
            await self.clock.advance(away_s)
        await self.start()

    async def browser(self, who: str, device: str = "") -> Browser:
        demo = self.services.demo
        assert demo is not None
        browser = Browser(self.base_url, device or f"device-of-{who}")
        self._browsers.append(browser)
        await browser.visit(demo.urls(self._settings.port)[who].replace("localhost", "127.0.0.1"))
        if not self.lesson:
            lessons = (await browser.get("/lessons"))["lessons"]
            self.lesson = LessonId(next(each["id"] for each in lessons if each["may_join"]))
        return browser

    async def join(self, who: str, device: str = "", **connect: Any) -> LessonClient:
        client = await (await self.browser(who, device)).join(self.lesson, **connect)
        self.keep(client)
        return client

    def keep(self, client: LessonClient) -> None:
        """Leave with it at the end."""
        self._clients.append(client)

    async def events(self) -> list[Recorded]:
        """The lesson's record so far."""
        return await self.services.ledger.read(lesson_log(self.lesson))

    async def bodies(self, kind: str) -> list[dict[str, Any]]:
        """The events of one type (`room.person_lost`), as objects."""
        found = [msgspec.to_builtins(each.event) for each in await self.events()]
        return [body for body in found if str(body["type"]).partition("/")[0] == kind]

    async def until_recorded(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Let time pass, a second at a time, until there are so many events of a type."""
        async with asyncio.timeout(20):
            while len(found := await self.bodies(kind)) < count:
                await self.pass_time(1)
        return found

    async def pass_time(self, seconds: float) -> None:
        """Seconds of the clock, one by one, each with everything that the rooms do in it."""
        whole = int(seconds)
        for step in [1.0] * whole + ([seconds - whole] if seconds > whole else []):
            await self.clock.advance(step)
            for room in self.services.live.open_rooms():
                await room.in_turn(_nothing)

    async def aclose(self) -> None:
        for client in self._clients:
            await client.leave()
        for browser in self._browsers:
            await browser.close()
        await self.stop()


async def _nothing() -> None:
    return None


@asynccontextmanager
async def live_school(
    data: Path, *, plan: Mapping[str, Any] | None = None, with_media: bool = False, **settings: Any
) -> AsyncIterator[LiveSchool]:
    """A school whose lesson of now can be joined. `plan`: fields of services/demo_plan.py that shall differ."""
    plan_file = data / "plan.json"
    plan_file.write_bytes(msgspec.json.encode({"history": False, **(plan or {})}))
    defaults = replace(
        Settings(),
        data_dir=data,
        demo=True,
        demo_plan=str(plan_file),
        port=free_tcp_port(),
        udp_port=0,
        recording=False,
    )
    school = LiveSchool(replace(defaults, **settings), ManualClock(START), with_media)
    try:
        await school.start()
        yield school
    finally:
        await school.aclose()

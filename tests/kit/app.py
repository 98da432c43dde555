"""The web application of a demonstration school inside the test's own event loop, with its clock in the test's hand, and browsers' cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer

from server.app import SERVICES, build_app
from server.clock import ManualClock
from server.services import Services
from server.settings import Settings

#: A Tuesday morning in school time (07:35, GMT+7).
START = datetime(2026, 10, 6, 0, 35, tzinfo=UTC)


class Browser:
    """One person's browser: cookies, and the CSRF header that our page sends."""

    def __init__(self, server: TestServer) -> None:
        self.http: TestClient[Any, Any] = TestClient(server, cookie_jar=CookieJar(unsafe=True))

    def cookie(self, name: str) -> str:
        found = [cookie.value for cookie in self.http.session.cookie_jar if cookie.key == name]
        return found[0] if found else ""

    async def get(self, path: str, **options: Any) -> ClientResponse:
        return await self.http.get(path, **options)

    async def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> ClientResponse:
        sent = {"X-Giangduong-CSRF": self.cookie("gd_csrf"), **(headers or {})}
        return await self.http.request(method, path, json=body, headers=sent)

    async def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> ClientResponse:
        return await self.send("POST", path, body, headers)


class School:
    """A running application. `browser(who)` signs in with that person's demonstration link."""

    def __init__(self, server: TestServer, clock: ManualClock) -> None:
        self.server = server
        self.clock = clock
        self._browsers: list[Browser] = []

    @property
    def services(self) -> Services:
        app = self.server.app
        return app[SERVICES]

    def stranger(self) -> Browser:
        browser = Browser(self.server)
        self._browsers.append(browser)
        return browser

    async def browser(self, who: str) -> Browser:
        browser = self.stranger()
        assert self.services.demo is not None
        link = self.services.demo.urls(self.server.port or 0)[who]
        answer = await browser.get(link[link.index("/api/") :], allow_redirects=False)
        assert answer.status == 303, await answer.text()
        return browser

    async def aclose(self) -> None:
        for browser in self._browsers:
            await browser.http.close()


@asynccontextmanager
async def running_app(data: Path, clock: ManualClock | None = None, **settings: Any) -> AsyncIterator[School]:
    """A demonstration school that nothing outside the process is needed for."""
    clock = clock or ManualClock(START)
    defaults = replace(Settings(), data_dir=data, demo=True, port=0, udp_port=0, recording=False)
    server = TestServer(build_app(replace(defaults, **settings), clock), host="127.0.0.1")
    school = School(server, clock)
    try:
        await server.start_server()
        yield school
    finally:
        await school.aclose()
        await server.close()

"""A browser's half of the live room: a real Socket.IO client over a real WebSocket that joins, acts and remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import socketio
from socketio.exceptions import ConnectionError as RefusedConnection
from yarl import URL

#: How long anything that should happen may take, on a busy machine.
PATIENCE_S = 10.0


class Refusal(Exception):
    """The server answered with a problem; `code` is its code."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('code')} {problem.get('params')}")
        self.code = str(problem.get("code"))
        self.problem = problem


class Browser:
    """A signed-in browser: cookies, CSRF header, REST, and live rooms."""

    def __init__(self, base_url: str, device: str = "device-1") -> None:
        self.base_url = base_url
        self.device = device
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def close(self) -> None:
        await self.http.close()

    async def get(self, path: str) -> Any:
        async with self.http.get(f"{self.base_url}/api/v1{path}") as response:
            return _answered(await response.json())

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        async with self.http.post(f"{self.base_url}/api/v1{path}", json=body, headers=self._csrf()) as response:
            return _answered(await response.json() if response.status != 204 else {})

    async def delete(self, path: str) -> None:
        async with self.http.delete(f"{self.base_url}/api/v1{path}", headers=self._csrf()) as response:
            assert response.status == 204, await response.text()

    async def visit(self, link: str) -> None:
        """Open a sign-in link."""
        async with self.http.get(link, allow_redirects=False) as response:
            assert response.status < 400, await response.text()

    async def sign_in(self, login: str, password: str) -> None:
        await self.post("/session", {"login": login, "password": password})

    async def consent(self, lesson: str) -> None:
        detail = await self.get(f"/lessons/{lesson}")
        asked = detail["consent"]
        body = {"notice_version": asked["notice_version"], "purposes": asked["purposes"]}
        await self.post(f"/lessons/{lesson}/consent", body)

    async def ticket(self, lesson: str) -> dict[str, Any]:
        answer: dict[str, Any] = await self.post(f"/lessons/{lesson}/ticket", {"device": self.device})
        return answer

    async def join(self, lesson: str, **connect: Any) -> LessonClient:
        """Consent, ticket, CONNECT; in the room when it returns. Raises Refusal."""
        await self.consent(lesson)
        ticket = await self.ticket(lesson)
        client = LessonClient(self.base_url, self.device)
        await client.connect(ticket=ticket["ticket"], **connect)
        return client

    def http_url(self) -> URL:
        return URL(self.base_url)

    def _csrf(self) -> dict[str, str]:
        cookies = self.http.cookie_jar.filter_cookies(self.http_url())
        return {"X-Giangduong-CSRF": cookies["gd_csrf"].value} if "gd_csrf" in cookies else {}


def _answered(body: Any) -> Any:
    if isinstance(body, dict) and "problem" in body:
        raise Refusal(body["problem"])
    return body


class LessonClient:
    """One connection to `/lesson`. `pushes` holds everything in order; `joined` the last whole picture."""

    def __init__(self, base_url: str, device: str = "device-1", namespace: str = "/lesson") -> None:
        self._base_url = base_url
        self._namespace = namespace
        self.device = device
        self.pushes: list[dict[str, Any]] = []
        self._grown = asyncio.Event()
        self.closed = asyncio.Event()
        self._used = False
        self._make()

    async def connect(self, headers: Mapping[str, str] | None = None, **auth: Any) -> None:
        """CONNECT with these fields of `Connect`. Raises Refusal."""
        if self._used:
            await self.socket.disconnect()
            self._make()
        self._used = True
        self.closed.clear()
        auth = {"v": 1, "device": self.device, **auth}
        try:
            await self.socket.connect(
                self._base_url,
                auth=auth,
                namespaces=[self._namespace],
                transports=["websocket"],
                headers=dict(headers or {}),
                wait_timeout=PATIENCE_S,
            )
        except RefusedConnection as error:
            await self.socket.disconnect()
            raise Refusal(_problem_in(self._refusal or error.args)) from None

    async def do(self, kind: str, **fields: Any) -> int:
        """Send a command; the ack's seq. Raises Refusal."""
        return await self.send_raw({"t": kind, **fields})

    async def send_raw(self, *data: Any) -> int:
        ack = await self.socket.call("do", data if len(data) > 1 else data[0], self._namespace, timeout=PATIENCE_S)
        if "problem" in ack:
            raise Refusal(ack["problem"])
        assert ack["ok"] is True
        return int(ack["seq"])

    async def until(self, kind: str, holds: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first push of this kind, seen already or to come, for which `holds`."""
        async with asyncio.timeout(PATIENCE_S):
            at = 0
            while True:
                for push in self.pushes[at:]:
                    if push["t"] == kind and holds(push):
                        return push
                at = len(self.pushes)
                self._grown.clear()
                await self._grown.wait()

    async def next(self, kind: str, holds: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """Like `until`, and forgets what came up to it, so that the next call waits for a newer one."""
        found = await self.until(kind, holds)
        del self.pushes[: self.pushes.index(found) + 1]
        return found

    def seen(self, kind: str) -> list[dict[str, Any]]:
        return [push for push in self.pushes if push["t"] == kind]

    async def vanish(self) -> None:
        """The line breaks: the TCP connection is closed under the socket's feet, without a word."""
        transport = self.socket.eio.ws
        await transport.close()
        await self.closed.wait()

    async def leave(self) -> None:
        await self.socket.disconnect()

    def _make(self) -> None:
        self._refusal: Any = None
        self.socket = socketio.AsyncClient(reconnection=False, logger=False)
        self.socket.on("push", self._push, namespace=self._namespace)
        self.socket.on("disconnect", self._disconnected, namespace=self._namespace)
        self.socket.on("connect_error", self._refused, namespace=self._namespace)

    async def _push(self, push: dict[str, Any]) -> None:
        self.pushes.append(push)
        self._grown.set()

    async def _disconnected(self, *_: Any) -> None:
        self.closed.set()

    async def _refused(self, data: Any = None) -> None:
        self._refusal = data


def _problem_in(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        if isinstance(value.get("problem"), dict):
            return dict(value["problem"])
        return _problem_in(list(value.values()))
    if isinstance(value, list | tuple):
        for each in value:
            found = _problem_in(each)
            if found.get("code"):
                return found
    return {}

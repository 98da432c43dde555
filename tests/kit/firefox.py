"""Stock Firefox for tests, driven over WebDriver BiDi: a second browser engine with its own idea of WebRTC."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.gmp-manager.url": "data:,",
    "services.settings.server": "data:,",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
}
START_S = 60


def path() -> str | None:
    """Debian's Firefox, if there is one."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class FirefoxPage:
    """The one tab of a Firefox."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = count(1)
        self._tab = ""

    async def begin(self) -> None:
        await self._ask("session.new", {"capabilities": {}})
        self._tab = (await self._ask("browsingContext.getTree", {}))["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        await self._ask("browsingContext.navigate", {"context": self._tab, "url": url, "wait": "complete"})

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function with one JSON argument; its JSON answer."""
        told = await self._ask(
            "script.callFunction",
            {
                "functionDeclaration": f"async (json) => JSON.stringify(await ({function})(JSON.parse(json)) ?? null)",
                "arguments": [{"type": "string", "value": json.dumps(argument)}],
                "awaitPromise": True,
                "target": {"context": self._tab},
            },
        )
        if told["type"] != "success":
            raise AssertionError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    async def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(START_S):
            while True:
                message = await self._socket.receive_json()
                if message.get("id") == number:
                    break
        if message["type"] != "success":
            raise AssertionError(message)
        result: dict[str, Any] = message["result"]
        return result


@asynccontextmanager
async def firefox() -> AsyncIterator[FirefoxPage]:
    """A headless Firefox with a fresh profile, fake camera and microphone, and no outside hosts."""
    binary = path()
    if binary is None:
        raise RuntimeError("Firefox is missing")
    with tempfile.TemporaryDirectory() as profile:
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        Path(profile, "user.js").write_text("\n".join(lines), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            binary, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank",
            stderr=asyncio.subprocess.PIPE, env={**os.environ, "HOME": profile},
        )  # fmt: skip
        try:
            url = await asyncio.wait_for(_listening(process), START_S)
            async with aiohttp.ClientSession() as client, client.ws_connect(f"{url}/session", max_msg_size=0) as socket:
                page = FirefoxPage(socket)
                await page.begin()
                yield page
        finally:
            process.terminate()
            await process.wait()


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode():
        if "WebDriver BiDi listening on" in line:
            return line.split()[-1]
    raise RuntimeError("Firefox ended at start")

"""Janus VideoRoom (Debian's package) as a server under test: its configuration, and joining by its HTTP API."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from media.load.peers import JoinFailed

ROOM = 4242
TIMEOUT_S = 20.0

_MAIN = """
general: {{
    configs_folder = "{folder}"
    debug_level = 2
    {event_loops}
}}
media: {{ dtls_mtu = 1200 }}
nat: {{
    ice_enforce_list = "{interface}"
}}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
"""
_HTTP = """
general: {{
    json = "compact"
    base_path = "/janus"
    http = true
    ip = "127.0.0.1"
    port = {port}
    https = false
}}
admin: {{ admin_http = false }}
"""
_PLUGINS = (
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
)
_TRANSPORTS = ("mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets")


def configure(folder: Path, interface: str, event_loops: int) -> str:
    """Write a configuration folder; answers the URL of the API. `event_loops` 0: as installed, a thread per peer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    main = _MAIN.format(
        folder=folder,
        interface=interface,
        event_loops=f"event_loops = {event_loops}" if event_loops else "",
        other_plugins=",".join(f"libjanus_{name}.so" for name in _PLUGINS),
        other_transports=",".join(f"libjanus_{name}.so" for name in _TRANSPORTS),
    )
    (folder / "janus.jcfg").write_text(main)
    (folder / "janus.transport.http.jcfg").write_text(_HTTP.format(port=port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")
    return f"http://127.0.0.1:{port}/janus"


class JanusRoom:
    """One session and one room; each peer is a handle of it."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._session = 0
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._poller: asyncio.Task[None] | None = None
        self.feeds: list[int] = []

    async def open(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until the server answers, then make the room."""
        async with asyncio.timeout(timeout_s):
            while not self._session:
                with suppress(aiohttp.ClientError):
                    self._session = (await self._post("", {"janus": "create"}))["data"]["id"]
                await asyncio.sleep(0.05)
        self._poller = asyncio.get_running_loop().create_task(self._poll())
        room = {
            "request": "create", "room": ROOM, "publishers": 100, "audiocodec": "opus", "videocodec": "vp8",
            "bitrate": 0, "fir_freq": 0, "notify_joining": False,
        }  # fmt: skip
        await self.ask(await self.attach(), room)

    async def close(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
        with suppress(aiohttp.ClientError, JoinFailed):
            await self._post(f"/{self._session}", {"janus": "destroy"})

    async def attach(self) -> int:
        wish = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        return int((await self._post(f"/{self._session}", wish))["data"]["id"])

    async def ask(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None, *, wants_sdp: bool = False
    ) -> dict[str, Any]:
        """Send a wish; answers the event that replies to it, the one with a description if that is wanted."""
        message: dict[str, Any] = {"janus": "message", "body": body}
        if jsep:
            message["jsep"] = jsep
        reply = await self._post(f"/{self._session}/{handle}", message)
        if reply["janus"] == "success":
            return reply
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                event = await self._events[handle].get()
                if "error" in event or "error" in event.get("plugindata", {}).get("data", {}):
                    raise JoinFailed(str(event))
                if not wants_sdp or "jsep" in event:
                    return event

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        body = {**body, "transaction": secrets.token_hex(8)}
        async with self._http.post(self._url + path, json=body) as response:
            reply: dict[str, Any] = await response.json(content_type=None)
        if reply.get("janus") == "error":
            raise JoinFailed(str(reply))
        return reply

    async def _poll(self) -> None:
        while True:
            async with self._http.get(f"{self._url}/{self._session}", params={"maxev": "20"}) as response:
                events = await response.json(content_type=None)
            for event in events if isinstance(events, list) else [events]:
                if event.get("janus") in ("event", "error") and "sender" in event:
                    self._events[event["sender"]].put_nowait(event)


class JanusSignalling:
    """One peer's."""

    def __init__(self, room: JanusRoom) -> None:
        self._room = room

    async def publish(self, offer: str) -> str:
        handle = await self._room.attach()
        joined = await self._room.ask(handle, {"request": "join", "ptype": "publisher", "room": ROOM})
        self._room.feeds.append(joined["plugindata"]["data"]["id"])
        jsep = {"type": "offer", "sdp": offer}
        published = await self._room.ask(handle, {"request": "publish"}, jsep, wants_sdp=True)
        return str(published["jsep"]["sdp"])

    async def subscribe(self, offer: Callable[[], str], answer: Callable[[str], str]) -> str:
        handle = await self._room.attach()
        streams = [{"feed": feed} for feed in self._room.feeds]
        join = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams}
        offered = str((await self._room.ask(handle, join, wants_sdp=True))["jsep"]["sdp"])
        await self._room.ask(handle, {"request": "start"}, {"type": "answer", "sdp": answer(offered)})
        return offered

    async def leave(self) -> None:
        """The session's end is everybody's."""

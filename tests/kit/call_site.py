"""Browsers in a call without a school: a page, a site that passes its offers to a router, and reading of the browser's statistics."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web

from media.face import Publish
from tests.kit.media_room import LECTURER, STUDENT, MediaRoom

PAGE = Path(__file__).parent / "call_page.html"
Stats = list[dict[str, Any]]
#: Runs a JavaScript function with one argument in a page.
Evaluate = Callable[[str, Any], Awaitable[Any]]


@asynccontextmanager
async def call_site(
    room: MediaRoom,
    networks: Mapping[int, tuple[str, int]] | None = None,
    candidates: Callable[[str], bool] = lambda _: True,
) -> AsyncIterator[str]:
    """Serves the page and passes its offers to the router. Peer 1 is the lecturer. `networks`: by peer, the UDP relay to go through.

    `candidates`: which of the answer's candidate lines the browsers are given.
    """
    restarts = count(1)

    def through(peer: int, answer: str) -> str:
        """The answer with the network's address as its only candidate, or with the candidates that are let through."""
        lines = answer.split("\r\n")
        answer = "\r\n".join(line for line in lines if not line.startswith("a=candidate:") or candidates(line))
        if networks is None or peer not in networks:
            return answer
        ip, port = networks[peer]
        return re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+ ", rf"\1 {ip} {port} ", answer)

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE)

    async def join(request: web.Request) -> web.Response:
        asked = json.loads(await request.text())
        publish = [Publish(mid, role) for mid, role in asked["publish"]]
        admission = LECTURER if asked["peer"] == 1 else STUDENT
        answer = room.router.add_peer(asked["peer"], asked["sdp"], publish, admission)
        return web.Response(text=through(asked["peer"], answer))

    async def restart(request: web.Request) -> web.Response:
        asked = json.loads(await request.text())
        answer = room.router.restart_ice(asked["peer"], next(restarts), asked["sdp"])
        return web.Response(text=through(asked["peer"], answer))

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/join", join), web.post("/restart", restart)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def join(
    page: Evaluate,
    peer: int,
    *,
    publish: bool,
    audio_slots: int = 2,
    video_slots: int = 3,
    config: Mapping[str, Any] | None = None,
    **sending: Any,
) -> None:
    """The page takes part. `config`: fields of its RTCConfiguration.

    `sending`: width and height of its camera, codec (VP8), layers (their number), redFirst (RED before Opus).
    """
    asked = {
        "peer": peer,
        "publish": publish,
        "audioSlots": audio_slots,
        "videoSlots": video_slots,
        "config": config or {},
        "sending": {"width": 1280, "height": 720, "codec": "VP8", **sending},
    }
    await page("(asked) => window.join(asked)", asked)


async def stats(page: Evaluate, kind: str, condition: Callable[[Stats], bool], timeout_s: float = 30.0) -> Stats:
    """The page's own reports of one type, as soon as they satisfy the condition."""
    found: Stats = []
    for _ in range(round(timeout_s / 0.25)):
        found = await page("(type) => window.stats(type)", kind)
        if condition(found):
            return found
        await asyncio.sleep(0.25)
    raise AssertionError(f"the browser never said so; last: {json.dumps(found)[:3000]}")


async def way(page: Evaluate) -> dict[str, str]:
    """How the page's packets travel: type, protocol and relay of its own candidate, the far address."""
    found: dict[str, str] | None = await page("() => window.way()", None)
    assert found is not None, "no candidate pair is in use"
    return found


def decoded(found: Stats) -> int:
    """Video frames that the busiest slot decoded."""
    return max((r.get("framesDecoded", 0) for r in found if r["kind"] == "video"), default=0)


def energy(found: Stats) -> float:
    """How much sound was played."""
    return max((r.get("totalAudioEnergy", 0.0) for r in found if r["kind"] == "audio"), default=0.0)


def width(found: Stats) -> int:
    """Of the largest picture now."""
    return max((r.get("frameWidth", 0) for r in found if r["kind"] == "video"), default=0)


def layers_sent(found: Stats) -> set[str]:
    """Rids of which more than ten frames went out."""
    return {r["rid"] for r in found if r.get("rid") and r.get("framesSent", 0) > 10}


def concealed(found: Stats) -> float:
    """Share of the sound played that was made up for lost packets; after the first two seconds of play it means something."""
    slots = [r for r in found if r["kind"] == "audio" and r.get("totalSamplesReceived")]
    return max(
        float(r["concealedSamples"] - r.get("silentConcealedSamples", 0)) / float(r["totalSamplesReceived"])
        for r in slots
    )


def frozen_s(found: Stats) -> float:
    """Seconds that a picture stood still."""
    return max((r.get("totalFreezesDuration", 0.0) for r in found if r["kind"] == "video"), default=0.0)

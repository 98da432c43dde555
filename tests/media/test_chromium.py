"""A real browser publishes simulcast and a second one plays it: the proof that all of this is WebRTC."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page

from media.face import Publish, Wanted
from tests.kit.browser import chromium, person
from tests.kit.media_room import LECTURER, STUDENT, MediaRoom, media_room

PAGE = Path(__file__).parents[1] / "kit" / "call_page.html"
Stats = list[dict[str, Any]]


@asynccontextmanager
async def call_site(room: MediaRoom) -> AsyncIterator[str]:
    """Serves the page and passes its offers to the router. Peer 1 is the lecturer."""
    restarts = count(1)

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE)

    async def join(request: web.Request) -> web.Response:
        asked = json.loads(await request.text())
        publish = [Publish(mid, role) for mid, role in asked["publish"]]
        admission = LECTURER if asked["peer"] == 1 else STUDENT
        return web.Response(text=room.router.add_peer(asked["peer"], asked["sdp"], publish, admission))

    async def restart(request: web.Request) -> web.Response:
        asked = json.loads(await request.text())
        return web.Response(text=room.router.restart_ice(asked["peer"], next(restarts), asked["sdp"]))

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/join", join), web.post("/restart", restart)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def stats(page: Page, kind: str, condition: Callable[[Stats], bool], timeout_s: float = 20.0) -> Stats:
    """The page's own reports of one type, as soon as they satisfy the condition."""
    for _ in range(round(timeout_s / 0.25)):
        found: Stats = await page.evaluate("type => window.stats(type)", kind)
        if condition(found):
            return found
        await page.wait_for_timeout(250)
    raise AssertionError(f"the browser never said so; last: {json.dumps(found)[:3000]}")


def decoded(found: Stats) -> int:
    return max((r.get("framesDecoded", 0) for r in found if r["kind"] == "video"), default=0)


def energy(found: Stats) -> float:
    return max((r.get("totalAudioEnergy", 0.0) for r in found if r["kind"] == "audio"), default=0.0)


def width(found: Stats) -> int:
    return max((r.get("frameWidth", 0) for r in found if r["kind"] == "video"), default=0)


@pytest.mark.browser
async def test_chromium_publishes_simulcast_and_a_second_one_plays_sound_and_picture() -> None:
    async with media_room() as room, call_site(room) as url, chromium() as browser:
        lecturer, student = await person(browser, "giảng viên"), await person(browser, "học viên")
        await lecturer.page.goto(url)
        await student.page.goto(url)
        await lecturer.page.evaluate("join({peer: 1, publish: true, audioSlots: 1, videoSlots: 2})")
        await student.page.evaluate("join({peer: 2, publish: false, audioSlots: 2, videoSlots: 3})")

        await stats(student.page, "inbound-rtp", lambda r: decoded(r) >= 50 and energy(r) > 0)
        sent = await stats(
            lecturer.page,
            "outbound-rtp",
            lambda r: sum(1 for s in r if s.get("rid") and s.get("framesSent", 0) > 10) == 3,
        )
        assert {s["rid"] for s in sent if s["kind"] == "video"} == {"q", "h", "f"}

        room.router.set_view(2, [Wanted(1, "camera", 320, 180)], None, False)
        await stats(student.page, "inbound-rtp", lambda r: width(r) == 320)
        room.router.set_view(2, [Wanted(1, "camera", 1280, 720)], None, False)
        seen = await stats(student.page, "inbound-rtp", lambda r: width(r) == 1280)

        before = decoded(seen)
        await student.page.evaluate("restart(2)")
        seen = await stats(student.page, "inbound-rtp", lambda r: decoded(r) > before + 50)
        assert max(r.get("freezeCount", 0) for r in seen if r["kind"] == "video") <= 2

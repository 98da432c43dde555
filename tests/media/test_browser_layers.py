"""Layers, codecs and voice in real browsers: what is declared flows, switches leave no mark, sound gets through loss."""

from __future__ import annotations

import asyncio
import re
import shutil
import struct
import subprocess
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from media.addresses import own_addresses
from media.config import MediaSettings
from media.face import Wanted
from tests.kit import firefox
from tests.kit.browser import chromium, person
from tests.kit.call_site import Evaluate, Stats, call_site, concealed, decoded, energy, join, stats, width
from tests.kit.media_room import SETTINGS, MediaRoom, media_room
from tests.kit.udp_relay import Link, UdpRelay
from tests.kit.watched_link import Passed, WatchedLink, gaps, longest_wait_s, steps_s

CLIENT = Path(__file__).parents[2] / "static_client"
SMALL, LARGE = [Wanted(1, "camera", 320, 180)], [Wanted(1, "camera", 1280, 720)]


def view_of(width: int) -> list[Wanted]:
    """A tile as wide as a layer."""
    return [Wanted(1, "camera", width, width * 9 // 16)]


class Call:
    """A lecturer (peer 1) and a student (peer 2) in two Chromium profiles."""

    def __init__(self, room: MediaRoom, url: str, lecturer: Page, student: Page) -> None:
        self.room, self.url, self.lecturer, self.student = room, url, lecturer, student

    async def begin(self, **sending: Any) -> None:
        await join(self.lecturer.evaluate, 1, publish=True, **sending)
        await join(self.student.evaluate, 2, publish=False, video_slots=2, **sending)


async def call(stack: AsyncExitStack, settings: MediaSettings = SETTINGS, links: list[Link] | None = None) -> Call:
    enter = stack.enter_async_context
    room = await enter(media_room(settings))
    networks = {}
    if links:
        target = ("127.0.0.1", room.relay.port)
        for peer, up, down in ((1, links[0], links[1]), (2, links[2], links[3])):
            networks[peer] = (await enter(UdpRelay(target, up, down, seed=peer))).address
    url = await enter(call_site(room, networks))
    browser = await enter(chromium())
    pages = [(await person(browser, name)).page for name in ("giảng viên", "học viên")]
    for page in pages:
        await page.goto(url)
    return Call(room, url, *pages)


def wide(wanted: int) -> Callable[[Stats], bool]:
    return lambda found: width(found) == wanted


def wider(than: int) -> Callable[[Stats], bool]:
    return lambda found: width(found) > than


def further(seen: Stats) -> Callable[[Stats], bool]:
    """Ten more pictures than were seen."""
    return lambda found: decoded(found) > decoded(seen) + 10


def freezes(found: Stats) -> int:
    return max((r.get("freezeCount", 0) for r in found if r["kind"] == "video"), default=0)


def keyframes_asked(found: Stats) -> int:
    return sum(r.get("pliCount", 0) for r in found if r["kind"] == "video")


def codec_of(found: Stats) -> set[str]:
    return {r.get("mimeType", "") for r in found if r.get("mimeType", "").startswith("video/")}


class Watch:
    """What the student's stream looks like on the wire from now on, beside what the lecturer's layers look like."""

    def __init__(self, here: Call, up: WatchedLink, down: WatchedLink, layers: set[int]) -> None:
        [self._slot] = [s for s in here.room.router._peers[2].slots_of("video") if s.routed[0]]
        self._up, self._down, self._layers, self._ssrc = up, down, layers, self._slot.line.ssrc
        self.was_thinned = False
        self._from = {ssrc: len(link.by_ssrc[ssrc]) for link in (up, down) for ssrc in link.by_ssrc}

    def _since(self, link: WatchedLink, ssrc: int) -> list[Passed]:
        return link.by_ssrc[ssrc][self._from.get(ssrc, 0) :]

    def runs_on(self, frames: int = 1) -> None:
        """Numbers without a gap, time that never goes back, and no step in it longer than so many of the camera's own."""
        shown = self._since(self._down, self._ssrc)
        assert gaps(shown) == []
        assert min(steps_s(shown)) > 0
        made = max(max(steps_s(self._since(self._up, ssrc)), default=0.0) for ssrc in self._layers)
        assert max(steps_s(shown)) <= made * frames + STEP_S, "the picture stood still"

    async def look(self) -> None:
        """A line that a busy machine makes look narrow is given fewer frames; that is no matter of switching. Ends by being cancelled."""
        while True:
            self.was_thinned |= self._slot.routed.max_tid < 2
            await asyncio.sleep(0.02)

    @property
    def is_smooth(self) -> bool:
        """The machine kept pace: without that, a freeze that a browser counts says nothing of the relay."""
        waits = [longest_wait_s(self._since(self._up, ssrc)) for ssrc in self._layers]
        return max(*waits, longest_wait_s(self._since(self._down, self._ssrc))) < SMOOTH_S


#: The camera's layers are not encoded at once: a switch may fall between two of them.
STEP_S = 0.06
#: Chromium counts a freeze from 150 ms more than the usual time between frames.
SMOOTH_S = 0.15


async def ssrcs_of_layers(page: Page, declared: set[str]) -> set[int]:
    """As soon as all of them flow."""

    def flowing(found: Stats) -> set[str]:
        return {r["rid"] for r in found if r.get("rid") and r.get("framesSent", 0) > 10}

    found = await stats(page.evaluate, "outbound-rtp", lambda r: flowing(r) >= declared, 120)
    return {int(r["ssrc"]) for r in found if r.get("rid")}


@pytest.mark.browser
@pytest.mark.parametrize("codec", ["VP8", "H264"])
@pytest.mark.parametrize(
    ("size", "layers", "walk"),
    [((640, 360), {"q", "h"}, (640, 320, 640, 320)), ((960, 540), {"q", "h", "f"}, (480, 960, 240, 960, 480, 240))],
)
async def test_switches_between_layers_leave_no_standing_picture(
    codec: str, size: tuple[int, int], layers: set[str], walk: tuple[int, ...]
) -> None:
    up, down = WatchedLink(), WatchedLink()
    async with AsyncExitStack() as stack:
        here = await call(stack, links=[up, Link(), Link(), down])
        await here.begin(codec=codec, width=size[0], height=size[1], layers=len(layers))
        flowing = await ssrcs_of_layers(here.lecturer, layers)
        here.room.router.set_view(2, view_of(walk[-1]), None, False)
        await stats(here.student.evaluate, "inbound-rtp", wide(walk[-1]), 60)
        await few_pictures(here.student.evaluate, 100, 12)
        seen = await stats(here.student.evaluate, "inbound-rtp", lambda r: True)
        before, watch = freezes(seen), Watch(here, up, down, flowing)
        looking = asyncio.create_task(watch.look())
        for wanted in walk:
            here.room.router.set_view(2, view_of(wanted), None, False)
            seen = await stats(here.student.evaluate, "inbound-rtp", wide(wanted), 60)
            await stats(here.student.evaluate, "inbound-rtp", further(seen))
        seen = await stats(here.student.evaluate, "inbound-rtp", lambda r: True)
        used = await stats(here.student.evaluate, "codec", lambda r: bool(codec_of(r)))
        looking.cancel()
    watch.runs_on(frames=4 if watch.was_thinned else 1)
    assert freezes(seen) == before or watch.was_thinned or not watch.is_smooth
    assert f"video/{codec}" in codec_of(used)


async def few_pictures(evaluate: Evaluate, most: float, least: float = 0.0) -> None:
    """Wait until pictures come at a rate between two, over a second."""
    for _ in range(40):
        before = await stats(evaluate, "inbound-rtp", lambda r: True)
        await asyncio.sleep(1)
        after = await stats(evaluate, "inbound-rtp", lambda r: True)
        rate = decoded(after) - decoded(before)
        if least <= rate <= most:
            return
    raise AssertionError(f"{rate} pictures a second")


def limit_tid(room: MediaRoom, max_tid: int) -> None:
    """Tell the engine directly: when to do so is the allocation's business."""
    peer = room.router._peers[2]
    [slot] = [s for s in peer.slots_of("video") if s.routed[0]]
    peer.host.core.route(slot.handle, slot.routed[0], slot.routed[1], max_tid)


@pytest.mark.browser
async def test_temporal_layers_go_and_come_back_without_a_standing_picture() -> None:
    up, down = WatchedLink(), WatchedLink()
    async with AsyncExitStack() as stack:
        here = await call(stack, links=[up, Link(), Link(), down])
        await here.begin(width=640, height=360)
        await stats(here.student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 50)
        await few_pictures(here.student.evaluate, 100, 12)
        seen = await stats(here.student.evaluate, "inbound-rtp", lambda r: True)
        outgoing = await stats(here.lecturer.evaluate, "outbound-rtp", lambda r: True)
        layers = {int(r["ssrc"]) for r in outgoing if r["kind"] == "video"}
        asked, watch = keyframes_asked(seen), Watch(here, up, down, layers)
        for _ in range(2):
            limit_tid(here.room, 0)
            await few_pictures(here.student.evaluate, 9, 3)
            limit_tid(here.room, 1)
            await few_pictures(here.student.evaluate, 18, 8)
            limit_tid(here.room, 7)
            await few_pictures(here.student.evaluate, 100, 12)
        seen = await stats(here.student.evaluate, "inbound-rtp", lambda r: True)
    # A quarter of the frames: four of the camera's steps. (Chromium itself may call the first of them a freeze.)
    watch.runs_on(frames=4)
    assert keyframes_asked(seen) == asked, "nothing had to be begun anew"


@pytest.mark.browser
@pytest.mark.skipif(firefox.path() is None, reason="Firefox is not installed")
async def test_firefox_layers_are_switched_and_dropped_too() -> None:
    settings = replace(SETTINGS, bind_ips=own_addresses("0.0.0.0"))
    async with media_room(settings) as room, call_site(room) as url, chromium() as browser, firefox.firefox() as fox:
        chrome = (await person(browser, "học viên")).page
        await fox.goto(url)
        await chrome.goto(url)
        await join(fox.evaluate, 1, publish=True)
        await join(chrome.evaluate, 2, publish=False, video_slots=2)
        seen = await stats(chrome.evaluate, "inbound-rtp", lambda r: decoded(r) >= 30 and energy(r) > 0, 60)
        for view in (SMALL, LARGE, SMALL):
            room.router.set_view(2, view, None, False)
            seen = await stats(chrome.evaluate, "inbound-rtp", wide(320) if view is SMALL else wider(320), 60)
        before = freezes(seen)
        limit_tid(room, 0)
        seen = await stats(chrome.evaluate, "inbound-rtp", further(seen))
    # A quarter of the frames at once: Chromium itself may call the first step a freeze.
    assert freezes(seen) - before <= 1


@pytest.fixture(scope="module")
def client_encodings() -> str:
    """The lesson client's own choice of encodings, as a script."""
    rolldown = CLIENT / "node_modules/.bin/rolldown"
    node = shutil.which("node")
    if node is None or not rolldown.exists():
        pytest.skip("the client's tools are not installed")
    made = subprocess.run(
        [node, str(rolldown.resolve()), "src/call/encodings.ts", "-f", "iife", "-n", "encodings"],
        cwd=CLIENT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return re.sub(r"\x1b\[[0-9;]*m", "", made.stdout)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "declared"), [((960, 540), {"q", "h", "f"}), ((640, 360), {"q", "h"}), ((320, 180), {""})]
)
async def test_every_layer_that_the_client_declares_flows(
    client_encodings: str, size: tuple[int, int], declared: set[str]
) -> None:
    async with AsyncExitStack() as stack:
        here = await call(stack)
        await here.lecturer.add_script_tag(content=client_encodings + ";window.encodings = encodings;")
        await here.begin(width=size[0], height=size[1])
        here.room.router.set_view(2, LARGE, None, False)

        def sent(found: Stats) -> set[str]:
            return {r.get("rid", "") for r in found if r["kind"] == "video" and r.get("framesSent", 0) > 10}

        found = await stats(here.lecturer.evaluate, "outbound-rtp", lambda r: sent(r) == declared, 120)
        top = max(r["frameWidth"] for r in found if r.get("frameWidth"))
        assert top == size[0]


@pytest.mark.browser
@pytest.mark.parametrize("codec", ["VP9", "AV1"])
async def test_a_codec_chosen_by_policy_is_forwarded_as_it_is(codec: str) -> None:
    async with AsyncExitStack() as stack:
        here = await call(stack, replace(SETTINGS, video_codecs=(codec.lower(), "vp8")))
        await here.begin(codec=codec, width=640, height=360)
        await stats(here.student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 40 and width(r) > 0, 60)
        used = await stats(here.student.evaluate, "codec", lambda r: bool(codec_of(r)))
    assert f"video/{codec}" in codec_of(used)


@pytest.mark.browser
async def test_a_silent_microphone_costs_next_to_nothing() -> None:
    async with AsyncExitStack() as stack:
        here = await call(stack)
        await here.begin(width=320, height=180, layers=1)
        await stats(here.student.evaluate, "inbound-rtp", lambda r: energy(r) > 0)
        await here.lecturer.evaluate("() => { pc.getSenders()[0].track.enabled = false; }")

        async def packets() -> int:
            found = await stats(here.lecturer.evaluate, "outbound-rtp", lambda r: True)
            return next(int(r["packetsSent"]) for r in found if r["kind"] == "audio")

        rates = []
        for _ in range(15):
            before = await packets()
            await asyncio.sleep(1)
            rates.append(await packets() - before)
            if rates[-1] < 10:
                break
        used = await stats(here.lecturer.evaluate, "codec", lambda r: bool(r))
    assert rates[-1] < 10
    assert any("useinbandfec=1" in c.get("sdpFmtpLine", "") and "usedtx=1" in c.get("sdpFmtpLine", "") for c in used)


@pytest.mark.browser
async def test_voice_gets_through_when_every_tenth_packet_is_lost_and_nothing_is_sealed_twice() -> None:
    wire: dict[tuple[int, int], set[bytes]] = defaultdict(set)
    repeated = 0

    class Watched(Link):
        """Sees what Chromium puts on the wire, before any of it is lost."""

        def departure(self, data: bytes, now: float, random: Any) -> float | None:
            nonlocal repeated
            if 128 <= data[0] < 192 and not 192 <= data[1] < 224:
                seq, ssrc = struct.unpack_from("!HxxxxI", data, 2)
                repeated += bool(wire[ssrc, seq])
                wire[ssrc, seq].add(data)
            return super().departure(data, now, random)

    links = [kind(loss=0.1, delay_s=0.02, jitter_s=0.005) for kind in (Watched, Link, Link, Link)]
    async with AsyncExitStack() as stack:
        here = await call(stack, links=links)
        await here.begin(width=320, height=180, layers=1, redFirst=True)
        await stats(here.student.evaluate, "inbound-rtp", lambda r: energy(r) > 0)
        student = here.room.router._peers[2]
        for slot in student.slots_of("audio"):
            student.host.core.set_red(slot.handle, 2)
        await stats(
            here.student.evaluate, "inbound-rtp",
            lambda r: max(x.get("totalSamplesReceived", 0) for x in r if x["kind"] == "audio") > 15 * 48_000, 60,
        )  # fmt: skip
        seen = await stats(here.student.evaluate, "inbound-rtp", lambda r: True)
    assert repeated > 0
    assert all(len(contents) == 1 for contents in wire.values()), "one number, two contents"
    assert concealed(seen) < 0.06

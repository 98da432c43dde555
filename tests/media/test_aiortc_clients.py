"""aiortc among browsers: it watches layers that are switched under it, and is watched. (It sends one layer: it knows no rids.)"""

from __future__ import annotations

import logging

import pytest

from media.face import Admission, Wanted
from tests.kit.aiortc_person import AiortcPerson, aiortc_person
from tests.kit.browser import chromium, person
from tests.kit.call_site import call_site, decoded, energy, join, stats
from tests.kit.media_room import LECTURER, STUDENT, MediaRoom, media_room
from tests.kit.rtc_client import until

PATIENCE_S = 40.0
SMALL, LARGE = [Wanted(1, "camera", 320, 180)], [Wanted(1, "camera", 640, 360)]


async def enter(room: MediaRoom, peer: int, who: AiortcPerson, admission: Admission) -> None:
    sdp, publish = await who.offer()
    await who.accept(room.router.add_peer(peer, sdp, publish, admission))


async def test_aiortc_offers_one_layer_without_rids() -> None:
    async with aiortc_person(luma=100) as aiortc:
        sdp, _ = await aiortc.offer()
    assert "a=rid" not in sdp and "simulcast" not in sdp


@pytest.mark.browser
@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_aiortc_decodes_every_frame_over_switches_of_a_browsers_layers(
    codec: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "aiortc")
    async with media_room() as room, call_site(room) as url, chromium() as browser, aiortc_person() as student:
        lecturer = (await person(browser, "giảng viên")).page
        await lecturer.goto(url)
        await join(lecturer.evaluate, 1, publish=True, codec=codec, width=640, height=360, layers=2)
        await enter(room, 2, student, STUDENT)
        room.router.set_view(2, SMALL, None, False)
        await until(lambda: student.seen.widths[-1:] == [320], PATIENCE_S)
        # What arrives before aiortc's receiver runs is lost to it, and it does not ask for it: the very first picture may be a torso.
        caplog.clear()
        for view, width in ((LARGE, 640), (SMALL, 320), (LARGE, 640), (SMALL, 320)):
            room.router.set_view(2, view, None, False)
            await until(lambda width=width: student.seen.widths[-1] == width, PATIENCE_S)  # type: ignore[misc]
            seen = student.seen.frames
            await until(lambda seen=seen: student.seen.frames > seen + 10, PATIENCE_S)  # type: ignore[misc]
        assert student.seen.sounds > 0
        lost = await student.lost()
    assert student.seen.widths[-5:] == [320, 640, 320, 640, 320]
    # A machine that leaves it no time makes it lose packets: a frame for each at most.
    assert caplog.text.count("failed to decode") <= lost


@pytest.mark.browser
async def test_a_browser_sees_and_hears_what_aiortc_publishes() -> None:
    async with media_room() as room, call_site(room) as url, chromium() as browser, aiortc_person(luma=190) as lecturer:
        student = (await person(browser, "học viên")).page
        await student.goto(url)
        await enter(room, 1, lecturer, LECTURER)
        await join(student.evaluate, 2, publish=False, video_slots=2)
        await stats(student.evaluate, "inbound-rtp", lambda r: decoded(r) >= 30, PATIENCE_S)
        played = await stats(
            student.evaluate, "inbound-rtp",
            lambda r: max((x.get("totalSamplesReceived", 0) for x in r if x["kind"] == "audio"), default=0) > 48_000,
        )  # fmt: skip
        assert energy(played) == 0, "aiortc's own tone is silence"

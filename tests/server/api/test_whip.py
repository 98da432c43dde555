"""WHIP and WHEP over real HTTP and real packets: an encoder is seen by the class, a screen sees the lesson, each is in the log and in nobody's marks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.live_school import LiveSchool, live_school
from tests.kit.rtc_client import RtcClient
from tests.kit.whip_device import device, make_key
from tests.server.room.test_media import with_media


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path, with_media=True) as made:
        yield made


def encoder(seed: int = 7) -> RtcClient:
    return RtcClient({"microphone": (), "camera": ()}, seed=seed)


def screen(seed: int = 9) -> RtcClient:
    return RtcClient({}, audio_slots=1, video_slots=1, seed=seed)


async def test_a_second_camera_is_shown_to_the_class_and_stands_in_the_log(school: LiveSchool) -> None:
    browser = await school.browser("lecturer")
    made = await make_key(browser, school.lesson)
    student, rtc = await with_media(school, "student1", seed=2)
    async with device(school, made, encoder()) as camera:
        answered = await camera.connect()
        assert answered.headers["Location"].startswith(made["url"] + "/")
        assert "a=setup:passive" in answered.text
        filming = asyncio.create_task(camera.film())
        shown = await student.until(
            "slots_changed", lambda p: any(s["participant"] == made["device"]["id"] for s in p["slots"])
        )
        slot = next(s for s in shown["slots"] if s["participant"] == made["device"]["id"])
        assert slot["role"] == "camera"
        await rtc.until(lambda: bool(rtc.received[slot["mid"]]))
        filming.cancel()
        assert (await camera.delete()).status == 200
        assert (await camera.delete()).status == 404
    joined = (await school.bodies("device.joined"))[0]
    assert (joined["device"], joined["purpose"]) == (made["device"]["id"], "camera")
    assert [left["reason"] for left in await school.bodies("device.left")] == ["leave"]
    assert [m["role"] for m in await school.bodies("device.media_changed")] == ["camera"]
    await rtc.close()


async def test_a_screen_in_the_next_hall_gets_the_lecturers_voice_and_picture(school: LiveSchool) -> None:
    lecturer, teaching = await with_media(school, "lecturer", {"microphone": (), "camera": ()})
    made = await make_key(await school.browser("lecturer"), school.lesson, "screen")
    async with device(school, made, screen()) as hall:
        await hall.connect()
        stop = asyncio.create_task(_teach(teaching))
        audio, video = hall.rtc.slot_mids("audio")[0], hall.rtc.slot_mids("video")[0]
        await hall.rtc.until(lambda: bool(hall.rtc.received[audio]) and bool(hall.rtc.received[video]))
        stop.cancel()
    counts = (await lecturer.until("roster_changed", lambda p: True))["counts"]
    assert counts["present"] == 0
    await teaching.close()


async def _teach(rtc: RtcClient) -> None:
    from tests.kit.rtp_packets import fake_vp8

    while True:
        rtc.send_audio("microphone")
        rtc.send_frame(fake_vp8(True, 300, 1280, 720), "camera")
        await asyncio.sleep(0.03)

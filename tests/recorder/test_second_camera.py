"""A lecturer's encoder (WHIP) in a recorded lesson: the real server, the real recorder, aiortc as encoder. Its picture is in the recording."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import pytest

from recorder.files import read, recording_folder
from recorder.records import Manifest, Playback
from server.ids import LessonId
from tests.journeys.lesson_plan import write_plan
from tests.kit.aiortc_device import SIZE, encoder
from tests.kit.lesson_client import Browser
from tests.kit.school_process import free_media_ports, running_school
from tests.kit.whip_device import make_key

LUMA = 200
PATIENCE_S = 60.0
LENGTH_S = 4.0


async def exists(path: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not path.exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)


async def grows(folder: Path, least_bytes: int) -> None:
    """Until the recorder has written so much, whatever into."""
    async with asyncio.timeout(PATIENCE_S):
        while sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) < least_bytes:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest.mark.timeout(150)
async def test_an_encoders_camera_is_in_the_recording_and_plays(tmp_path: Path) -> None:
    env = {"GD_DEMO_PLAN": str(write_plan(tmp_path)), "GD_UDP_PORT": str(free_media_ports()), "GD_MEDIA_SHARDS": "1"}
    async with running_school(tmp_path / "data", env) as school:
        browser = Browser(school.base_url)
        await browser.visit(school.links["lecturer"])
        lessons = (await browser.get("/lessons"))["lessons"]
        lesson = LessonId(next(each["id"] for each in lessons if each["may_join"]))
        lecturer = await browser.join(lesson)
        made = await make_key(browser, lesson)
        folder = recording_folder(tmp_path / "data", lesson)
        await lecturer.do("start_lesson")
        async with encoder(made["url"], made["key"], LUMA):
            shown = await lecturer.until(
                "roster_changed", lambda p: any(each["purpose"] == "camera" and each["camera"] for each in p["people"])
            )
            await lecturer.until("recording_changed", lambda p: p["recording"]["state"] == "recording")
            await grows(folder, 4_000)
            await asyncio.sleep(LENGTH_S)
        await lecturer.do("end_lesson")
        await exists(folder / "manifest.json")
        await exists(folder / "playback.json")
        await lecturer.leave()
        await browser.close()
    manifest = read(folder / "manifest.json", Manifest)
    cameras = [each for each in manifest.segments if each.role == "camera"]
    assert [(each.width, each.height) for each in cameras] == [SIZE], "the lecturer's own camera is off"
    device = next(each for each in shown["people"] if each["purpose"] == "camera")
    (track,) = [each for each in read(folder / "playback.json", Playback).tracks if each.role == "camera"]
    assert track.end_ms - track.start_ms >= 0.8 * LENGTH_S * 1_000
    with av.open(folder / track.file_name, mode="r") as container:
        planes = [frame.planes[0] for frame in container.decode(video=0)]
        middles = [bytes(plane)[plane.line_size * (plane.height // 2) + plane.width // 2] for plane in planes]
    assert len(middles) >= 30
    assert all(abs(luma - LUMA) < 8 for luma in middles), f"not the encoder's picture: {middles}"
    assert device["role"] == "device"

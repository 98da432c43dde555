"""Clients that others wrote, against WHIP and WHEP: aiortc sends and shows, FFmpeg sends H264."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from media.router import RoomRouter
from tests.kit import aiortc_device
from tests.kit.live_school import LiveSchool, live_school
from tests.kit.rtc_client import until
from tests.kit.whip_device import make_key

PATIENCE_S = 30.0
FFMPEG = Path(__file__).parents[2] / "kit" / "ffmpeg_encoder.py"


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path, with_media=True) as made:
        yield made


async def test_aiortc_sends_by_whip_and_another_decodes_it_by_whep(school: LiveSchool) -> None:
    browser = await school.browser("lecturer")
    camera = await make_key(browser, school.lesson)
    hall = await make_key(browser, school.lesson, "screen")
    async with (
        aiortc_device.screen(hall["url"], hall["key"]) as seen,
        aiortc_device.encoder(camera["url"], camera["key"], luma=180),
    ):
        await until(lambda: seen.frames > 10, PATIENCE_S)
        assert abs(seen.luma - 180) < 12
    left = {body["device"]: body["reason"] for body in await school.bodies("device.left")}
    assert left == {camera["device"]["id"]: "leave", hall["device"]["id"]: "leave"}


@asynccontextmanager
async def ffmpeg(made: Mapping[str, Any], options: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """FFmpeg's own muxer in a process of its own, ended with the block: some versions wait for the server before each packet."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(FFMPEG), made["url"], made["key"], json.dumps(options),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process) -> str:
    """What it wrote until it gave up."""
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode != 0
    return output.decode(errors="replace")


def own_certificate(folder: Path) -> dict[str, str]:
    """Options that name a P-256 certificate: the one that FFmpeg makes for itself is on P-224."""
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*made, "-keyout", key, "-out", cert, "-subj", "/CN=encoder"], check=True, capture_output=True)
    return {"cert_file": cert, "key_file": key}


async def test_ffmpeg_with_a_p256_certificate_connects(school: LiveSchool, tmp_path: Path) -> None:
    camera = await make_key(await school.browser("lecturer"), school.lesson)
    room = await school.services.live.room(school.lesson)
    async with ffmpeg(camera, {"whip_flags": "dtls_active", **own_certificate(tmp_path)}):
        router = room.hall.media.router
        assert isinstance(router, RoomRouter)
        await until(lambda: any(peer.connected for peer in router._peers.values()), PATIENCE_S)
    assert await school.bodies("device.left") == []


async def test_ffmpeg_that_wants_to_be_the_dtls_server_is_told_so(school: LiveSchool) -> None:
    camera = await make_key(await school.browser("lecturer"), school.lesson)
    async with ffmpeg(camera, {"whip_flags": "0"}) as process:
        assert "4XX" in await said(process)
    assert await school.bodies("device.joined") == []


async def test_ffmpegs_own_certificate_is_refused_and_the_stay_ends_as_failed(school: LiveSchool) -> None:
    camera = await make_key(await school.browser("lecturer"), school.lesson)
    async with ffmpeg(camera, {"whip_flags": "dtls_active"}) as process:
        await said(process)
    left = await school.until_recorded("device.left")
    assert left[0]["reason"] == "failed"

"""The whole way: encrypted packets of a synthetic browser → the real relay's taps → the recorder → facts, files and a picture."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import pytest

from recorder.files import read, recording_folder
from recorder.records import Manifest, Playback
from server.events.lesson import EvidenceFiled, RecordingFinished, RecordingStarted
from tests.kit.encoded import opus_frames, vp8_frames
from tests.kit.media_room import LECTURER, media_room
from tests.kit.rtc_client import RtcClient
from tests.server.services.test_recordings import LESSON, PaperHost, node, now_us

FPS = 25


class Camera:
    """A browser with two layers of camera and a voice, in real time; the better layer comes after a second."""

    def __init__(self, client: RtcClient) -> None:
        self._client = client
        self._small = itertools.cycle(list(vp8_frames(320, 180, 50)))
        self._large = itertools.cycle(list(vp8_frames(640, 360, 50)))
        self._enough = asyncio.Event()
        self._wanted = -1
        self._voice = itertools.cycle(list(opus_frames(50)))

    async def until_sent(self, frames: int) -> None:
        """Wait until so many frames have been sent since the beginning."""
        self._wanted = frames
        await asyncio.wait_for(self._enough.wait(), 60)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for n in itertools.count():
            if 0 < self._wanted <= n:
                self._enough.set()
            self._client.send_frame(next(self._small)[1], "camera", "q")
            large = next(self._large)[1]
            if n >= FPS:
                self._client.send_frame(large, "camera", "h", ticks=0)
            for _ in range(2):
                self._client.send_audio(payload=next(self._voice))
            if n % FPS == 5:
                for role, rid in (("camera", "q"), ("camera", "h"), ("microphone", "")):
                    self._client.send_report(role, rid)
            await asyncio.sleep(max(0.0, began + (n + 1) / FPS - loop.time()))

    @asynccontextmanager
    async def on(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.run())
        try:
            yield
        finally:
            task.cancel()


@pytest.mark.timeout(90)
async def test_what_a_browser_sends_through_the_relay_is_recorded_and_pictured(tmp_path: Path) -> None:
    host = PaperHost()
    async with media_room() as room, node(tmp_path) as recordings:
        client = await room.join(1, LECTURER, {"microphone": (), "camera": ("q", "h")})
        await asyncio.wait_for(recordings.until_up(), 40)
        recording = recordings.open(host, room.router, record=True)
        camera = Camera(client)
        recording.begin(now_us())
        async with camera.on():
            await host.until(RecordingStarted)
            filed = await recording.take_snapshot()
            await camera.until_sent(4 * FPS)
        await recording.end(now_us())
        await host.until(RecordingFinished)
    assert host.states == ["starting", "recording", "finished"]
    assert (filed.decoded, filed.tiles) == (1, 2)
    assert [e.kind for e in host.all(EvidenceFiled)] == ["anh_chup_he_thong", "ghi_hinh"]
    folder = recording_folder(tmp_path, LESSON)
    manifest = read(folder / "manifest.json", Manifest)
    sizes = [(s.width, s.height) for s in manifest.segments if s.role == "camera"]
    assert (640, 360) in sizes
    tracks = {t.role: t for t in read(folder / "playback.json", Playback).tracks}
    assert set(tracks) == {"camera", "microphone"}
    with av.open(folder / tracks["camera"].file_name, mode="r") as container:
        shown = sum(1 for _ in container.decode(video=0))
    lasted_s = (tracks["camera"].end_ms - tracks["camera"].start_ms) / 1_000
    assert shown > 0.8 * FPS * lasted_s
    assert tracks["microphone"].end_ms == pytest.approx(tracks["camera"].end_ms, abs=1_500)
    assert any(s.reports for s in manifest.segments)

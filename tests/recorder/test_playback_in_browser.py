"""Chromium plays and seeks the playback files over HTTP ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from recorder.clock import now_us
from recorder.link_messages import Finished
from tests.kit.browser import chromium
from tests.recorder.process import recorder, start, stop, tap
from tests.recorder.studio import audio, packets, repeated, video

pytestmark = pytest.mark.browser

#: Loads a file, seeks, plays half a second; answers what the element says.
PLAY = """
async ([url, kind, to]) => {
  const medium = document.createElement(kind);
  medium.src = url; medium.muted = true; document.body.append(medium);
  const event = (name) => new Promise((done, failed) => {
    medium.addEventListener(name, done, {once: true});
    medium.addEventListener('error', () => failed(new Error('media error ' + medium.error?.message)), {once: true});
  });
  await event('loadedmetadata');
  const duration = medium.duration;
  medium.currentTime = to;
  await event('seeked');
  const after = medium.currentTime;
  await medium.play();
  await new Promise((done) => {
    const look = () => (medium.currentTime > to + 0.5 ? done() : requestAnimationFrame(look));
    look();
  });
  let pixel = null;
  if (kind === 'video') {
    const canvas = new OffscreenCanvas(16, 9);
    const drawing = canvas.getContext('2d');
    drawing.drawImage(medium, 0, 0, 16, 9);
    pixel = [...drawing.getImageData(8, 4, 1, 1).data];
  }
  return {duration, after, width: medium.videoWidth ?? 0, pixel, seekable: medium.seekable.length && medium.seekable.end(0)};
}
"""


async def test_chromium_plays_and_seeks_webm_and_mp4(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path, "--segment-s", "20") as process:
        await process.send(
            start(began),
            tap(1, "camera", "vp8"),
            tap(2, "microphone", "opus"),
            tap(3, "screen", "h264"),
        )
        green = repeated(video(seconds=10, color=(20, 160, 60)), 6, 10_000_000)
        await process.send_media(1, packets("vp8", green, began))
        await process.send_media(2, packets("opus", repeated(audio(10), 6, 10_000_000), began))
        blue = repeated(video("h264", seconds=10, color=(30, 60, 200)), 6, 10_000_000)
        await process.send_media(3, packets("h264", blue, began))
        await process.send(stop(began + 60_000_000))
        await process.until(Finished)
        tracks = {t.role: t for t in process.playback().tracks}
        folder, asked = process.folder, list[str]()

    async def file(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers.get("Range", ""))
        name = request.match_info["name"]
        mime = next(t.mime for t in tracks.values() if t.file_name == name)
        return web.FileResponse(folder / name, headers={"Content-Type": mime})

    async def page_html(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>x</title>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page_html), web.get("/{name}", file)])
    async with TestServer(app, host="127.0.0.1") as server, chromium() as browser:
        page = await browser.new_page()
        await page.goto(str(server.make_url("/")))

        async def play(role: str, kind: str, to: float) -> Any:
            return await page.evaluate(PLAY, [f"/{tracks[role].file_name}", kind, to])

        camera = await play("camera", "video", 47.3)
        assert camera["duration"] == pytest.approx(60, abs=0.2)
        assert camera["after"] == pytest.approx(47.3, abs=0.05)
        assert camera["seekable"] == pytest.approx(60, abs=0.2)
        assert camera["pixel"][1] > 120 > camera["pixel"][0]
        screen = await play("screen", "video", 33.0)
        assert screen["duration"] == pytest.approx(60, abs=0.2)
        assert screen["pixel"][2] > 150 > screen["pixel"][0]
        microphone = await play("microphone", "audio", 55.0)
        assert microphone["duration"] == pytest.approx(60, abs=0.2)
        assert any(r.startswith("bytes=") for r in asked)

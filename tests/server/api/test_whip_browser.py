"""A page of another site, in real Chromium, sends its camera by WHIP: a screen elsewhere decodes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from tests.kit import aiortc_device
from tests.kit.browser import chromium, person
from tests.kit.live_school import live_school
from tests.kit.rtc_client import until
from tests.kit.whip_device import make_key

SEND = """
async ({url, key}) => {
  const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360}, audio: true});
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendonly'});
  await pc.setLocalDescription(await pc.createOffer());
  const headers = {Authorization: `Bearer ${key}`, 'Content-Type': 'application/sdp'};
  const answer = await fetch(url, {method: 'POST', headers, body: pc.localDescription.sdp});
  if (answer.status !== 201) throw new Error(await answer.text());
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return {location: answer.headers.get('Location'), etag: answer.headers.get('ETag')};
}
"""
LEAVE = """
async ({location, key}) => (await fetch(location, {method: 'DELETE', headers: {Authorization: `Bearer ${key}`}})).status
"""


async def _studio() -> tuple[web.AppRunner, str]:
    """Another site: the same machine, another port."""
    app = web.Application()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>studio</title>", content_type="text/html")

    app.add_routes([web.get("/", page)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://localhost:{runner.addresses[0][1]}/"


@pytest.mark.browser
async def test_chromium_sends_from_another_site_and_a_screen_decodes_it(tmp_path: Path) -> None:
    runner, site = await _studio()
    try:
        async with live_school(tmp_path, with_media=True) as school, chromium() as browser:
            lecturer = await school.browser("lecturer")
            camera = await make_key(lecturer, school.lesson)
            hall = await make_key(lecturer, school.lesson, "screen")
            page = (await person(browser, "encoder")).page
            await page.goto(site)
            async with aiortc_device.screen(hall["url"], hall["key"]) as seen:
                stay = await page.evaluate(SEND, {"url": camera["url"], "key": camera["key"]})
                assert stay["etag"]
                await until(lambda: seen.frames > 5, 30)
                assert await page.evaluate(LEAVE, {"location": stay["location"], "key": camera["key"]}) == 200
            left = {body["device"]: body["reason"] for body in await school.bodies("device.left")}
            assert left[camera["device"]["id"]] == "leave"
    finally:
        await runner.cleanup()

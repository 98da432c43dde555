"""A lecturer without a browser: real Opus and VP8, encoded beforehand, in a live lesson of a real school. Costs next to no CPU."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from tests.kit.encoded import opus_frames, vp8_frames
from tests.kit.lesson_client import Browser, LessonClient
from tests.kit.rtc_client import RtcClient
from tests.kit.school_process import SchoolProcess

#: rid → size, as a camera of 1280 × 720 is sent.
LAYERS = {"q": (320, 180), "h": (640, 360), "f": (1280, 720)}
FRAME_S, FPS = 0.02, 25
#: Every so many frames a keyframe: nobody can ask an encoder that has done its work already for one.
KEY_EVERY = 12


class Talker:
    """Talks and shows themselves until told to stop."""

    def __init__(self, rtc: RtcClient) -> None:
        self._rtc = rtc
        self._sounds = list(opus_frames(50))
        self._pictures = {
            rid: [frame for _, frame in vp8_frames(*size, count=FPS, fps=FPS, key_every=KEY_EVERY)]
            for rid, size in LAYERS.items()
        }

    async def talk(self) -> None:
        """50 frames of sound and 25 pictures a second, by the clock."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for n in range(1 << 30):
            await asyncio.sleep(max(0.0, begun + n * FRAME_S - loop.time()))
            self._rtc.send_audio(payload=self._sounds[n % len(self._sounds)])
            if n % 2 == 0:
                for number, (rid, frames) in enumerate(self._pictures.items()):
                    self._rtc.send_frame(frames[n // 2 % len(frames)], rid=rid, ticks=0 if number else 90_000 // FPS)
            if n % 50 == 0:
                self._rtc.send_report("microphone")
                for rid in self._pictures:
                    self._rtc.send_report("camera", rid)


async def plain_browser(school: SchoolProcess, base_url: str, who: str) -> Browser:
    """Somebody signed in behind the school's front: cookies that ask for HTTPS are kept all the same."""
    browser = Browser(base_url, f"device-of-{who}")
    await browser.http.close()
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(base_url))
    browser.http = aiohttp.ClientSession(cookie_jar=jar)
    await browser.visit(base_url + urlsplit(school.links[who]).path)
    return browser


@asynccontextmanager
async def lecturer_talks(school: SchoolProcess, base_url: str) -> AsyncIterator[str]:
    """The demonstration's lecturer begins the lesson of now and talks; the lesson's id."""
    browser = await plain_browser(school, base_url, "lecturer")
    lessons = (await browser.get("/lessons"))["lessons"]
    lesson = str(next(each["id"] for each in lessons if each["may_join"]))
    await browser.consent(lesson)
    rtc = RtcClient({"microphone": (), "camera": tuple(LAYERS)}, seed=1)
    talker = Talker(rtc)
    client = LessonClient(base_url, browser.device)
    media = [{"mid": each.mid, "role": each.role} for each in rtc.publish]
    await client.connect(ticket=(await browser.ticket(lesson))["ticket"], offer=rtc.offer(), media=media)
    rtc.accept((await client.until("joined"))["answer"])
    await rtc.connect(via=("127.0.0.1", rtc.address[1]))
    await client.do("set_media", microphone=True, camera=True, screen=False)
    await client.do("start_lesson")
    talking = asyncio.create_task(talker.talk())
    try:
        yield lesson
    finally:
        talking.cancel()
        await client.leave()
        await rtc.close()
        await browser.close()

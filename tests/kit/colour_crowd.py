"""A class whose members send pictures of one grey each, so that whoever sees a tile can tell whose picture is in it. Synthetic peers, real VP8."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import av

from tests.kit.lesson_client import Browser, LessonClient
from tests.kit.rtc_client import RtcClient
from tests.kit.school_process import SchoolProcess

WIDTH, HEIGHT = 320, 180
FPS = 4
#: Greys lie this far apart, within the range that video uses.
DARKEST, APART = 24, 6


def grey(number: int) -> int:
    return DARKEST + number * APART


def grey_frames(luma: int, count: int = 8) -> list[bytes]:
    """VP8 of one grey, every fourth frame a keyframe."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "4"}
    frames = []
    for n in range(count):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
            plane.update(bytes([value]) * (plane.line_size * plane.height))
        frame.pts = n
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return frames


@dataclass
class Member:
    """One of the crowd: number, who they are in the lesson, and what they send."""

    number: int
    participant: str
    client: LessonClient
    rtc: RtcClient
    frames: Sequence[bytes] = field(repr=False, default=())


@asynccontextmanager
async def crowd(school: SchoolProcess, lesson: str, people: Sequence[str]) -> AsyncIterator[list[Member]]:
    """These people of the demonstration, in the lesson with a camera each, sending until the end."""
    async with contextlib.AsyncExitStack() as stack:
        members = [await _member(stack, school, lesson, who, number) for number, who in enumerate(people)]
        sending = asyncio.create_task(_send(members))
        try:
            yield members
        finally:
            sending.cancel()


async def _member(
    stack: contextlib.AsyncExitStack, school: SchoolProcess, lesson: str, who: str, number: int
) -> Member:
    browser = Browser(school.base_url, f"device-of-{who}")
    stack.push_async_callback(browser.close)
    await browser.visit(school.links[who])
    rtc = RtcClient({"camera": ("q", "h", "f")}, seed=number + 1)
    stack.push_async_callback(rtc.close)
    client = await browser.join(
        lesson, offer=rtc.offer(), media=[{"mid": each.mid, "role": each.role} for each in rtc.publish]
    )
    stack.push_async_callback(client.leave)
    joined = await client.until("joined")
    rtc.accept(joined["answer"])
    await rtc.connect()
    await client.do("set_media", microphone=False, camera=True, screen=False)
    return Member(number, joined["me"], client, rtc, grey_frames(grey(number)))


async def _send(members: Sequence[Member]) -> None:
    """Spread over each frame's time, as a class without a common clock is."""
    for tick in range(1_000_000):
        for member in members:
            frame = member.frames[(tick + member.number) % len(member.frames)]
            member.rtc.send_frame(frame, rid="q", ticks=90_000 // FPS)
            await asyncio.sleep(1 / FPS / len(members))

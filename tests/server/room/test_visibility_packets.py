"""Who may see and hear whom, proved on the wire: what reaches a student who may not is counted datagram by datagram."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.lesson_client import LessonClient
from tests.kit.live_school import LiveSchool, live_school
from tests.kit.rtc_client import RtcClient, until
from tests.kit.rtp_packets import fake_vp8
from tests.kit.udp_relay import Link, UdpRelay

#: A change of the rule has to be felt within this time.
CHANGE_S = 0.5
#: Packets that somebody else has to have got meanwhile before silence proves anything.
PROOF = 40


class Capture:
    """Media datagrams on the way to one browser: RTP by its first two bytes (RFC 7983, RFC 5761); keys are not needed to count."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.link = Link(drop=self._see)

    def _see(self, _: int, data: bytes) -> bool:
        if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
            self.times.append(asyncio.get_running_loop().time())
        return False


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path, with_media=True) as made:
        yield made


async def seat(
    school: LiveSchool, who: str, sends: bool, seed: int, capture: Capture | None = None
) -> tuple[LessonClient, RtcClient, contextlib.AsyncExitStack]:
    """Somebody with media in the room, if wished with a capture on the way to them."""
    rtc = RtcClient({"microphone": (), "camera": ()} if sends else {}, audio_slots=2, video_slots=3, seed=seed)
    media = [{"mid": each.mid, "role": each.role} for each in rtc.publish]
    client = await school.join(who, offer=rtc.offer(), media=media)
    rtc.accept((await client.until("joined"))["answer"])
    stack = contextlib.AsyncExitStack()
    via = None
    if capture is not None:
        via = (await stack.enter_async_context(UdpRelay(rtc.address, down=capture.link))).address
    await rtc.connect(via)
    stack.push_async_callback(rtc.close)
    return client, rtc, stack


@contextlib.asynccontextmanager
async def talking(rtc: RtcClient) -> AsyncIterator[None]:
    """Voice and pictures without end, keyframes often enough that nobody waits for one."""

    async def talk() -> None:
        for tick in range(1_000_000):
            rtc.send_audio("microphone")
            rtc.send_frame(fake_vp8(tick % 5 == 0, 200, 320, 180), rid="", ticks=1800)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(talk())
    try:
        yield
    finally:
        task.cancel()


def got(rtc: RtcClient) -> int:
    return sum(len(packets) for packets in rtc.received.values())


async def more(rtc: RtcClient, packets: int = PROOF) -> None:
    target = got(rtc) + packets
    await until(lambda: got(rtc) >= target)


async def test_packets_stop_within_half_a_second_for_those_who_may_not_and_go_on_for_those_who_may(
    school: LiveSchool,
) -> None:
    capture = Capture()
    lecturer, staff, a = await seat(school, "lecturer", sends=False, seed=1)
    _, speaker, b = await seat(school, "student1", sends=True, seed=2)
    other, listener, c = await seat(school, "student2", sends=False, seed=3, capture=capture)
    me = (await other.until("joined"))["me"]
    async with a, b, c, talking(speaker):
        await more(staff)
        assert capture.times == [], "the lobby: students do not see each other"
        await lecturer.do("start_lesson")
        await more(listener)

        for rule, back in (
            ({"t": "set_visibility", "mode": "exam"}, {"t": "set_visibility", "mode": "open"}),
            ({"t": "start_aside", "participant": me}, {"t": "end_aside"}),
        ):
            await _felt(lecturer, rule)
            silent_from = asyncio.get_running_loop().time()
            await _proof(staff, listener, speaker, rule)
            late = [t - silent_from for t in capture.times if t > silent_from]
            assert not late or max(late) <= CHANGE_S, f"{rule}: {len(late)} packets, the last after {max(late):.2f} s"
            count = len(capture.times)
            await _ask_again(listener)
            await _proof(staff, listener, speaker, rule)
            assert len(capture.times) == count, "nothing more, not even what is asked for again"
            await _felt(lecturer, back)
            await more(listener)


async def test_with_cameras_for_the_staff_a_classmates_voice_comes_and_the_picture_does_not(school: LiveSchool) -> None:
    lecturer, staff, a = await seat(school, "lecturer", sends=False, seed=1)
    _, speaker, b = await seat(school, "student1", sends=True, seed=2)
    _, listener, c = await seat(school, "student2", sends=False, seed=3)
    async with a, b, c, talking(speaker):
        await lecturer.do("start_lesson")
        await lecturer.do("set_visibility", mode="staff_cameras")
        pictures = listener.slot_mids("video")
        await until(lambda: any(len(staff.received[mid]) > PROOF for mid in staff.slot_mids("video")))
        before = sum(len(listener.received[mid]) for mid in pictures)
        await more(listener)
        await more(staff)
        assert sum(len(listener.received[mid]) for mid in pictures) == before
        assert any(len(listener.received[mid]) > PROOF for mid in listener.slot_mids("audio"))


async def _felt(lecturer: LessonClient, command: dict[str, Any]) -> None:
    fields = {k: v for k, v in command.items() if k != "t"}
    await lecturer.do(command["t"], **fields)


async def _proof(staff: RtcClient, listener: RtcClient, speaker: RtcClient, rule: dict[str, Any]) -> None:
    """Media went on meanwhile: to the staff, or, when the lecturer is aside with the listener, at least from the speaker."""
    if rule["t"] == "set_visibility":
        await more(staff)
        return
    sent = speaker.sent
    await until(lambda: speaker.sent >= sent + PROOF)


async def _ask_again(listener: RtcClient) -> None:
    """A NACK for the last packets of each slot."""
    for mid, packets in list(listener.received.items()):
        if packets:
            listener.nack(mid, [p.seq for p in packets[-5:]])

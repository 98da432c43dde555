"""What peers on good, narrow and lossy lines are sent: real packets through the real engine; what their feedback would say is handed in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from media.clock import SystemMediaClock
from media.face import Wanted
from media.notices import LayersWanted, ProfileChanged
from media.path import PathReport
from tests.kit.media_room import LECTURER, MediaRoom, media_room
from tests.kit.rtc_client import RtcClient, until
from tests.kit.rtc_offer import CHROMIUM
from tests.kit.rtp_packets import RtpPacket, fake_vp8, vp8_frame_of

QHF = ("q", "h", "f")
SIZES = {"q": (320, 180), "h": (640, 360), "f": (1280, 720), "": (1920, 1080)}
BYTES = {"q": 300, "h": 800, "f": 2400, "": 600}
#: A camera's frames by their place in a group of four, as VP8 with three temporal layers sends them.
TIDS = (0, 2, 1, 2)


class ShiftedClock(SystemMediaClock):
    """The machine's clock; waiting can be left out."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def mono_us(self) -> int:
        return super().mono_us() + self.ahead_us


@dataclass
class Line:
    """One peer's feedback, every 50 ms instead of every 200: with each report the clock goes 150 ms ahead."""

    room: MediaRoom
    peer: int
    clock: ShiftedClock
    estimate_bps: int = 5_000_000
    loss: float = 0.0

    def report(self) -> None:
        self.clock.ahead_us += 150_000
        peer = self.room.router._peers[self.peer]
        self.room.router.path_report(peer, PathReport(500_000, 5, self.loss, 0, self.estimate_bps))


@contextlib.asynccontextmanager
async def going_on(step: Callable[[], None], every_s: float) -> AsyncIterator[None]:
    async def run() -> None:
        while True:
            step()
            await asyncio.sleep(every_s)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Speaker:
    """Sends all that a client publishes: 50 packets of sound and 25 frames of each layer a second, keyframes when asked."""

    def __init__(self, client: RtcClient) -> None:
        self._client = client
        self._tick = 0
        self._answered: dict[tuple[str, str], int] = {}

    def __call__(self) -> None:
        self._tick += 1
        if "microphone" in self._client.senders:
            self._client.send_audio(payload=bytes([self._tick & 0xFF]) * 60)
        if self._tick % 2 == 0:
            for role in ("camera", "screen"):
                if role in self._client.senders:
                    self._frame(role)

    def _frame(self, role: str) -> None:
        place = self._tick // 2
        for n, rid in enumerate(self._client.senders[role].rids or ("",)):
            asked = self._client.asked_keyframes[self._client.senders[role].ssrcs[rid]]
            key = self._answered.get((role, rid)) != asked
            self._answered[(role, rid)] = asked
            tid = 0 if key or role == "screen" else TIDS[place % 4]
            frame = fake_vp8(key, BYTES[rid], *SIZES[rid])
            self._client.send_frame(frame, role=role, rid=rid, ticks=3600 if n == 0 else 0, tid=tid)


@contextlib.asynccontextmanager
async def lesson(
    roles: dict[str, Sequence[str]], slots: int = 3, red: int = 0
) -> AsyncIterator[tuple[MediaRoom, RtcClient, Line]]:
    """A lecturer who sends, a student who watches, and the student's line."""
    clock = ShiftedClock()
    async with media_room(clock=clock) as room:
        lecturer = await room.join(1, LECTURER, roles)
        student = await room.join(2, video_slots=slots, dialect=replace(CHROMIUM, red=red))
        line = Line(room, 2, clock)
        async with going_on(Speaker(lecturer), 0.02), going_on(line.report, 0.05):
            yield room, student, line


def is_keyframe(packet: RtpPacket) -> bool:
    begins, _, frame = vp8_frame_of(packet.payload)
    return begins and frame[0] & 1 == 0


def width(packet: RtpPacket) -> int:
    return int.from_bytes(vp8_frame_of(packet.payload)[2][6:8], "little")


async def test_a_wide_line_gets_the_best_and_a_narrow_one_a_smaller_picture_at_once() -> None:
    async with lesson({"microphone": (), "camera": QHF}) as (_, student, line):
        slot = student.slot_mids("video")[1]

        def last_width() -> int:
            return next((width(p) for p in reversed(student.received[slot]) if is_keyframe(p)), 0)

        student_sees = last_width
        await until(lambda: student_sees() == 640, 20)
        line.room.router.set_view(2, [Wanted(1, "camera", 1280, 720)], None, False)
        await until(lambda: student_sees() == 1280, 20)
        line.estimate_bps = 140_000
        await until(lambda: student_sees() == 320, 20)
        line.estimate_bps = 5_000_000
        await until(lambda: student_sees() == 1280, 20)


async def test_on_a_very_narrow_line_the_voice_goes_on_and_the_screen_becomes_stills() -> None:
    async with lesson({"microphone": (), "camera": QHF, "screen": ()}) as (room, student, line):
        voice, screen = student.slot_mids("audio")[0], student.slot_mids("video")[0]
        await until(lambda: len(student.received[screen]) > 10, 20)
        line.estimate_bps = 64_000
        profile = await room.until_told(ProfileChanged, 2, 30)
        assert (profile.profile, profile.automatic) == ("audio_and_stills", True)
        await until(lambda: {role for _, role in room.shown(2).values()} == {"microphone", "screen"})
        # A screen without temporal layers is seen to be one within seconds.
        await until(lambda: all(map(is_keyframe, student.received[screen][-2:])), 30)
        student.received.clear()
        await until(
            lambda: sum(map(is_keyframe, student.received[screen])) >= 2 and len(student.received[voice]) > 50, 30
        )
        assert all(map(is_keyframe, student.received[screen])), "whole pictures, and nothing between them"
        seqs = [p.seq for p in student.received[screen]]
        assert [(b - a) & 0xFFFF for a, b in pairwise(seqs)] == [1] * (len(seqs) - 1)
        line.estimate_bps = 2_000_000
        await until(lambda: room.told(ProfileChanged, 2)[-1].profile == "full", 30)
        await until(lambda: any(not is_keyframe(p) for p in student.received[screen]))
        await until(lambda: "camera" in {role for _, role in room.shown(2).values()})


async def test_who_asks_for_sound_and_stills_gets_no_camera_on_the_best_line() -> None:
    async with lesson({"microphone": (), "camera": QHF, "screen": ()}) as (room, _, _line):
        await until(lambda: len(room.shown(2)) == 3)
        room.router.set_view(2, [], None, False, "audio_and_stills")
        await until(lambda: {role for _, role in room.shown(2).values()} == {"microphone", "screen"})
        told = room.told(ProfileChanged, 2)
        assert [(p.profile, p.automatic) for p in told] == [("audio_and_stills", False)]
        room.router.set_view(2, [], None, False)
        await until(lambda: len(room.shown(2)) == 3)


async def test_a_lossy_line_carries_the_lecturers_voice_with_copies_until_it_is_well_again() -> None:
    async with lesson({"microphone": ()}, red=63) as (_, student, line):
        slot = student.slot_mids("audio")[0]

        def kinds() -> set[int]:
            return {p.pt for p in student.received[slot][-20:]}

        await until(lambda: kinds() == {CHROMIUM.opus})
        line.loss = 0.06
        await until(lambda: kinds() == {63}, 20)
        line.loss = 0.0
        await until(lambda: kinds() == {CHROMIUM.opus}, 20)


async def test_the_recorder_keeps_the_best_layer_of_lecturer_flowing() -> None:
    async with lesson({"camera": QHF}) as (room, _, _line):
        room.router.set_view(2, [Wanted(1, "camera", 320, 180)], None, False)
        await until(lambda: bool(told := room.told(LayersWanted, 1)) and told[-1].active == ("q",))
        room.tap_everything()
        await until(lambda: room.told(LayersWanted, 1)[-1].active == ("q", "f"))


async def test_pages_of_a_gallery_share_the_line_fairly_and_leave_what_nobody_sees() -> None:
    """Twelve students, pages of nine: each tile of the page has a picture, those turned away rest within seconds."""
    clock = ShiftedClock()
    async with media_room(clock=clock) as room, contextlib.AsyncExitStack() as stack:
        for peer in range(2, 14):
            client = await room.join(peer, publish={"camera": ("q", "h")}, audio_slots=0, video_slots=0)
            await stack.enter_async_context(going_on(Speaker(client), 0.02))
        viewer = await room.join(1, LECTURER, audio_slots=1, video_slots=13)
        line = Line(room, 1, clock, estimate_bps=2_500_000)
        await stack.enter_async_context(going_on(line.report, 0.05))
        first = [Wanted(peer, "camera", 640, 360) for peer in range(2, 11)]
        room.router.set_view(1, first, None, False)
        await until(lambda: {who for who, _ in room.shown(1).values()} == set(range(2, 11)))
        await until(lambda: all(len(viewer.received[mid]) > 5 for mid in room.shown(1)), 20)
        second = [Wanted(peer, "camera", 640, 360) for peer in range(11, 14)]
        room.router.set_view(1, second, None, False)
        await until(lambda: {who for who, _ in room.shown(1).values()} == {11, 12, 13})
        await until(
            lambda: all(
                told and told[-1].active == ("q",)
                for p in range(2, 11)
                if (told := room.told(LayersWanted, p)) is not None
            ),
            20,
        )
        await until(lambda: all(len(viewer.received[mid]) > 5 for mid in room.shown(1)), 20)

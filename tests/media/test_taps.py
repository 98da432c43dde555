"""What the recorder gets of a live room."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from media.face import TapInfo, TapSinks
from media.notices import PublicationStarted
from tests.kit.encoded import opus_frames, vp8_frames
from tests.kit.media_room import LECTURER, media_room
from tests.kit.rtc_client import until
from tests.kit.rtp_packets import read_rtp, vp8_frame_of


@dataclass
class Recorder:
    """Sinks that keep everything, in the order in which it came."""

    began: dict[int, TapInfo] = field(default_factory=dict)
    over: list[int] = field(default_factory=list)
    packets: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    reports: list[tuple[int, int, int]] = field(default_factory=list)

    def take(self, publication: int, batch: Sequence[tuple[int, bytes]]) -> None:
        assert publication in self.began, "told of a publication before its packets"
        self.packets.setdefault(publication, []).extend(batch)

    @property
    def sinks(self) -> TapSinks:
        return TapSinks(
            packets=self.take,
            sender_report=lambda *report: self.reports.append(report),
            overflow=lambda *gap: None,
            started=lambda info: self.began.__setitem__(info.publication, info),
            ended=self.over.append,
        )


async def test_the_recorder_gets_what_was_sent_with_times_and_reports() -> None:
    async with media_room() as room:
        recorder = Recorder()
        room.router.tap(recorder.sinks)
        lecturer = await room.join(1, LECTURER, {"microphone": (), "camera": ()})
        sound, picture = list(opus_frames(10)), [frame for _, frame in vp8_frames(count=10)]
        begun_us = time.time_ns() // 1000
        for voice, frame in zip(sound, picture, strict=True):
            lecturer.send_audio(payload=voice)
            lecturer.send_frame(frame)
        await until(lambda: sum(map(len, recorder.packets.values())) >= 20)
        lecturer.send_report("camera", at_unix_s=1_700_000_000.5)
        await until(lambda: bool(recorder.reports))

        infos = {i.role: i for i in recorder.began.values()}
        assert (infos["microphone"].codec, infos["microphone"].clock_hz) == ("opus", 48000)
        assert (infos["camera"].codec, infos["camera"].clock_hz) == ("vp8", 90000)
        heard = recorder.packets[infos["microphone"].publication]
        assert [read_rtp(data).payload for _, data in heard] == sound
        assert all(begun_us - 1_000_000 <= at <= time.time_ns() // 1000 for at, _ in heard)
        seen = recorder.packets[infos["camera"].publication]
        assert b"".join(vp8_frame_of(read_rtp(data).payload)[2] for _, data in seen) == b"".join(picture)
        publication, unix_us, rtp = recorder.reports[-1]
        assert publication == infos["camera"].publication
        assert abs(unix_us - 1_700_000_000_500_000) <= 1
        assert rtp == lecturer.senders["camera"].timestamp

        room.router.remove_peer(1)
        assert set(recorder.over) == set(recorder.began)


async def test_only_the_best_layer_is_recorded_and_its_keyframes_are_asked_for() -> None:
    async with media_room() as room:
        recorder = Recorder()
        lecturer = await room.join(1, LECTURER, {"camera": ("q", "h", "f")})
        frames = list(vp8_frames(count=30))

        def send(which: int) -> None:
            for n, rid in enumerate(("q", "h", "f")):
                lecturer.send_frame(frames[which][1], rid=rid, ticks=3600 if n == 0 else 0)

        send(0)
        await room.until_told(PublicationStarted, 1)
        room.router.tap(recorder.sinks)
        await until(lambda: sum(lecturer.asked_keyframes.values()) > 0)
        for n in range(25, 30):
            send(n)
        await until(lambda: sum(map(len, recorder.packets.values())) >= 5)
        (packets,) = recorder.packets.values()
        assert {read_rtp(data).ssrc for _, data in packets} == {lecturer.senders["camera"].ssrcs["f"]}


async def test_ending_the_tap_ends_every_publication_of_it_and_stops_the_packets() -> None:
    async with media_room() as room:
        recorder = Recorder()
        room.router.tap(recorder.sinks)
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        lecturer.send_audio()
        await until(lambda: bool(recorder.packets))
        room.router.tap(None)
        assert recorder.over == list(recorder.began)
        before = sum(map(len, recorder.packets.values()))
        student = await room.join(2)
        lecturer.send_audio()
        await until(lambda: any(student.received.values()))
        assert sum(map(len, recorder.packets.values())) == before

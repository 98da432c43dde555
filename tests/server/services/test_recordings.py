"""A lesson's recording from taps to facts, with the real recorder process behind it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from media.face import TapInfo
from recorder.files import evidence_folder, read, recording_folder
from recorder.records import Manifest
from server.clock import SystemClock, micros
from server.errors import Problem
from server.events.base import Event, Origin
from server.events.lesson import (
    EvidenceFiled,
    RecordingFailed,
    RecordingFinished,
    RecordingGap,
    RecordingRestored,
    RecordingStarted,
    SegmentClosed,
)
from server.ids import LessonId, PersonId
from server.room.pushes import RecordingInfo
from server.services.recording_face import Attendee, Scene
from server.services.recordings import Recordings
from tests.recorder.studio import Sent, audio, packets, repeated, video
from tests.server.services.paper_router import PaperRouter

LESSON = LessonId("0190aaaa-0000-7000-8000-000000000001")
LECTURER, STUDENT = PersonId("0190aaaa-0000-7000-8000-0000000000aa"), PersonId("0190aaaa-0000-7000-8000-0000000000bb")
CAMERA = TapInfo(publication=1, peer=1, role="camera", codec="vp8", clock_hz=90_000)
MICROPHONE = TapInfo(publication=2, peer=1, role="microphone", codec="opus", clock_hz=48_000)
E = TypeVar("E", bound=Event)


class PaperHost:
    """A room that keeps what it is told."""

    lesson = LESSON

    def __init__(self, recorded: Sequence[Event] = ()) -> None:
        self.events: list[Event] = []
        self.states: list[str] = []
        self._recorded = list(recorded)
        self._changed = asyncio.Event()

    async def record(self, event: Event, origin: Origin) -> None:
        self.events.append(event)
        self._changed.set()

    def person_of(self, peer: int) -> PersonId | None:
        return {1: LECTURER, 2: STUDENT}.get(peer)

    def scene(self) -> Scene:
        return Scene(
            title="K45.B2 · Chuyên đề 3: Kỹ năng ra quyết định",
            present=1,
            enrolled=2,
            attendees=[
                Attendee(STUDENT, "Nguyễn Phúc Bảo Ngọc · K45B2-07", None),
                Attendee(LECTURER, "TS. Trần Thị Thu Hương", 1, lecturer=True),
            ],
        )

    def recording_changed(self, info: RecordingInfo) -> None:
        self.states.append(info.state)
        self._changed.set()

    def recorded(self) -> Sequence[Event]:
        return self._recorded

    def all(self, kind: type[E]) -> list[E]:
        return [e for e in self.events if isinstance(e, kind)]

    async def until(self, kind: type[E], while_doing: Teaching | None = None, within_s: float = 40) -> E:
        async with asyncio.timeout(within_s):
            while not self.all(kind):
                if while_doing:
                    while_doing.send_due()
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), 0.05)
                except TimeoutError:
                    continue
        return self.all(kind)[0]


class Teaching:
    """The lecturer's camera and microphone in real time."""

    def __init__(self, router: PaperRouter, began: int) -> None:
        self._router = router
        self._rest: dict[int, list[Sent]] = {
            1: list(packets("vp8", repeated(video(seconds=4, color=(20, 160, 60)), 10, 4_000_000), began)),
            2: list(packets("opus", repeated(audio(4), 10, 4_000_000), began)),
        }
        router.publish(CAMERA)
        router.publish(MICROPHONE)

    def send_due(self) -> None:
        for publication, rest in self._rest.items():
            due = [s for s in rest if s.arrival_us <= now_us()]
            self._rest[publication] = rest[len(due) :]
            if due:
                self._router.send(publication, [(s.arrival_us, s.data) for s in due])

    def miss_due(self) -> None:
        """What comes while no server runs reaches nobody."""
        for publication, rest in self._rest.items():
            self._rest[publication] = [s for s in rest if s.arrival_us > now_us()]


@pytest.fixture(autouse=True)
def encoded() -> None:
    """Media are encoded before anything happens in real time."""
    Teaching(PaperRouter(), 0)


def now_us() -> int:
    return micros(SystemClock().now())


@asynccontextmanager
async def node(data: Path) -> AsyncIterator[Recordings]:
    recordings = Recordings(data, SystemClock())
    await recordings.start()
    try:
        yield recordings
    finally:
        await recordings.aclose()


async def test_a_lesson_is_recorded_from_its_start_and_its_facts_stand_in_order(tmp_path: Path) -> None:
    host, router = PaperHost(), PaperRouter()
    async with node(tmp_path) as recordings:
        await asyncio.wait_for(recordings.until_up(), 40)
        recording = recordings.open(host, router, record=True)
        assert recording.info.state == "waiting"
        began = now_us()
        teaching = Teaching(router, began)
        recording.begin(began)
        assert recording.info.state == "starting"
        await host.until(RecordingStarted, teaching)
        assert recording.info.state == "recording"
        await recording.end(now_us())
        assert isinstance(host.events[0], RecordingStarted)
        assert isinstance(host.events[-1], RecordingFinished)
        segments = host.all(SegmentClosed)
        assert {(s.role, s.person) for s in segments} == {("camera", LECTURER), ("microphone", LECTURER)}
        folder = recording_folder(tmp_path, LESSON)
        for segment in segments:
            assert hashlib.sha256((folder / segment.file_name).read_bytes()).hexdigest() == segment.sha256
        [finished] = host.all(RecordingFinished)
        assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == finished.manifest_sha256
        [filed] = host.all(EvidenceFiled)
        assert (filed.kind, filed.sha256) == ("ghi_hinh", finished.manifest_sha256)
        assert (filed.covers_from_us, filed.covers_to_us > began) == (began, True)
        copy = evidence_folder(tmp_path, LESSON) / filed.file_name
        assert copy.read_bytes() == (folder / "manifest.json").read_bytes()
        assert host.states == ["starting", "recording", "finished"]
        assert router.sinks is None
        assert 1 in router.keyframes


async def test_a_killed_recorder_is_a_failure_a_gap_and_a_return(tmp_path: Path) -> None:
    host, router = PaperHost(), PaperRouter()
    async with node(tmp_path) as recordings:
        await asyncio.wait_for(recordings.until_up(), 40)
        recording = recordings.open(host, router, record=True)
        began = now_us()
        teaching = Teaching(router, began)
        recording.begin(began)
        await host.until(RecordingStarted, teaching)
        assert recordings.recorder_pid
        os.kill(recordings.recorder_pid, signal.SIGKILL)
        killed = now_us()
        failed = await host.until(RecordingFailed, teaching)
        restored = await host.until(RecordingRestored, teaching)
        away_us = now_us() - failed.since_us
        await host.until(RecordingGap, teaching)
        await recording.end(now_us())
        assert failed.reason == "recorder_down"
        assert killed - failed.since_us < 3_000_000
        assert restored.lost_ms * 1000 <= away_us
        # The camera goes on at its next keyframe: it may have a longer hole of its own.
        [gap] = [g for g in host.all(RecordingGap) if g.publication != CAMERA.publication]
        assert (gap.publication, gap.reason) == (None, "recorder_down")
        assert gap.to_us - gap.from_us <= away_us
        manifest = read(recording_folder(tmp_path, LESSON) / "manifest.json", Manifest)
        assert len(manifest.segments) == len(host.all(SegmentClosed)) == 4
        assert host.states == ["starting", "recording", "failed", "recording", "finished"]


async def test_a_picture_is_filed_with_its_digest_though_the_lesson_is_not_recorded(tmp_path: Path) -> None:
    host, router = PaperHost(), PaperRouter()
    async with node(tmp_path) as recordings:
        await asyncio.wait_for(recordings.until_up(), 40)
        recording = recordings.open(host, router, record=False)
        assert recording.info.state == "off"
        teaching = Teaching(router, now_us())
        taking = asyncio.create_task(recording.take_snapshot(source="lecturer"))
        await host.until(EvidenceFiled, teaching)
        filed = await taking
        [event] = host.all(EvidenceFiled)
        assert (event.evidence, event.sha256, event.source) == (filed.evidence, filed.sha256, "lecturer")
        assert (event.present, event.enrolled, event.kind) == (1, 2, "anh_chup_he_thong")
        assert (filed.decoded, filed.tiles) == (1, 2)
        picture = evidence_folder(tmp_path, LESSON) / event.file_name
        assert hashlib.sha256(picture.read_bytes()).hexdigest() == event.sha256
        assert not recording_folder(tmp_path, LESSON).exists()
        assert router.sinks is None


async def test_without_a_recorder_a_picture_is_refused_with_a_code(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path, SystemClock())
    recording = recordings.open(PaperHost(), PaperRouter(), record=True)
    with pytest.raises(Problem) as refused:
        await recording.take_snapshot()
    assert refused.value.code == "recording.no_snapshot"
    await recordings.aclose()


async def test_a_restarted_server_goes_on_with_the_same_recording(tmp_path: Path) -> None:
    before, router = PaperHost(), PaperRouter()
    began = now_us()
    teaching = Teaching(router, began)
    async with node(tmp_path) as recordings:
        await asyncio.wait_for(recordings.until_up(), 40)
        first = recordings.open(before, router, record=True)
        first.begin(began)
        await before.until(RecordingStarted, teaching)
    after = PaperHost(before.events)
    async with node(tmp_path) as recordings:
        await asyncio.wait_for(recordings.until_up(), 40)
        second = recordings.open(after, router, record=True)
        teaching.miss_due()
        second.begin(began)
        gap = await after.until(RecordingGap, teaching)
        await second.end(now_us())
    assert gap.reason == "server_down"
    assert not after.all(RecordingStarted)
    facts = [*before.all(SegmentClosed), *after.all(SegmentClosed)]
    manifest = read(recording_folder(tmp_path, LESSON) / "manifest.json", Manifest)
    assert sorted(s.file_name for s in facts) == sorted(s.file_name for s in manifest.segments)
    assert manifest.origin_us == began


async def test_a_lesson_that_ended_before_it_was_finished_is_finished_later(tmp_path: Path) -> None:
    before, router = PaperHost(), PaperRouter()
    began = now_us()
    teaching = Teaching(router, began)
    async with node(tmp_path) as recordings:
        await asyncio.wait_for(recordings.until_up(), 40)
        recordings.open(before, router, record=True).begin(began)
        await before.until(RecordingStarted, teaching)
    after = PaperHost(before.events)
    async with node(tmp_path) as recordings:
        await recordings.open(after, None, record=True).end(now_us())
        await after.until(RecordingFinished)
    assert (recording_folder(tmp_path, LESSON) / "playback.json").exists()

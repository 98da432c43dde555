"""The recording of one live lesson, between its room, the relay's router and the recorder process.

Packets go from the router's taps to the recorder as they come; what the recorder tells becomes events through the room. Not here: the
link and the process (recordings.py), which state that is (recording_state.py), what goes on a picture (evidence_scene.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from media.face import Router, TapInfo, TapSinks
from recorder.depacketise import CODECS, VIDEO_CODECS
from recorder.link_messages import (
    CloseTap,
    Down,
    Failed,
    Finished,
    Gap,
    KeyframeWanted,
    OpenTap,
    SegmentDone,
    SenderReport,
    SnapshotFailed,
    SnapshotTaken,
    StartRecording,
    StopRecording,
    UpMessage,
    Writing,
)
from server.clock import Clock, micros
from server.errors import Overloaded, Problem
from server.events.base import Event, Origin
from server.events.lesson import EvidenceFiled, RecordingFinished, RecordingGap, SegmentClosed
from server.ids import EvidenceId, PersonId, new_id
from server.room.pushes import RecordingInfo
from server.services.evidence_scene import snapshot_of
from server.services.recording_evidence import manifest_as_evidence
from server.services.recording_face import RecordingHost, SnapshotFiled
from server.services.recording_state import RecordingState
from server.tasks import TaskGroupOf

log = structlog.get_logger("recordings")

#: What drawing and writing a picture may take beyond the wait for keyframes.
SNAPSHOT_EXTRA_S = 8.0
FINISH_WAIT_S = 15.0


class RecorderDoor(Protocol):
    """The link, as far as one lesson needs it (`recorder.link.RecorderLink`)."""

    connected: bool

    def send(self, message: Down) -> None: ...

    def send_media(self, publication: int, codec: str, packets: Sequence[tuple[int, bytes]]) -> None: ...

    def forget(self, publication: int) -> None: ...


@dataclass(frozen=True, slots=True)
class _Tap:
    info: TapInfo
    person: PersonId


class LessonRecording:
    """Made by `Recordings.open`. Order of life: `begin` once the lesson is live, `end` once it ended; snapshots in between."""

    def __init__(
        self,
        host: RecordingHost,
        router: Router | None,
        clock: Clock,
        link: RecorderDoor,
        data: Path,
        *,
        record: bool,
        closed: Callable[[LessonRecording], None] = lambda _: None,
    ) -> None:
        self._host = host
        self._router = router
        self._clock = clock
        self._link = link
        self._data = data
        self._closed = closed
        self._is_recorded = record
        self._state = RecordingState(record=self._is_recorded, recorded=host.recorded())
        self._tasks = TaskGroupOf(f"recording-{host.lesson}")
        self._facts: asyncio.Queue[tuple[Event, Origin]] = asyncio.Queue()
        self._taps: dict[int, _Tap] = {}
        self._pictures: dict[str, asyncio.Future[SnapshotTaken | None]] = {}
        self._is_tapped = False
        self._taking = 0
        self._origin_us: int | None = None
        self._ended_us: int | None = None
        self._finished = asyncio.Event()
        self._told = self.info
        self._tasks.start(self._write_facts(), "facts")

    @property
    def lesson(self) -> str:
        return self._host.lesson

    @property
    def info(self) -> RecordingInfo:
        """For the strip. off (policy), waiting (not live yet), starting, recording, failed, finished."""
        return self._state.info(self._now_us())

    def begin(self, origin_us: int) -> None:
        """The lesson is live (again, after a restart of the server): `origin_us` is when it started, zero of the time line."""
        if not self._is_recorded or self._origin_us is not None:
            return
        self._origin_us = origin_us
        self._link.send(StartRecording(lesson=self.lesson, origin_us=origin_us))
        self._apply(self._state.begin(self._now_us()))
        self._tap()

    async def take_snapshot(self, *, source: str = "system", wait_ms: int = 2_500) -> SnapshotFiled:
        """Compose one evidence picture, file it (`EvidenceFiled`). source ∈ system, lecturer.

        Raises Problem("recording.no_snapshot") when the recorder is away or cannot write.
        """
        if self._ended_us is None:
            self._tap()
        self._taking += 1
        try:
            return await self._take(source, wait_ms)
        finally:
            self._taking -= 1
            if not self._taking and self._origin_us is None:
                self._untap()

    async def end(self, ended_us: int) -> None:
        """The lesson ended: closes files, waits (≤ 15 s) for the manifest and its `RecordingFinished`.

        Also for a lesson that ended under an earlier server: the recorder finishes what it finds. A long recording may take longer; its
        facts are then recorded when they come, so `RecordingHost.record` must work after this.
        """
        self._untap()
        if not self._is_recorded:
            self.close()
            return
        self._ended_us = ended_us
        self._link.send(StopRecording(lesson=self.lesson, ended_us=ended_us))
        try:
            await asyncio.wait_for(self._finished.wait(), FINISH_WAIT_S)
        except TimeoutError:
            log.warning("recording is still being finished", lesson=self.lesson)

    def close(self) -> None:
        """The room goes away. A recording that is still being finished stays known until `RecordingFinished`."""
        self._untap()
        if self._ended_us is not None and not self._finished.is_set():
            return
        self._closed(self)
        self._tasks.start(self._tasks.aclose(), "close")

    # --- called by Recordings ---

    def greeting(self) -> list[Down]:
        """What a recorder that knows nothing must be told first."""
        if self._ended_us is not None:
            return [StopRecording(lesson=self.lesson, ended_us=self._ended_us)]
        start: list[Down] = []
        if self._origin_us is not None:
            start = [StartRecording(lesson=self.lesson, origin_us=self._origin_us)]
        return start + [self._opening(tap) for tap in self._taps.values()]

    def owns(self, publication: int) -> bool:
        return publication in self._taps

    def connected(self, is_connected: bool) -> None:
        # When the link breaks: from the keyframe on, the queue holds what the next recorder can write.
        self._ask_keyframes()
        if is_connected:
            return
        for future in self._pictures.values():
            if not future.done():
                future.set_result(None)
        self._apply(self._state.recorder_gone(self._now_us()))

    def receive(self, message: UpMessage) -> None:
        """Something the recorder says about this lesson."""
        now_us = self._now_us()
        match message:
            case Writing():
                self._apply(self._state.writing(message.confirmed_us, bool(self._taps), now_us))
            case Failed():
                self._apply(self._state.failed(message.since_us, message.reason, now_us))
            case KeyframeWanted():
                self.ask_keyframe(message.publication)
            case SegmentDone():
                self._apply(self._state.observe(_segment(message), now_us))
            case Gap():
                self._apply(self._state.observe(_gap(message), now_us))
            case Finished():
                self._tasks.start(self._conclude(message), "conclude")
            case SnapshotTaken() | SnapshotFailed():
                future = self._pictures.get(message.snapshot)
                if future and not future.done():
                    future.set_result(message if isinstance(message, SnapshotTaken) else None)

    def watch(self) -> None:
        """Each second."""
        self._apply(self._state.watch(self._now_us()))

    def ask_keyframe(self, publication: int) -> None:
        if self._router is not None and publication in self._taps:
            self._router.request_keyframe(publication)

    async def aclose(self) -> None:
        """The node stops."""
        self._untap()
        await self._tasks.aclose()

    # --- taps ---

    def _tap(self) -> None:
        if self._is_tapped or self._router is None:
            return
        self._is_tapped = True
        self._router.tap(
            TapSinks(
                packets=self._packets,
                sender_report=self._report,
                overflow=self._overflow,
                started=self._started,
                ended=self._gone,
            )
        )

    def _untap(self) -> None:
        if self._is_tapped and self._router is not None:
            self._is_tapped = False
            self._router.tap(None)
        for publication in list(self._taps):
            self._gone(publication)

    def _started(self, info: TapInfo) -> None:
        person = self._host.person_of(info.peer)
        if person is None or info.codec not in CODECS:
            log.warning(
                "publication is not recorded", lesson=self.lesson, publication=info.publication, codec=info.codec
            )
            return
        known = self._taps.get(info.publication)
        if known is not None and known.info == info:
            return
        tap = self._taps[info.publication] = _Tap(info, person)
        self._link.send(self._opening(tap))
        if info.codec in VIDEO_CODECS:
            self.ask_keyframe(info.publication)

    def _gone(self, publication: int) -> None:
        if self._taps.pop(publication, None) is not None:
            self._link.forget(publication)
            self._link.send(CloseTap(lesson=self.lesson, publication=publication, reason="closed"))

    def _packets(self, publication: int, packets: Sequence[tuple[int, bytes]]) -> None:
        if tap := self._taps.get(publication):
            self._link.send_media(publication, tap.info.codec, packets)

    def _report(self, publication: int, ntp_us: int, rtp: int) -> None:
        if publication in self._taps:
            self._link.send(SenderReport(publication=publication, ntp_us=ntp_us, rtp=rtp))

    def _overflow(self, publication: int, from_us: int, to_us: int) -> None:
        if tap := self._taps.get(publication):
            hole = RecordingGap(publication=publication, from_us=from_us, to_us=to_us, reason="overflow")
            if self._origin_us is not None:
                self._apply(self._state.observe(hole, self._now_us()))
            if tap.info.codec in VIDEO_CODECS:
                self.ask_keyframe(publication)

    def _opening(self, tap: _Tap) -> OpenTap:
        return OpenTap(
            lesson=self.lesson,
            publication=tap.info.publication,
            person=tap.person,
            role=tap.info.role,
            codec=tap.info.codec,
            clock_hz=tap.info.clock_hz,
            record=self._origin_us is not None,
        )

    def _video(self) -> list[int]:
        return [p for p, tap in self._taps.items() if tap.info.codec in VIDEO_CODECS]

    def _ask_keyframes(self) -> None:
        for publication in self._video():
            self.ask_keyframe(publication)

    # --- pictures ---

    async def _take(self, source: str, wait_ms: int) -> SnapshotFiled:
        now_us = self._now_us()
        if not self._link.connected or self._ended_us is not None:
            raise Overloaded("recording.no_snapshot")
        evidence = EvidenceId(new_id(now_us // 1_000))
        scene = self._host.scene()
        if self._router is not None:
            for info in self._router.publications():
                if info.codec in CODECS:
                    self._started(info)
        self._ask_keyframes()
        taps = [tap.info for tap in self._taps.values()]
        future = self._pictures[evidence] = asyncio.get_running_loop().create_future()
        self._link.send(snapshot_of(self.lesson, evidence, scene, taps, now_us, wait_ms))
        try:
            taken = await asyncio.wait_for(future, wait_ms / 1_000 + SNAPSHOT_EXTRA_S)
        except TimeoutError:
            taken = None
        finally:
            del self._pictures[evidence]
        if taken is None:
            raise Overloaded("recording.no_snapshot")
        await self._host.record(
            EvidenceFiled(
                evidence=evidence,
                kind="anh_chup_he_thong",
                sha256=taken.sha256,
                size=taken.size,
                mime="image/jpeg",
                file_name=taken.file_name,
                captured_us=taken.captured_us,
                covers_from_us=taken.captured_us,
                covers_to_us=taken.captured_us,
                source=source,
                present=scene.present,
                enrolled=scene.enrolled,
            ),
            Origin.SERVER,
        )
        return SnapshotFiled(evidence, taken.sha256, taken.decoded, taken.tiles)

    # --- facts ---

    def _apply(self, events: Sequence[Event]) -> None:
        for event in events:
            self._facts.put_nowait((event, Origin.MEDIA))
        if (info := self.info).state != self._told.state:
            self._told = info
            self._host.recording_changed(info)

    async def _write_facts(self) -> None:
        """One after the other, in the order in which they were told."""
        while True:
            event, origin = await self._facts.get()
            try:
                await self._host.record(event, origin)
            except Problem as problem:
                log.error("fact not recorded", lesson=self.lesson, event_type=type(event).__name__, code=problem.code)
            finally:
                self._facts.task_done()

    async def _conclude(self, message: Finished) -> None:
        """The manifest becomes evidence (minh chứng "bản ghi hình", regulation C.2), then the recording is finished."""
        events = self._state.observe(_finished(message), self._now_us())
        if events and message.segments:
            filed = await asyncio.to_thread(manifest_as_evidence, self._data, self._host.lesson, self._now_us())
            self._facts.put_nowait((filed, Origin.SERVER))
        self._apply(events)
        await self._facts.join()
        self._finished.set()
        self.close()

    def _now_us(self) -> int:
        return micros(self._clock.now())


def _segment(done: SegmentDone) -> SegmentClosed:
    return SegmentClosed(
        publication=done.publication,
        person=PersonId(done.person),
        role=done.role,
        codec=done.codec,
        file_name=done.file_name,
        sha256=done.sha256,
        size=done.size,
        from_us=done.from_us,
        to_us=done.to_us,
        end_reason=done.end_reason,
    )


def _gap(gap: Gap) -> RecordingGap:
    return RecordingGap(publication=gap.publication, from_us=gap.from_us, to_us=gap.to_us, reason=gap.reason)


def _finished(done: Finished) -> RecordingFinished:
    return RecordingFinished(manifest_sha256=done.manifest_sha256, segments=done.segments, gaps=done.gaps)

"""All lessons of a recorder process: carries out the server's messages. Not here: sockets (service.py), files (recording.py)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from recorder import clock
from recorder.depacketise import CODECS
from recorder.framing import MediaBatch
from recorder.link_messages import (
    CloseTap,
    DownMessage,
    KeyframeWanted,
    OpenTap,
    Overflow,
    Ping,
    Pong,
    SenderReport,
    StartRecording,
    StopRecording,
    TakeSnapshot,
    Up,
)
from recorder.recording import Recording, Settings
from recorder.snapshot import Snapshots
from recorder.timeline import PublisherClocks
from recorder.track import Track

log = structlog.get_logger("recorder")


class Desk:
    """`tell` sends a message to the server (and drops it while there is none: everything can be told again)."""

    def __init__(self, data: Path, settings: Settings, tell: Callable[[Up], None]) -> None:
        self._data = data
        self._settings = settings
        self._tell = tell
        self._tracks: dict[int, Track] = {}
        self._lesson_of: dict[int, str] = {}
        self._clocks: dict[str, PublisherClocks] = {}
        self._recordings: dict[str, Recording] = {}
        self._snapshots = Snapshots(data, tell)
        self._tasks: set[asyncio.Task[Any]] = set()

    def receive(self, message: DownMessage) -> None:
        match message:
            case StartRecording():
                self._start_recording(message)
            case OpenTap():
                self._open_tap(message)
            case CloseTap():
                self._close_tap(message.publication, message.reason)
            case SenderReport():
                if track := self._tracks.get(message.publication):
                    track.report(message.ntp_us, message.rtp, clock.now_us())
            case Overflow():
                self._overflow(message)
            case TakeSnapshot():
                self._task(self._snapshots.take(message, self._snapshots.ask(message, self._tracks)))
            case StopRecording():
                self._task(self._stop(message))
            case Ping():
                self._tell(Pong(n=message.n))

    def media(self, batch: MediaBatch) -> None:
        """Packets of a publication that is not tapped (any more) are dropped."""
        if track := self._tracks.get(batch.publication):
            track.media(batch.packets)

    def tick(self) -> None:
        now_us = clock.now_us()
        for track in list(self._tracks.values()):
            track.tick(now_us)
        for recording in list(self._recordings.values()):
            recording.tick(now_us)

    async def server_gone(self) -> None:
        """Close everything cleanly; a server that comes (back) starts its lessons again by `StartRecording`."""
        for publication in list(self._tracks):
            self._close_tap(publication, "server_gone")
        now_us = clock.now_us()
        recordings, self._recordings = self._recordings, {}
        for recording in recordings.values():
            recording.suspend(now_us, "server_down")
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(recording.settle() for recording in recordings.values()), return_exceptions=True)
        self._clocks.clear()

    def _start_recording(self, message: StartRecording) -> None:
        if message.lesson not in self._recordings:
            self._recordings[message.lesson] = Recording(
                self._data, message.lesson, message.origin_us, self._settings, self._tell
            )

    def _open_tap(self, tap: OpenTap) -> None:
        if tap.codec not in CODECS or not 1_000 <= tap.clock_hz <= 200_000:
            log.warning("publication cannot be recorded", publication=tap.publication, codec=tap.codec)
            return
        if tap.publication in self._tracks:
            self._close_tap(tap.publication, "closed")
        recording = self._recordings.get(tap.lesson) if tap.record else None
        clocks = self._clocks.setdefault(tap.lesson, PublisherClocks())
        self._lesson_of[tap.publication] = tap.lesson
        self._tracks[tap.publication] = Track(tap, clocks, recording, self._want_keyframe)

    def _close_tap(self, publication: int, reason: str) -> None:
        if track := self._tracks.pop(publication, None):
            track.finish(reason)
            self._lesson_of.pop(publication, None)

    def _overflow(self, message: Overflow) -> None:
        track = self._tracks.get(message.publication)
        if track and track.owner:
            track.owner.gap(message.publication, message.from_us, message.to_us, "overflow")

    def _want_keyframe(self, publication: int) -> None:
        if lesson := self._lesson_of.get(publication):
            self._tell(KeyframeWanted(lesson=lesson, publication=publication))

    async def _stop(self, message: StopRecording) -> None:
        recording = self._recordings.get(message.lesson)
        if recording is None:
            recording = Recording(self._data, message.lesson, message.ended_us, self._settings, self._tell)
        self._recordings.pop(message.lesson, None)
        for publication in [p for p, lesson in self._lesson_of.items() if lesson == message.lesson]:
            self._close_tap(publication, "ended")
        self._clocks.pop(message.lesson, None)
        await recording.finish(message.ended_us)

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("recorder task failed", exc_info=error)

"""Recordings of a node: the recorder process, its link, and one `LessonRecording` per live lesson.

Reading a finished recording for the player is in recording_reader.py.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from media.face import Router
from recorder.child import ChildOptions, RecorderChild
from recorder.link import LinkEvents, RecorderLink
from recorder.link_messages import Down, Ping, Pong, UpMessage
from server.clock import Clock
from server.ledger import Ledger
from server.services.lesson_recording import LessonRecording
from server.services.planning import Planning
from server.services.recording_face import RecordingHost
from server.services.recording_left_over import left_over
from server.tasks import TaskGroupOf

log = structlog.get_logger("recordings")

WATCH_EVERY_S = 1.0
#: A recorder that does not answer for so long hangs: it is ended and a new one started.
HUNG_NS = 20_000_000_000


class Recordings:
    """One per node. `data` is the data folder of `docs/seams.md`."""

    def __init__(self, data: Path, clock: Clock, options: ChildOptions | None = None) -> None:
        self._data = data
        self._clock = clock
        self._folder = tempfile.TemporaryDirectory(prefix="giangduong-")
        socket = Path(self._folder.name) / "recorder.sock"
        self._child = RecorderChild(data, socket, options)
        events = LinkEvents(self._receive, self._connected, self._greeting, self._keyframe_needed)
        self._link = RecorderLink(socket, events)
        self._lessons: dict[str, LessonRecording] = {}
        self._tasks = TaskGroupOf("recordings")
        self._up = asyncio.Event()
        self._heard_ns = 0
        self._pings = 0

    async def start(self) -> None:
        """Start the recorder process and connect; returns at once, both recover by themselves."""
        self._heard_ns = self._clock.mono_ns()
        self._tasks.start(self._child.run(), "child")
        self._tasks.start(self._link.run(), "link")
        self._tasks.start(self._watch(), "watch")

    async def aclose(self) -> None:
        """Close taps and files; lessons that are not ended go on when the next server begins them again."""
        for recording in list(self._lessons.values()):
            await recording.aclose()
        self._lessons.clear()
        await self._tasks.aclose()
        self._folder.cleanup()

    def open(self, host: RecordingHost, router: Router | None, *, record: bool) -> LessonRecording:
        """The recording of a lesson whose room just opened. `record` is the school's policy; snapshots work without it."""
        recording = LessonRecording(
            host, router, self._clock, self._link, self._data, record=record, closed=self._forget
        )
        self._lessons[host.lesson] = recording
        return recording

    def finish_left_over(self, planning: Planning, ledger: Ledger) -> None:
        """In the background: recordings of lessons that ended under an earlier server, before they were finished."""
        self._tasks.start(self._finish_left_over(planning, ledger), "left-over")

    @property
    def is_up(self) -> bool:
        """For /readyz: the recorder is connected."""
        return self._link.connected

    async def until_up(self) -> None:
        """Wait for the recorder to be connected."""
        await self._up.wait()

    @property
    def recorder_pid(self) -> int | None:
        return self._child.pid

    async def _finish_left_over(self, planning: Planning, ledger: Ledger) -> None:
        for host, ended_us in await left_over(self._data, planning, ledger):
            if host.lesson not in self._lessons:
                log.info("finishing a recording of an earlier server", lesson=host.lesson)
                await self.open(host, None, record=True).end(ended_us)

    def _forget(self, recording: LessonRecording) -> None:
        if self._lessons.get(recording.lesson) is recording:
            del self._lessons[recording.lesson]

    def _greeting(self) -> Sequence[Down]:
        return [message for recording in self._lessons.values() for message in recording.greeting()]

    def _connected(self, is_connected: bool) -> None:
        self._heard_ns = self._clock.mono_ns()
        if is_connected:
            self._up.set()
        else:
            self._up.clear()
        for recording in list(self._lessons.values()):
            recording.connected(is_connected)

    def _receive(self, message: UpMessage) -> None:
        self._heard_ns = self._clock.mono_ns()
        if isinstance(message, Pong):
            return
        if recording := self._lessons.get(message.lesson):
            recording.receive(message)

    def _keyframe_needed(self, publication: int) -> None:
        for recording in self._lessons.values():
            recording.ask_keyframe(publication)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(WATCH_EVERY_S)
            for recording in list(self._lessons.values()):
                recording.watch()
            if not self._link.connected:
                continue
            self._pings += 1
            self._link.send(Ping(n=self._pings))
            if self._clock.mono_ns() - self._heard_ns > HUNG_NS:
                log.error("recorder does not answer")
                self._heard_ns = self._clock.mono_ns()
                self._child.kill()

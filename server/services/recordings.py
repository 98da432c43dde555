"""Recordings of a node: the recorder process, its link, and one `LessonRecording` per live lesson; reading for the player."""

from __future__ import annotations

from pathlib import Path

from media.face import Router
from server.clock import Clock
from server.services.lesson_recording import LessonRecording
from server.services.recording_face import RecordingHost


class Recordings:
    """One per node. `data` is the data folder of `docs/seams.md`."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._data = data
        self._clock = clock

    async def start(self) -> None:
        """Start the recorder process and connect; returns at once when it comes up, recovers by itself later."""
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError

    def open(self, host: RecordingHost, router: Router, *, record: bool) -> LessonRecording:
        """The recording of a lesson whose room just opened. `record` is the school's policy; snapshots work without it."""
        return LessonRecording(host, router, self._clock, record=record)

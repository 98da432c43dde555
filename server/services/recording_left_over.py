"""Recordings that nobody finished: the server ended between a lesson's end and its `RecordingFinished`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from server.errors import NotFound
from server.events.base import Event, Origin, Recorded
from server.events.lesson import RecordingFinished
from server.ids import LessonId, PersonId
from server.ledger import Ledger, NewEvent, lesson_log
from server.room.pushes import RecordingInfo
from server.school.lesson_states import AFTER
from server.services.planning import Planning
from server.services.recording_face import Scene

log = structlog.get_logger("recordings")


class LedgerHost:
    """A lesson whose room is closed, for its recording: facts go straight to the ledger, nobody is there to be told or shown."""

    def __init__(self, lesson: LessonId, ledger: Ledger, recorded: Sequence[Recorded]) -> None:
        self.lesson = lesson
        self._ledger = ledger
        self._recorded = [each.event for each in recorded]

    async def record(self, event: Event, origin: Origin) -> None:
        writer = await self._ledger.open(lesson_log(self.lesson), self.lesson)
        await writer.append(NewEvent(event, origin))

    def person_of(self, peer: int) -> PersonId | None:
        return None

    def scene(self) -> Scene:
        return Scene(title="", present=0, enrolled=0, attendees=())

    def recording_changed(self, info: RecordingInfo) -> None:
        return None

    def recorded(self) -> Sequence[Event]:
        return self._recorded


async def left_over(data: Path, planning: Planning, ledger: Ledger) -> list[tuple[LedgerHost, int]]:
    """Lessons that are over, with files but without their `RecordingFinished`, and when each ended (Unix µs)."""
    found = []
    for lesson in await asyncio.to_thread(_recorded_lessons, data):
        try:
            line = await planning.line(lesson)
        except NotFound:
            log.warning("recording of an unknown lesson", lesson=lesson)
            continue
        if line.state not in AFTER or line.ended_us is None:
            continue
        events = await ledger.read(lesson_log(lesson))
        if not any(isinstance(each.event, RecordingFinished) for each in events):
            found.append((LedgerHost(lesson, ledger, events), line.ended_us))
    return found


def _recorded_lessons(data: Path) -> list[LessonId]:
    return sorted(LessonId(path.parent.parent.name) for path in (data / "lessons").glob("*/recording/lesson.json"))

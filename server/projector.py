"""Feeds a lesson's events to attendance and sheet. What it holds can be thrown away at any moment: the ledger has everything."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from server.attendance.projection import AttendanceProjection
from server.events.base import Recorded
from server.ids import LessonId
from server.ledger import Ledger, lesson_log
from server.sheet.projection import SheetProjection

#: Lessons kept folded in memory; the rest is folded again when asked for (a lesson of 60 has some thousand events).
KEPT = 32


@dataclass(slots=True)
class LessonRecord:
    """What the events of one lesson say, up to `seq`."""

    attendance: AttendanceProjection = field(default_factory=AttendanceProjection)
    sheet: SheetProjection = field(default_factory=SheetProjection)
    seq: int = 0

    def apply(self, recorded: Recorded) -> None:
        self.attendance.apply(recorded)
        self.sheet.apply(recorded)
        self.seq = recorded.seq


class Projector:
    """Folded lessons, brought up to date from the ledger whenever they are asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._records: OrderedDict[LessonId, LessonRecord] = OrderedDict()
        self._locks: dict[LessonId, asyncio.Lock] = {}

    async def lesson(self, lesson: LessonId) -> LessonRecord:
        """The record as of the newest durable event; an empty one for a lesson without events."""
        async with self._locks.setdefault(lesson, asyncio.Lock()):
            record = self._records.setdefault(lesson, LessonRecord())
            self._records.move_to_end(lesson)
            try:
                for recorded in await self._ledger.read(lesson_log(lesson), record.seq):
                    record.apply(recorded)
            except BaseException:
                # Half a fold is worse than none: the next asker folds from the beginning.
                self._records.pop(lesson, None)
                raise
            self._forget_oldest()
            return record

    async def rebuild(self, lesson: LessonId) -> LessonRecord:
        """The record folded from nothing."""
        self._records.pop(lesson, None)
        return await self.lesson(lesson)

    def _forget_oldest(self) -> None:
        while len(self._records) > KEPT:
            gone, _ = self._records.popitem(last=False)
            if (lock := self._locks.get(gone)) and not lock.locked():
                del self._locks[gone]

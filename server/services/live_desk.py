"""The desks of class managers and the training office: today's lessons they may watch, told by difference once a second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec

from server.clock import Clock, micros
from server.errors import Invalid
from server.identity.account import Account
from server.ids import LessonId
from server.ledger import Ledger
from server.room.desk_pushes import AnyDeskPush, DeskChanged, DeskLesson, DeskSnapshot
from server.school.permissions import may
from server.services.live_board import Board
from server.services.planning import Planning
from server.storage.plan_store import LessonLine
from server.tasks import TaskGroupOf

#: Changes are gathered this long.
EVERY_S = 1.0
#: The list of lessons itself is read again this often (seconds): states, and lessons planned meanwhile.
_LIST_EVERY_US = 5_000_000


class Desk:
    """One watcher: what they may see, and what they were told last."""

    def __init__(self, account: Account, send: Callable[[AnyDeskPush], None]) -> None:
        self.account = account
        self.send = send
        self.day: date | None = None
        self.lessons: list[LessonId] = []
        self._told: dict[LessonId, DeskLesson] = {}

    def tell_all(self, day: date, lessons: list[DeskLesson], now_us: int) -> None:
        self._told = {LessonId(lesson.id): lesson for lesson in lessons}
        self.send(DeskSnapshot(day=day.isoformat(), lessons=lessons, server_time_us=now_us))

    def tell_changes(self, lesson: DeskLesson) -> None:
        """The lesson without rows, and the rows that are not as they were told."""
        before = self._told.get(LessonId(lesson.id))
        if before == lesson:
            return
        old = {row.enrolment: row for row in before.rows} if before is not None else {}
        rows = [row for row in lesson.rows if old.get(row.enrolment) != row]
        self._told[LessonId(lesson.id)] = lesson
        self.send(DeskChanged(lesson=msgspec.structs.replace(lesson, rows=[]), rows=rows))


class Desks:
    """All watchers of this node. Lessons are folded once, however many watch them."""

    def __init__(self, planning: Planning, ledger: Ledger, clock: Clock) -> None:
        self._planning = planning
        self._ledger = ledger
        self._clock = clock
        self._desks: list[Desk] = []
        self._boards: dict[LessonId, Board] = {}
        self._lines: dict[LessonId, LessonLine] = {}
        self._tasks = TaskGroupOf("desks")

    def start(self) -> None:
        self._tasks.start(self._tell(), "tell")

    async def aclose(self) -> None:
        await self._tasks.aclose()

    async def sit_down(self, account: Account, send: Callable[[AnyDeskPush], None]) -> Desk:
        """A watcher of today; the snapshot has been sent when it returns."""
        desk = Desk(account, send)
        await self._show(desk, self._planning.today())
        self._desks.append(desk)
        return desk

    async def watch(self, desk: Desk, day: str) -> None:
        """Another day. Raises Invalid for a text that is no date."""
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            raise Invalid("desk.bad_day") from None
        await self._show(desk, wanted)

    def stand_up(self, desk: Desk) -> None:
        if desk in self._desks:
            self._desks.remove(desk)
        watched = {lesson for each in self._desks for lesson in each.lessons}
        for lesson in set(self._boards) - watched:
            del self._boards[lesson]

    async def _show(self, desk: Desk, day: date) -> None:
        await self._list(desk, day)
        now_us = micros(self._clock.now())
        for lesson in desk.lessons:
            await self._boards[lesson].read_on()
        lessons = [self._boards[each].lesson(self._lines[each], now_us) for each in desk.lessons]
        desk.tell_all(day, lessons, now_us)

    async def _list(self, desk: Desk, day: date) -> None:
        """Which lessons of the day this person may watch, each with a board."""
        mine = await self._planning.timetable(desk.account, day, day)
        desk.day = day
        desk.lessons = [each.line.id for each in mine if may("lesson.watch", each.role, each.line.state)]
        for each in mine:
            self._lines[each.line.id] = each.line
        for lesson in desk.lessons:
            if lesson not in self._boards:
                self._boards[lesson] = Board(await self._planning.plan(lesson), self._ledger)

    async def _tell(self) -> None:
        listed_us = 0
        while True:
            await self._clock.sleep(EVERY_S)
            now_us = micros(self._clock.now())
            if now_us - listed_us >= _LIST_EVERY_US:
                listed_us = now_us
                for desk in tuple(self._desks):
                    if desk.day is not None:
                        await self._list(desk, desk.day)
            await self._tell_changes(now_us)

    async def _tell_changes(self, now_us: int) -> None:
        watched = {lesson for desk in self._desks for lesson in desk.lessons}
        for lesson in watched:
            await self._boards[lesson].read_on()
        shown = {lesson: self._boards[lesson].lesson(self._lines[lesson], now_us) for lesson in watched}
        for desk in tuple(self._desks):
            for lesson in desk.lessons:
                desk.tell_changes(shown[lesson])

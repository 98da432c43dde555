"""Keeps the plan's copy of a lesson's state in step with what its room records. The record is the truth; the copy is for lists."""

from __future__ import annotations

import asyncio

import structlog

from server.clock import Clock, micros
from server.errors import Problem
from server.events import lesson as facts
from server.events.base import Recorded
from server.ids import LessonId
from server.room.state import RoomState
from server.school.lesson_states import LessonState
from server.services.planning import Planning
from server.tasks import TaskGroupOf

log = structlog.get_logger("live")

_Step = tuple[LessonId, LessonState, int, str]


class PlanKeeper:
    """Writes states one after another, in the order in which they were recorded."""

    def __init__(self, planning: Planning, clock: Clock) -> None:
        self._planning = planning
        self._clock = clock
        self._steps: asyncio.Queue[_Step] = asyncio.Queue()
        self._tasks = TaskGroupOf("plan-keeper")

    def start(self) -> None:
        self._tasks.start(self._write(), "write")

    async def aclose(self) -> None:
        await self._steps.join()
        await self._tasks.aclose()

    def observe(self, recorded: Recorded) -> None:
        """Called with everything that a room recorded."""
        lesson = LessonId(recorded.log_id)
        match recorded.event:
            case facts.LessonStarted() | facts.LessonResumed():
                self.move(lesson, LessonState.LIVE, recorded.at_us)
            case facts.LessonSuspended(reason=reason):
                self.move(lesson, LessonState.SUSPENDED, recorded.at_us, reason)
            case facts.LessonEnded(reason=reason):
                self.move(lesson, LessonState.ENDED, recorded.at_us, reason)

    def sync(self, lesson: LessonId, state: RoomState) -> None:
        """After a rebuild: bring the copy to where the record stands."""
        if state.started_us is not None:
            self.move(lesson, LessonState.LIVE, state.started_us)
        if state.phase is LessonState.SUSPENDED:
            self.move(lesson, LessonState.SUSPENDED, micros(self._clock.now()), state.suspended_reason)
        if state.ended_us is not None:
            self.move(lesson, LessonState.ENDED, state.ended_us, "")

    def move(self, lesson: LessonId, to: LessonState, at_us: int, reason: str = "") -> None:
        self._steps.put_nowait((lesson, to, at_us, reason))

    async def settled(self) -> None:
        """Everything that was handed in is written."""
        await self._steps.join()

    async def _write(self) -> None:
        while True:
            lesson, to, at_us, reason = await self._steps.get()
            try:
                await self._planning.set_state(lesson, to, at_us, reason)
            except Problem as problem:
                log.info("the plan's state stays", lesson=lesson, to=to.value, code=problem.code)
            except Exception as error:
                log.error("the plan's state was not written", lesson=lesson, exc_info=error)
            finally:
                self._steps.task_done()

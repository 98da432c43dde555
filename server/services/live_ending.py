"""What follows the last word of a lesson, in this order: the last picture, the recording's files, everybody shown out, the seal, the sheet.

Each step may fail without stopping the next: a recorder that is away must not keep a lesson from being sealed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from server.clock import Clock, micros
from server.ids import LessonId
from server.school.lesson_states import LessonState
from server.services.live_opening import Opened
from server.services.live_plan import PlanKeeper

log = structlog.get_logger("live")

#: The last picture waits for key frames of everybody.
PICTURES_S = 10.0
#: The recorder closes its files and writes its manifest.
RECORDING_S = 30.0

Sealed = Callable[[LessonId], Awaitable[None]]


class Ending:
    """`on_sealed` are told, one after another, when a lesson's record is sealed (roll, sheets)."""

    def __init__(self, plan: PlanKeeper, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self.on_sealed: list[Sealed] = []

    async def run(self, opened: Opened) -> None:
        room, hall = opened.room, opened.room.hall
        lesson = room.lesson
        if hall.snapshots:
            await asyncio.wait(set(hall.snapshots), timeout=PICTURES_S)
        recording = hall.recording
        if recording is not None:
            ended_us = hall.state.ended_us or micros(self._clock.now())
            await self._try("recording", lesson, asyncio.wait_for(recording.end(ended_us), RECORDING_S))
        await self._try("dismiss", lesson, room.dismiss())
        await self._try("seal", lesson, opened.writer.seal())
        self._plan.move(lesson, LessonState.SHEET_OPEN, micros(self._clock.now()))
        await self._plan.settled()
        for told in self.on_sealed:
            await self._try("sealed", lesson, told(lesson))

    async def _try(self, step: str, lesson: LessonId, deed: Awaitable[object]) -> None:
        try:
            await deed
        except Exception as error:
            log.error("a step of a lesson's end failed", step=step, lesson=lesson, exc_info=error)

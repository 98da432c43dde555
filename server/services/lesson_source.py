"""One lesson's plan and record side by side: what roll and sheet are both made from. The roster is the one frozen when the lesson opened."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from server.clock import Clock, micros
from server.errors import NotFound
from server.ids import LessonId, PersonId
from server.projector import LessonRecord, Projector
from server.school.names import name_key
from server.school.plan import LessonPlan, PersonCard, RosterMember
from server.services.planning import Planning


@dataclass(frozen=True, slots=True)
class LessonSource:
    plan: LessonPlan
    record: LessonRecord
    now_us: int

    @property
    def ended(self) -> bool:
        return self.record.attendance.ended_us is not None


class LessonSources:
    """Reads plan and record together."""

    def __init__(self, planning: Planning, projector: Projector, clock: Clock) -> None:
        self._planning = planning
        self._projector = projector
        self._clock = clock
        self._turns: dict[LessonId, asyncio.Lock] = {}

    def turn(self, lesson: LessonId) -> asyncio.Lock:
        """Deeds on one lesson's papers are done one after another: `async with sources.turn(lesson)`."""
        return self._turns.setdefault(lesson, asyncio.Lock())

    async def of(self, lesson: LessonId) -> LessonSource:
        """Raises NotFound `lesson.not_started` for a lesson that nobody has opened yet."""
        record = await self._projector.lesson(lesson)
        if record.attendance.opened is None:
            raise NotFound("lesson.not_started")
        plan = await self._as_opened(await self._planning.plan(lesson), record)
        return LessonSource(plan, record, micros(self._clock.now()))

    async def names(self, people: list[PersonId]) -> dict[PersonId, str]:
        """Names of people who are not in the plan."""
        return {person: (await self._card(person)).name for person in people}

    async def _as_opened(self, plan: LessonPlan, record: LessonRecord) -> LessonPlan:
        """The plan with the students of the frozen roster: who has left the class since still stands on its sheet."""
        opened = record.attendance.opened
        if opened is None:
            return plan
        known = {member.enrolment: member for member in plan.roster}
        members = [
            known.get(line.enrolment) or RosterMember(line.enrolment, await self._card(line.person))
            for line in opened.roster
        ]
        ordered = sorted(members, key=lambda member: (name_key(member.card.name), member.card.code))
        return replace(plan, roster=tuple(ordered))

    async def _card(self, person: PersonId) -> PersonCard:
        return await self._planning.card(person)

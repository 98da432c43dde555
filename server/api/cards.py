"""Lesson cards: a timetable line with what the other services know about the lesson. Used by every answer that names a lesson."""

from __future__ import annotations

from collections.abc import Sequence

from server.api.shapes import LessonCard, PeriodShape
from server.clock import micros
from server.school.permissions import Role, may
from server.school.policy import PolicySet
from server.services import Services
from server.services.planning import MyLesson


async def card_of(services: Services, mine: MyLesson) -> LessonCard:
    return (await cards_of(services, [mine]))[0]


async def cards_of(services: Services, lessons: Sequence[MyLesson]) -> list[LessonCard]:
    """Cards of several lessons, in the same order."""
    now_us = micros(services.clock.now())
    sheets = await services.sheets.states([mine.line.id for mine in lessons])
    rules = await services.planning.policies_of([mine.line for mine in lessons])
    return [
        await _card(services, mine, now_us, rules[mine.line.id], sheets.get(mine.line.id, "none")) for mine in lessons
    ]


async def _card(services: Services, mine: MyLesson, now_us: int, rules: PolicySet, sheet_state: str) -> LessonCard:
    line = mine.line
    opens_us = line.start_us - rules.value("lobby_s") * 1_000_000
    is_lecturer = mine.role is Role.LECTURER
    return LessonCard(
        id=line.id,
        topic=line.topic_name,
        topic_no=line.topic_no,
        course_unit=line.course_unit_name,
        cohort=line.cohort_name,
        cohort_code=line.cohort_code,
        kind=line.kind,
        lecturer=line.lecturer_name,
        lecturer_title=line.lecturer_title,
        start_us=line.start_us,
        end_us=line.end_us,
        periods=[PeriodShape(no=p.no, start_us=p.start_us, end_us=p.end_us) for p in line.periods],
        state=line.state,
        my_role=mine.role.value,
        may_join=may("lesson.enter", mine.role, line.state) and opens_us <= now_us,
        opens_us=opens_us,
        enrolled=line.enrolled,
        present=services.live.present(line.id),
        sheet_state=sheet_state if mine.role is not Role.STUDENT else "none",
        sheet_due_us=line.ended_us + rules.value("sheet_due_s") * 1_000_000 if is_lecturer and line.ended_us else None,
        has_recording=services.recording_reader is not None and await services.recording_reader.has_recording(line.id),
    )

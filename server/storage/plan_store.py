"""SQL that reads a lesson's plan: the lesson with its topic, cohort and people, its periods, roster and leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.ids import CohortId, CourseUnitId, EnrolmentId, LessonId, PersonId, SchoolId, TopicId
from server.school.names import name_key
from server.school.plan import ApprovedLeave, LessonPlan, PersonCard, PlannedPeriod, RosterMember
from server.school.policy import PolicySet, PolicyValue
from server.storage.school_tables import (
    cohort,
    course_unit,
    enrolment,
    leave_request,
    lesson,
    lesson_period,
    person,
    policy_set,
    programme,
    school,
    timetable_row,
    topic,
    unit,
)


@dataclass(frozen=True)
class LessonLine:
    """A lesson as a timetable lists it."""

    id: LessonId
    school: SchoolId
    cohort: CohortId
    cohort_code: str
    cohort_name: str
    topic_no: int
    topic_name: str
    course_unit_name: str
    kind: str
    room_code: str
    day: str
    state: str
    start_us: int
    end_us: int
    started_us: int | None
    ended_us: int | None
    policy_version: int | None
    lecturer: PersonId
    lecturer_name: str
    lecturer_title: str
    class_manager: PersonId | None
    periods: tuple[PlannedPeriod, ...]
    enrolled: int


_lecturer = person.alias("lecturer")
_LINE = (
    lesson.c.id,
    lesson.c.school_id,
    lesson.c.cohort_id,
    cohort.c.code,
    cohort.c.name,
    topic.c.no,
    topic.c.name,
    course_unit.c.name,
    lesson.c.kind,
    lesson.c.room_code,
    lesson.c.day,
    lesson.c.state,
    lesson.c.start_us,
    lesson.c.end_us,
    lesson.c.started_us,
    lesson.c.ended_us,
    lesson.c.policy_version,
    lesson.c.lecturer_id,
    _lecturer.c.full_name,
    _lecturer.c.title,
    cohort.c.class_manager_id,
)


def _lines() -> Select[Any]:
    return (
        select(*_LINE)
        .join(cohort, cohort.c.id == lesson.c.cohort_id)
        .join(topic, topic.c.id == lesson.c.topic_id)
        .join(course_unit, course_unit.c.id == topic.c.course_unit_id)
        .join(_lecturer, _lecturer.c.id == lesson.c.lecturer_id)
        .order_by(lesson.c.start_us, lesson.c.id)
    )


async def lines_between(
    connection: AsyncConnection, school_id: SchoolId, from_day: str, to_day: str
) -> list[LessonLine]:
    """All lessons of a school with `from_day` ≤ day ≤ `to_day` (ISO dates, school time), in order of time."""
    chosen = (lesson.c.school_id == school_id) & (lesson.c.day >= from_day) & (lesson.c.day <= to_day)
    return await _with_periods(connection, _lines().where(chosen))


async def line(connection: AsyncConnection, lesson_id: LessonId) -> LessonLine | None:
    found = await _with_periods(connection, _lines().where(lesson.c.id == lesson_id))
    return found[0] if found else None


async def lines_in_states(connection: AsyncConnection, states: tuple[str, ...]) -> list[LessonLine]:
    return await _with_periods(connection, _lines().where(lesson.c.state.in_(states)))


async def _with_periods(connection: AsyncConnection, query: Select[Any]) -> list[LessonLine]:
    rows = (await connection.execute(query)).all()
    periods = await _periods(connection, [row[0] for row in rows])
    enrolled = await _enrolled(connection, {row[2] for row in rows})
    return [
        LessonLine(*(*row, tuple(periods.get(row[0], ())), enrolled.get(row[2], 0)))
        for row in (tuple[Any, ...](r) for r in rows)
    ]


async def _periods(connection: AsyncConnection, lessons: list[str]) -> dict[str, list[PlannedPeriod]]:
    found: dict[str, list[PlannedPeriod]] = {}
    for start in range(0, len(lessons), 500):
        chosen = lesson_period.c.lesson_id.in_(lessons[start : start + 500])
        rows = await connection.execute(
            select(lesson_period).where(chosen).order_by(lesson_period.c.lesson_id, lesson_period.c.no)
        )
        for lesson_id, no, start_us, end_us in rows:
            found.setdefault(lesson_id, []).append(PlannedPeriod(no, start_us, end_us))
    return found


async def _enrolled(connection: AsyncConnection, cohorts: set[str]) -> dict[str, int]:
    rows = await connection.execute(
        select(enrolment.c.cohort_id, func.count())
        .where(enrolment.c.cohort_id.in_(sorted(cohorts)) & (enrolment.c.status == "dang_hoc"))
        .group_by(enrolment.c.cohort_id)
    )
    return {row[0]: row[1] for row in rows}


async def enrolled_cohorts(connection: AsyncConnection, person_id: PersonId) -> frozenset[CohortId]:
    """Cohorts in which the person learns now."""
    active = (enrolment.c.person_id == person_id) & (enrolment.c.status == "dang_hoc")
    rows = await connection.execute(select(enrolment.c.cohort_id).where(active))
    return frozenset(CohortId(row[0]) for row in rows)


async def student_no(connection: AsyncConnection, person_id: PersonId, cohort_id: CohortId) -> str | None:
    """The student number in this cohort."""
    active = (
        (enrolment.c.person_id == person_id) & (enrolment.c.cohort_id == cohort_id) & (enrolment.c.status == "dang_hoc")
    )
    row = (await connection.execute(select(enrolment.c.student_no).where(active).limit(1))).first()
    return row[0] if row else None


async def policy(connection: AsyncConnection, school_id: SchoolId, version: int | None, at_us: int) -> PolicySet:
    """The named version, or the one in force at `at_us`. Raises LookupError when the school has none."""
    chosen = policy_set.c.school_id == school_id
    chosen &= policy_set.c.effective_us <= at_us if version is None else policy_set.c.version == version
    query = select(policy_set).where(chosen).order_by(policy_set.c.version.desc()).limit(1)
    row = (await connection.execute(query)).first()
    if row is None:
        raise LookupError(f"school {school_id} has no policy (version {version})")
    parameters = {name: PolicyValue(value["value"], value["can_cu"]) for name, value in row.parameters.items()}
    return PolicySet(row.version, row.effective_us, row.approved_by, row.reference, parameters)


async def card(connection: AsyncConnection, person_id: PersonId) -> PersonCard | None:
    query = select(person, unit.c.name.label("unit_name")).join(unit, unit.c.id == person.c.unit_id, isouter=True)
    row = (await connection.execute(query.where(person.c.id == person_id))).first()
    return _card(row._mapping) if row else None


def _card(row: RowMapping, code: str | None = None) -> PersonCard:
    return PersonCard(
        person=PersonId(row["id"]),
        name=row["full_name"],
        given_name=row["ten"],
        title=row["title"],
        code=row["code"] if code is None else code,
        unit=row["unit_name"] or "",
    )


async def roster(connection: AsyncConnection, cohort_id: CohortId) -> tuple[RosterMember, ...]:
    """Students of a cohort who learn now, sorted by given name."""
    rows = await connection.execute(
        select(enrolment.c.id.label("enrolment_id"), enrolment.c.student_no, person, unit.c.name.label("unit_name"))
        .join(person, person.c.id == enrolment.c.person_id)
        .join(unit, unit.c.id == person.c.unit_id, isouter=True)
        .where((enrolment.c.cohort_id == cohort_id) & (enrolment.c.status == "dang_hoc"))
    )
    members = [RosterMember(EnrolmentId(row["enrolment_id"]), _card(row, row["student_no"])) for row in rows.mappings()]
    return tuple(sorted(members, key=lambda m: (name_key(m.card.name), m.card.code)))


async def approved_leaves(
    connection: AsyncConnection, cohort_id: CohortId, from_us: int, to_us: int
) -> tuple[ApprovedLeave, ...]:
    """Approved leaves of a cohort's students that touch the span."""
    rows = await connection.execute(
        select(leave_request.c.enrolment_id, leave_request.c.from_us, leave_request.c.to_us, leave_request.c.reason)
        .join(enrolment, enrolment.c.id == leave_request.c.enrolment_id)
        .where(
            (enrolment.c.cohort_id == cohort_id)
            & (leave_request.c.state == "duyet")
            & (leave_request.c.from_us < to_us)
            & (leave_request.c.to_us > from_us)
        )
        .order_by(leave_request.c.from_us, leave_request.c.id)
    )
    return tuple(ApprovedLeave(*row) for row in rows)


async def plan(connection: AsyncConnection, lesson_id: LessonId, now_us: int) -> LessonPlan | None:
    """The whole plan of one lesson."""
    query = (
        select(
            lesson,
            school.c.name.label("school_name"),
            school.c.parent_org,
            school.c.code.label("school_code"),
            school.c.place_name,
            school.c.doc_style,
            cohort.c.code.label("cohort_code"),
            cohort.c.name.label("cohort_name"),
            cohort.c.class_manager_id,
            programme.c.name.label("programme_name"),
            programme.c.kind.label("programme_kind"),
            topic.c.no.label("topic_no"),
            topic.c.name.label("topic_name"),
            topic.c.periods.label("topic_periods"),
            course_unit.c.id.label("course_unit_id"),
            course_unit.c.no.label("course_unit_no"),
            course_unit.c.name.label("course_unit_name"),
            timetable_row.c.session,
        )
        .join(school, school.c.id == lesson.c.school_id)
        .join(cohort, cohort.c.id == lesson.c.cohort_id)
        .join(programme, programme.c.id == cohort.c.programme_id)
        .join(topic, topic.c.id == lesson.c.topic_id)
        .join(course_unit, course_unit.c.id == topic.c.course_unit_id)
        .join(timetable_row, timetable_row.c.id == lesson.c.timetable_row_id, isouter=True)
        .where(lesson.c.id == lesson_id)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    rules = await policy(connection, row.school_id, row.policy_version, now_us)
    lecturer = await card(connection, row.lecturer_id)
    if lecturer is None:
        raise LookupError(f"lesson {lesson_id} has a lecturer who does not exist")
    periods = (await _periods(connection, [lesson_id])).get(lesson_id, [])
    return LessonPlan(
        lesson=lesson_id,
        school=row.school_id,
        school_name=row.school_name,
        school_parent=row.parent_org,
        school_code=row.school_code,
        place_name=row.place_name,
        doc_style=row.doc_style,
        cohort=row.cohort_id,
        cohort_code=row.cohort_code,
        cohort_name=row.cohort_name,
        programme_name=row.programme_name,
        programme_kind=row.programme_kind,
        course_unit=CourseUnitId(row.course_unit_id),
        course_unit_no=row.course_unit_no,
        course_unit_name=row.course_unit_name,
        topic=TopicId(row.topic_id),
        topic_no=row.topic_no,
        topic_name=row.topic_name,
        topic_periods=row.topic_periods,
        kind=row.kind,
        room_code=row.room_code,
        day=row.day,
        session=row.session or "",
        state=row.state,
        start_us=row.start_us,
        end_us=row.end_us,
        opened_us=row.opened_us,
        started_us=row.started_us,
        ended_us=row.ended_us,
        lecturer=lecturer,
        class_manager=await card(connection, row.class_manager_id) if row.class_manager_id else None,
        periods=tuple(periods),
        roster=await roster(connection, row.cohort_id),
        leaves=await approved_leaves(connection, row.cohort_id, row.start_us, row.end_us),
        policy_version=rules.version,
        policy=rules.attendance(),
        record=bool(rules.value("record_lessons")),
        max_participants=rules.value("max_participants"),
    )

"""The timetable and the plans behind it: which lessons a person has, in which role, and what a lesson's room opens with.

Also keeps a lesson's state in the plan. What happened in a lesson stands in its ledger; the state here is a copy for lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import SCHOOL_TZ, Clock, micros
from server.errors import Conflict, Invalid, NotFound, Refused
from server.identity.account import Account
from server.ids import CohortId, LessonId, PersonId, SchoolId, new_id
from server.school.lesson_states import OPEN, LessonState, moved
from server.school.permissions import LessonFacts, Role, may, role_in_lesson
from server.school.plan import LessonPlan, PersonCard
from server.school.policy import PolicySet
from server.storage import lesson_store, plan_store
from server.storage.database import Database
from server.storage.lesson_store import NoticeRow, SchoolRow
from server.storage.plan_store import LessonLine

#: A timetable shows six weeks at most.
LONGEST_SPAN_DAYS = 42


@dataclass(frozen=True)
class MyLesson:
    """A lesson with the role that the asking person has in it."""

    line: LessonLine
    role: Role


@dataclass(frozen=True)
class ConsentState:
    notice: NoticeRow
    given_us: int | None


class Planning:
    """Reads plans, moves lessons between states. Everything that names a lesson raises NotFound `lesson.not_found` for strangers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._policies: dict[tuple[SchoolId, int], PolicySet] = {}

    def today(self) -> date:
        """The day in school time."""
        return self._clock.now().astimezone(SCHOOL_TZ).date()

    async def timetable(self, account: Account, from_day: date, to_day: date) -> list[MyLesson]:
        """The person's lessons of these days, in order. Raises Invalid for a span that is negative or too long."""
        if not timedelta(0) <= to_day - from_day <= timedelta(days=LONGEST_SPAN_DAYS):
            raise Invalid("timetable.bad_span", days=LONGEST_SPAN_DAYS)
        async with self._database.read() as connection:
            lines = await plan_store.lines_between(connection, account.school, from_day.isoformat(), to_day.isoformat())
            cohorts = await plan_store.enrolled_cohorts(connection, account.person)
        roles = ((line, self._role(account, line, cohorts)) for line in lines)
        return [MyLesson(line, role) for line, role in roles if role is not None]

    async def my_lesson(self, account: Account, lesson: LessonId) -> MyLesson:
        """One lesson and the person's role in it."""
        async with self._database.read() as connection:
            line = await plan_store.line(connection, lesson)
            cohorts = await plan_store.enrolled_cohorts(connection, account.person)
        role = None if line is None or line.school != account.school else self._role(account, line, cohorts)
        if line is None or role is None:
            raise NotFound("lesson.not_found")
        return MyLesson(line, role)

    async def require(self, account: Account, lesson: LessonId, act: str) -> MyLesson:
        """The lesson, if the person may do `act` (school/permissions.py) in it now. Raises NotFound, Refused or Conflict.

        Refused says that this role never may; Conflict that the lesson's state does not allow it now.
        """
        mine = await self.my_lesson(account, lesson)
        if may(act, mine.role, mine.line.state):
            return mine
        if any(may(act, mine.role, state) for state in LessonState):
            raise Conflict("lesson.wrong_state", state=mine.line.state)
        raise Refused("auth.not_allowed")

    async def plan(self, lesson: LessonId) -> LessonPlan:
        """What the room opens with. No permission is asked here: the callers are services."""
        async with self._database.read() as connection:
            found = await plan_store.plan(connection, lesson, micros(self._clock.now()))
        if found is None:
            raise NotFound("lesson.not_found")
        return found

    async def line(self, lesson: LessonId) -> LessonLine:
        async with self._database.read() as connection:
            found = await plan_store.line(connection, lesson)
        if found is None:
            raise NotFound("lesson.not_found")
        return found

    async def lines_of_day(self, school: SchoolId, day: date) -> list[LessonLine]:
        """All lessons of one day: for desks, filtered there by role."""
        async with self._database.read() as connection:
            return await plan_store.lines_between(connection, school, day.isoformat(), day.isoformat())

    async def open_lessons(self) -> list[LessonLine]:
        """Lessons whose room was open when the server last knew: to be taken up again after a restart."""
        async with self._database.read() as connection:
            return await plan_store.lines_in_states(connection, tuple(state.value for state in OPEN))

    async def set_state(self, lesson: LessonId, to: LessonState, at_us: int, reason: str = "") -> None:
        """Move a lesson to a state; the same state again is no fault. Raises Conflict `lesson.wrong_state`."""
        async with self._database.begin() as connection:
            line = await plan_store.line(connection, lesson)
            if line is None:
                raise NotFound("lesson.not_found")
            if line.state == to:
                return
            moved(LessonState(line.state), to)
            stamps = await self._stamps(connection, line, to, at_us, reason)
            await lesson_store.set_state(connection, lesson, line.state, to.value, **stamps)

    async def policy_of(self, line: LessonLine) -> PolicySet:
        """The rules that a lesson froze when it opened, or those in force."""
        return (await self.policies_of([line]))[line.id]

    async def policies_of(self, lines: Sequence[LessonLine]) -> dict[LessonId, PolicySet]:
        """The same for several lessons. A version never changes once it is decided, so each is read once."""
        now_us = micros(self._clock.now())
        current: dict[SchoolId, PolicySet] = {}
        found: dict[LessonId, PolicySet] = {}
        async with self._database.read() as connection:
            for line in lines:
                version = line.policy_version
                known = current.get(line.school) if version is None else self._policies.get((line.school, version))
                if known is None:
                    known = await plan_store.policy(connection, line.school, version, now_us)
                    self._policies[line.school, known.version] = known
                if version is None:
                    current[line.school] = known
                found[line.id] = known
        return found

    async def records(self, line: LessonLine) -> bool:
        """Whether the school's rules want this lesson recorded."""
        return bool((await self.policy_of(line)).value("record_lessons"))

    async def student_no(self, person: PersonId, cohort: CohortId) -> str | None:
        """The number under which a person is enrolled in a cohort."""
        async with self._database.read() as connection:
            return await plan_store.student_no(connection, person, cohort)

    async def card(self, person: PersonId) -> PersonCard:
        async with self._database.read() as connection:
            found = await plan_store.card(connection, person)
        if found is None:
            raise NotFound("person.not_found")
        return found

    async def school(self, school: SchoolId) -> SchoolRow:
        async with self._database.read() as connection:
            return await lesson_store.school_row(connection, school)

    async def is_demonstration(self) -> bool:
        """Whether this database holds the demonstration school."""
        async with self._database.read() as connection:
            return await lesson_store.has_demonstration(connection)

    async def consent(self, person: PersonId, cohort: CohortId, school: SchoolId) -> ConsentState:
        """The school's newest notice, and when this person agreed to it for this cohort."""
        async with self._database.read() as connection:
            notice = await lesson_store.newest_notice(connection, school)
            if notice is None:
                raise LookupError(f"school {school} has no notice")
            given = await lesson_store.consent_given_us(connection, person, cohort, notice.version)
        return ConsentState(notice, given)

    async def give_consent(self, person: PersonId, mine: MyLesson, version: int, purposes: list[str]) -> int:
        """Keep the agreement; answers when it was first given. Raises Conflict for an old notice, Invalid for missing purposes."""
        state = await self.consent(person, mine.line.cohort, mine.line.school)
        if state.notice.version != version:
            raise Conflict("consent.notice_changed", version=state.notice.version)
        if set(purposes) != set(state.notice.purposes):
            raise Invalid("consent.purposes")
        if state.given_us is not None:
            return state.given_us
        now_us = micros(self._clock.now())
        async with self._database.begin() as connection:
            await lesson_store.add_consent(
                connection, new_id(now_us // 1000), person, mine.line.cohort, mine.line.id, version, purposes, now_us
            )
        return now_us

    @staticmethod
    async def _stamps(
        connection: AsyncConnection, line: LessonLine, to: LessonState, at_us: int, reason: str
    ) -> dict[str, int | str]:
        match to:
            case LessonState.LOBBY:
                rules = await plan_store.policy(connection, line.school, None, at_us)
                return {"opened_us": at_us, "policy_version": rules.version}
            case LessonState.LIVE if line.started_us is None:
                return {"started_us": at_us}
            case LessonState.ENDED:
                return {"ended_us": at_us, "end_reason": reason}
        return {}

    @staticmethod
    def _role(account: Account, line: LessonLine, cohorts: frozenset[CohortId]) -> Role | None:
        facts = LessonFacts(
            lesson=line.id,
            cohort=line.cohort,
            school=line.school,
            lecturer=line.lecturer,
            class_manager=line.class_manager,
            is_enrolled=line.cohort in cohorts,
        )
        return role_in_lesson(account.person, account.grants, facts)

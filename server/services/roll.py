"""The roll of a lesson: the machine's proposal, the lecturer's decisions one by one, the confirmation of all at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.attendance.facts import StudentFacts
from server.attendance.judge import EXCUSED, PRESENT, UNEXCUSED
from server.attendance.recompute import roll_of
from server.attendance.roll import RollEntry, digest, unverified
from server.clock import Clock
from server.errors import Conflict, Invalid, NotFound
from server.events.base import Origin
from server.events.sheet import MarkOverridden, RollConfirmed
from server.identity.account import Account
from server.ids import EnrolmentId, LessonId
from server.ledger import Ledger, NewEvent, lesson_log
from server.school.permissions import may
from server.school.plan import RosterMember
from server.services.data_extracts import DataExtracts
from server.services.lesson_source import LessonSource, LessonSources
from server.services.planning import MyLesson, Planning

SHORTEST_REASON = 10
#: So many names fit in the sentence that says who still waits.
NAMES_TOLD = 5


@dataclass(frozen=True, slots=True)
class RollLine:
    member: RosterMember
    facts: StudentFacts
    entry: RollEntry


@dataclass(frozen=True, slots=True)
class RollView:
    """state ∈ open (the lesson still runs), proposed, confirmed. Lines are sorted by given name."""

    mine: MyLesson
    source: LessonSource
    state: str
    lines: list[RollLine]
    may_decide: bool


class Rolls:
    """Deeds on the roll. Who may is asked of school/permissions.py by `Planning.require`."""

    def __init__(self, planning: Planning, ledger: Ledger, sources: LessonSources, clock: Clock, data: Path) -> None:
        self._planning = planning
        self._ledger = ledger
        self._sources = sources
        self._extracts = DataExtracts(data, clock)

    async def view(self, account: Account, lesson: LessonId) -> RollView:
        """The roll as it stands. A student sees their own line alone."""
        mine = await self._planning.my_lesson(account, lesson)
        own = may("roll.read_own", mine.role, mine.line.state)
        if not own:
            mine = await self._planning.require(account, lesson, "roll.read")
        source = await self._sources.of(lesson)
        lines = _lines(source)
        if own:
            lines = [line for line in lines if line.member.card.person == account.person]
        state = _state(source)
        decides = state == "proposed" and may("roll.override", mine.role, mine.line.state)
        return RollView(mine, source, state, lines, decides)

    async def override(self, account: Account, lesson: LessonId, asked: MarkOverridden) -> None:
        """The lecturer decides one student's mark. Raises NotFound, Invalid, Conflict."""
        await self._planning.require(account, lesson, "roll.override")
        async with self._sources.turn(lesson):
            source = await self._sources.of(lesson)
            _must_be_open(source)
            decision = _checked(asked, source)
            writer = await self._ledger.open(lesson_log(lesson), lesson)
            await writer.append(NewEvent(decision, Origin.HUMAN, account.id))

    async def confirm(self, account: Account, lesson: LessonId) -> None:
        """The lecturer confirms all marks at once; `?` cannot survive. Files the two data extracts with it."""
        await self._planning.require(account, lesson, "roll.confirm")
        async with self._sources.turn(lesson):
            source = await self._sources.of(lesson)
            _must_be_open(source)
            roll = roll_of(source.record.attendance)
            _must_be_verified(roll, source)
            confirmed = RollConfirmed(
                marks_sha256=digest(roll), overrides=sum(entry.decision is not None for entry in roll)
            )
            filed = await self._extracts.write(source)
            writer = await self._ledger.open(lesson_log(lesson), lesson)
            await writer.append(
                NewEvent(confirmed, Origin.HUMAN, account.id), *(NewEvent(item, Origin.SERVER) for item in filed)
            )


def _lines(source: LessonSource) -> list[RollLine]:
    attendance = source.record.attendance
    facts = {one.enrolment: one for one in attendance.rows(source.now_us)}
    roll = {entry.final.enrolment: entry for entry in roll_of(attendance, source.now_us)}
    return [
        RollLine(member, facts[member.enrolment], roll[member.enrolment])
        for member in source.plan.roster
        if member.enrolment in facts
    ]


def _state(source: LessonSource) -> str:
    if not source.ended:
        return "open"
    return "proposed" if source.record.attendance.decided.confirmed_us is None else "confirmed"


def _must_be_open(source: LessonSource) -> None:
    if not source.ended:
        raise Conflict("roll.lesson_runs")
    if source.record.attendance.decided.confirmed_us is not None:
        raise Conflict("roll.already_confirmed")


def _must_be_verified(roll: list[RollEntry], source: LessonSource) -> None:
    """Raises Conflict `roll.unverified` with the names of those whose mark is still `?`."""
    waiting = set(unverified(roll))
    if waiting:
        names = [m.card.name for m in source.plan.roster if m.enrolment in waiting]
        told = ", ".join(names[:NAMES_TOLD]) + ("…" if len(names) > NAMES_TOLD else "")
        raise Conflict("roll.unverified", count=len(waiting), names=told)


def _checked(asked: MarkOverridden, source: LessonSource) -> MarkOverridden:
    """The decision in the form that is recorded: counts that fit the mark, a reason worth reading."""
    if not any(member.enrolment == asked.enrolment for member in source.plan.roster):
        raise NotFound("roll.no_such_student")
    reason = " ".join(asked.reason.split())
    if len(reason) < SHORTEST_REASON:
        raise Invalid("roll.reason_too_short", least=SHORTEST_REASON)
    if asked.mark not in (PRESENT, EXCUSED, UNEXCUSED):
        raise Invalid("roll.bad_mark")
    judged = len(source.record.attendance.time(source.now_us).judged)
    absent_p, absent_k = asked.absent_periods_p, asked.absent_periods_k
    if asked.mark != PRESENT and not (absent_p or absent_k):
        absent_p, absent_k = (judged, 0) if asked.mark == EXCUSED else (0, judged)
    if absent_p < 0 or absent_k < 0 or absent_p + absent_k > judged:
        raise Invalid("roll.too_many_periods", most=judged)
    return MarkOverridden(
        enrolment=EnrolmentId(asked.enrolment),
        mark=asked.mark,
        flags=[flag for flag in ("M", "S") if flag in asked.flags] if asked.mark == PRESENT else [],
        absent_periods_p=absent_p,
        absent_periods_k=absent_k,
        reason=reason,
    )

"""One lesson on the class manager's desk: facts from its ledger, names from its plan, the whole as the desk shows it."""

from __future__ import annotations

from server.attendance.facts import StudentFacts
from server.attendance.projection import AttendanceProjection
from server.events import lesson as facts
from server.events import room as room_facts
from server.events.base import Event
from server.ids import PersonId
from server.ledger import Ledger, lesson_log
from server.room.desk_pushes import DeskLesson, DeskRow, PresenceSegment, RollCallDot
from server.room.pushes import Counts, PeriodInfo
from server.school.lesson_states import AFTER
from server.school.plan import LessonPlan, PersonCard
from server.storage.plan_store import LessonLine

_MINUTE_US = 60_000_000


class Board:
    """Reads its chain on; knows nobody who watches it. Works for lessons whose room is on another node, or nowhere yet."""

    def __init__(self, plan: LessonPlan, ledger: Ledger) -> None:
        self.plan = plan
        self._ledger = ledger
        self._projection = AttendanceProjection()
        self._recording = "off"
        self._paths: dict[PersonId, tuple[str, bool]] = {}
        self._cards: dict[PersonId, PersonCard] = {member.card.person: member.card for member in plan.roster}

    async def read_on(self) -> bool:
        """Fold what the chain has got since the last time; whether there was anything."""
        events = await self._ledger.read(lesson_log(self.plan.lesson), after_seq=self._projection.last_seq)
        for each in events:
            self._projection.apply(each)
            self._recording = _recording(each.event, self._recording)
            if isinstance(each.event, room_facts.PathChanged):
                self._paths[each.event.person] = (each.event.path, each.event.ipv6)
        return bool(events)

    def lesson(self, line: LessonLine, now_us: int) -> DeskLesson:
        """The lesson with all its rows; `line` brings the plan's present state."""
        rows = self._rows(now_us)
        has_begun = self._projection.started_us is not None
        is_over = line.state in AFTER
        return DeskLesson(
            id=line.id,
            cohort_code=line.cohort_code,
            topic=line.topic_name,
            lecturer=f"{line.lecturer_title} {line.lecturer_name}".strip(),
            state=line.state,
            start_us=line.start_us,
            end_us=line.end_us,
            started_us=self._projection.started_us,
            periods=[PeriodInfo(no=p.no, start_us=p.start_us, end_us=p.end_us) for p in line.periods],
            counts=Counts(enrolled=len(self.plan.roster), present=sum(_is_present(row) for row in rows), cannot_hear=0),
            late=sum(row.late for row in rows),
            absent=sum(row.first_in_us is None for row in rows) if has_begun or is_over else 0,
            lost=sum(row.state == "lost" for row in rows),
            recording=self._recording,
            rows=rows,
        )

    def _rows(self, now_us: int) -> list[DeskRow]:
        known = {row.person: row for row in self._projection.rows(now_us)}
        leaves = {leave.enrolment for leave in self.plan.leaves}
        return [
            _row(known[member.card.person], member.card, self._paths.get(member.card.person, ("", False)))
            if member.card.person in known
            else _expected(member.enrolment, member.card, member.enrolment in leaves)
            for member in self.plan.roster
        ]


def _row(known: StudentFacts, card: PersonCard, path: tuple[str, bool]) -> DeskRow:
    return DeskRow(
        enrolment=known.enrolment,
        participant=known.person,
        name=card.name,
        given_name=card.given_name,
        code=card.code,
        unit=card.unit,
        state=known.state,
        first_in_us=known.first_knock_us,
        late=known.late,
        minutes=known.presence_us // _MINUTE_US,
        gaps=len(known.gaps),
        roll_calls_answered=known.roll_calls_answered,
        roll_calls_asked=known.roll_calls_asked,
        on_leave=known.on_leave,
        path=path[0],
        ipv6=path[1],
        segments=[PresenceSegment(from_us=s.from_us, to_us=s.to_us, state=s.state) for s in known.segments],
        roll_calls=[RollCallDot(at_us=c.at_us, answered=c.answered) for c in known.roll_calls if c.asked],
    )


def _expected(enrolment: str, card: PersonCard, on_leave: bool) -> DeskRow:
    """A student of a lesson that has not opened yet."""
    return DeskRow(
        enrolment=enrolment,
        participant=card.person,
        name=card.name,
        given_name=card.given_name,
        code=card.code,
        unit=card.unit,
        state="not_joined",
        first_in_us=None,
        late=False,
        minutes=0,
        gaps=0,
        roll_calls_answered=0,
        roll_calls_asked=0,
        on_leave=on_leave,
        path="",
        ipv6=False,
        segments=[],
        roll_calls=[],
    )


def _is_present(row: DeskRow) -> bool:
    return row.state not in ("not_joined", "lost", "left", "removed")


def _recording(event: Event, before: str) -> str:
    match event:
        case facts.RecordingStarted() | facts.RecordingRestored():
            return "recording"
        case facts.RecordingFailed():
            return "failed"
        case facts.RecordingFinished():
            return "finished"
    return before

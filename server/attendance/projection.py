"""The fold: a lesson's events in, presence facts out. Incremental, so that the live room and the desk can ask at any moment.

The room feeds it each event as it is recorded; the projector feeds it a whole log. Same events, same answer. It holds no names.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.attendance.facts import Stretch, StudentFacts
from server.attendance.intervals import Interval, Intervals, union
from server.attendance.lesson_time import LessonTime, lesson_time
from server.attendance.policy import RULE_VERSION, Policy
from server.attendance.presence import PersonPresence
from server.attendance.roll import Decision, RollState
from server.attendance.student import RollCallAsked, student_facts
from server.attendance.timeline import Timeline
from server.events import lesson, room, sheet
from server.events.base import Event, Recorded
from server.ids import EnrolmentId, PersonId

_SERVER_FAULT = "server"


@dataclass(slots=True)
class _Suspension:
    from_us: int
    to_us: int | None
    reason: str
    seq: int


class AttendanceProjection:
    """Presence of everybody in one lesson. `apply` each event once, in order of `seq`; ask `rows` whenever needed."""

    def __init__(self) -> None:
        self.opened: lesson.LessonOpened | None = None
        self.policy = Policy()
        self.started_us: int | None = None
        self.started_seq = 0
        self.ended_us: int | None = None
        self.ended_seq = 0
        self.ended_reason = ""
        self.last_seq = 0
        self.outages: list[Stretch] = []
        self.people: dict[PersonId, PersonPresence] = {}
        self.roll_calls: list[RollCallAsked] = []
        self.decided = RollState()
        self._leaves: dict[EnrolmentId, list[Interval]] = {}
        self._suspensions: list[_Suspension] = []
        self._timeline = Timeline()

    @property
    def rule_version(self) -> int:
        """The rule frozen when the lesson was opened."""
        return self.opened.rule_version if self.opened else RULE_VERSION

    def apply(self, recorded: Recorded) -> None:
        """Fold one event. Events of other families than attendance cares for only move time on."""
        at_us = self._timeline.at(recorded)
        self.last_seq = recorded.seq
        self._lesson(recorded, recorded.event, at_us)
        self._person(recorded, recorded.event, at_us)

    def suspensions(self, now_us: int) -> list[Stretch]:
        """Teaching interrupted, an open one until `now_us` or the end."""
        until = self._now(now_us) if self.ended_us is None else self.ended_us
        return [
            Stretch(from_us=s.from_us, to_us=until if s.to_us is None else s.to_us, reason=s.reason, seq=s.seq)
            for s in self._suspensions
        ]

    def time(self, now_us: int) -> LessonTime:
        """T and its periods as they stand at the wall time `now_us`. Undelivered periods are what the lecturer is warned of."""
        held = self.suspensions(now_us)
        by_server = union((s.from_us, s.to_us) for s in held if s.reason == _SERVER_FAULT)
        return lesson_time(
            self.grid,
            self.started_us,
            self.ended_us,
            self._now(now_us),
            union((s.from_us, s.to_us) for s in held if s.reason != _SERVER_FAULT),
            union(by_server, ((o.from_us, o.to_us) for o in self.outages)),
            self.policy,
        )

    @property
    def grid(self) -> list[tuple[int, Interval]]:
        """The planned periods, in order of time."""
        periods = self.opened.periods if self.opened else []
        return sorted(((p.no, (p.start_us, p.end_us)) for p in periods), key=lambda p: p[1])

    def rows(self, now_us: int) -> list[StudentFacts]:
        """Facts of every expected student, in roster order, at the wall time `now_us` (ignored once the lesson has ended)."""
        time = self.time(now_us)
        return [self._row(line, time, now_us) for line in self.opened.roster] if self.opened else []

    def row(self, person: PersonId, now_us: int) -> StudentFacts | None:
        """Facts of one expected student; None for anybody else."""
        lines = [line for line in self.opened.roster if line.person == person] if self.opened else []
        return self._row(lines[0], self.time(now_us), now_us) if lines else None

    def presence_of(self, person: PersonId, now_us: int) -> Intervals:
        """When a person of any role was connected."""
        known = self.people.get(person)
        return known.intervals(self._now(now_us)) if known else ()

    def leaves_of(self, enrolment: EnrolmentId) -> Intervals:
        return union(self._leaves.get(enrolment, ()))

    def _row(self, line: lesson.RosterLine, time: LessonTime, now_us: int) -> StudentFacts:
        person = self.people.get(line.person) or PersonPresence(line.person)
        moment = self._now(now_us)
        return student_facts(
            line.enrolment, person, time, self.leaves_of(line.enrolment), self.roll_calls, self.policy, moment
        )

    def _now(self, wall_us: int) -> int:
        """The present on the log's time line; after the end, the end stands still for presence that nobody closed."""
        return self._timeline.now(wall_us) if self.ended_us is None else self.ended_us

    def _lesson(self, recorded: Recorded, event: Event, at_us: int) -> None:
        match event:
            case lesson.LessonOpened():
                self.opened = event
                self.policy = Policy.from_dict(event.policy)
                for leave in event.leaves:
                    self._approve(leave)
            case lesson.LeaveApproved():
                self._approve(event.leave)
            case lesson.LessonStarted() if self.started_us is None:
                self.started_us, self.started_seq = at_us, recorded.seq
            case lesson.LessonSuspended():
                self._suspensions.append(_Suspension(at_us, None, event.reason, recorded.seq))
            case lesson.LessonResumed():
                self._resume(at_us)
            case lesson.LessonEnded() if self.ended_us is None:
                self._resume(at_us)
                self.ended_us, self.ended_seq, self.ended_reason = at_us, recorded.seq, event.reason
            case lesson.ServerOutage():
                self._outage(event, recorded.seq)
            case lesson.RollCallStarted():
                self.roll_calls.append(RollCallAsked(event.roll_call, event.no, at_us, event.window_s * 1_000_000))
            case lesson.RollCallClosed():
                for call in self.roll_calls:
                    if call.roll_call == event.roll_call and call.closed_us is None:
                        call.closed_us = at_us
            case sheet.MarkOverridden():
                self.decided.override(Decision.of(event, recorded.actor, at_us, recorded.seq))
            case sheet.RollConfirmed():
                self.decided.confirm(event, recorded.actor, at_us, recorded.seq)

    def _approve(self, leave: lesson.Leave) -> None:
        self._leaves.setdefault(leave.enrolment, []).append((leave.from_us, leave.to_us))

    def _resume(self, at_us: int) -> None:
        for suspension in self._suspensions:
            if suspension.to_us is None:
                suspension.to_us = at_us

    def _outage(self, event: lesson.ServerOutage, seq: int) -> None:
        from_us, to_us = self._timeline.of_wall(event.from_us), self._timeline.of_wall(event.to_us)
        self.outages.append(Stretch(from_us=from_us, to_us=to_us, reason="server_away", seq=seq))
        for person in self.people.values():
            person.server_away(from_us)

    def _person(self, recorded: Recorded, event: Event, at_us: int) -> None:
        who = getattr(event, "person", None)
        if not isinstance(who, str):
            return
        known = self.people.get(PersonId(who))
        if isinstance(event, room.PersonKnocked):
            known = known or self.people.setdefault(event.person, PersonPresence(event.person))
            known.role = event.role
        if known is None:
            return
        known.seen(recorded.seq)
        self._moved(known, recorded, event, at_us)
        self._acted(known, event, at_us)

    def _moved(self, known: PersonPresence, recorded: Recorded, event: Event, at_us: int) -> None:
        connection = recorded.connection or ""
        match event:
            case room.PersonKnocked():
                known.came(at_us, connection, event.device)
                known.becomes(at_us, "joining")
            case room.PersonAdmitted():
                known.first_in_us = known.first_in_us or at_us
            case room.PersonReturned():
                known.came(at_us, connection, event.device)
                known.becomes(at_us, "learning")
                if event.how in ("resumed", "ice_restart"):
                    known.resumed(at_us)
            case room.DeviceChanged():
                known.handed_over(at_us, connection, event.to_device)
            case room.PersonLost() | room.PersonLeft():
                last_alive_us = self._timeline.of_wall(event.last_alive_us)
                known.went(last_alive_us, recorded.connection, event.reason, inferred=event.inferred)
                if not known.is_connected:
                    gone = "lost" if isinstance(event, room.PersonLost) else "left"
                    known.becomes(last_alive_us if gone == "lost" else at_us, gone)
            case room.PersonRemoved():
                known.went(at_us, None, "removed", inferred=False)
                known.becomes(at_us, "removed")
            case room.ConnectionStateChanged():
                known.becomes(at_us, event.state)

    def _acted(self, known: PersonPresence, event: Event, at_us: int) -> None:
        match event:
            case room.RollCallAnswered():
                known.answered.add(event.roll_call)
            case room.Spoke():
                known.speech.append((self._timeline.of_wall(event.from_us), self._timeline.of_wall(event.to_us)))
                known.interactions += 1
            case room.MessagePosted() | room.HandRaised():
                known.acts_us.append(at_us)
                known.interactions += 1
            case room.MediaChanged() if event.role == "camera":
                known.camera(at_us, on=event.on)

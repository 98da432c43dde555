"""A room without anything around it: state and decisions only, events applied as a ledger would hand them back."""

from __future__ import annotations

from collections.abc import Sequence

from server.attendance.policy import Policy
from server.errors import Problem
from server.events.base import Event, Origin, Recorded
from server.events.lesson import LessonOpened, Period, RosterLine
from server.ids import CohortId, EnrolmentId, LessonId, LogId, PersonId, TopicId
from server.room.apply import apply
from server.room.commands import Command
from server.room.decisions import Actor, decide
from server.room.decisions_presence import Knock, come_in
from server.room.moment import Moment
from server.room.state import RoomState
from server.school.lesson_states import LessonState
from server.school.permissions import Role

LECTURER, MANAGER = PersonId("lecturer"), PersonId("manager")
STUDENTS = tuple(PersonId(f"student{n}") for n in range(1, 5))
LESSON = LessonId("lesson")
START_US = 1_800_000_000_000_000
HOUR_US = 3_600_000_000


def opened(**policy: int) -> LessonOpened:
    return LessonOpened(
        lesson=LESSON,
        cohort=CohortId("cohort"),
        topic=TopicId("topic"),
        lecturer=LECTURER,
        class_manager=MANAGER,
        periods=[Period(no=1, start_us=START_US, end_us=START_US + HOUR_US)],
        roster=[RosterLine(enrolment=EnrolmentId(f"e-{s}"), person=s) for s in STUDENTS],
        leaves=[],
        policy_version=1,
        policy=Policy(**policy).to_dict(),
        rule_version=1,
    )


def role_of(person: PersonId) -> Role:
    if person == LECTURER:
        return Role.LECTURER
    return Role.CLASS_MANAGER if person == MANAGER else Role.STUDENT


class PaperRoom:
    """`do` decides and applies; `events` is the record so far."""

    def __init__(self, **policy: int) -> None:
        self.state = RoomState(LESSON)
        self.events: list[Event] = []
        self.now_us = START_US
        self._ids = 0
        self._times: list[int] = []
        self.happen([opened(**policy)])

    def phase(self) -> LessonState:
        return self.state.phase

    def moment(self) -> Moment:
        self._ids += 1
        return Moment(self.now_us, f"id-{self._ids}")

    def happen(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events.append(event)
            self._times.append(self.now_us)
            apply(self.state, self.recorded_at(len(self.events) - 1))

    def do(self, person: PersonId, command: Command) -> list[Event]:
        """Raises Problem; then nothing has changed."""
        events = decide(self.state, Actor(person, role_of(person)), command, self.moment())
        self.happen(events)
        return events

    def refusal(self, person: PersonId, command: Command) -> str:
        """The code with which a command is refused, or nothing when it is not."""
        try:
            self.do(person, command)
        except Problem as problem:
            return problem.code
        return ""

    def enter(self, *people: PersonId, device: str = "device", take_over: bool = False, busy: bool = False) -> None:
        for person in people:
            knock = Knock(person, role_of(person), device, True, take_over, busy)
            self.happen(come_in(self.state, knock))

    def recorded_at(self, index: int) -> Recorded:
        """An event as the ledger would give it back."""
        return Recorded(
            log_id=LogId(LESSON),
            seq=index + 1,
            at_us=self._times[index],
            mono_ns=0,
            boot_id="",
            epoch=1,
            origin=Origin.SERVER,
            actor=None,
            connection=None,
            event=self.events[index],
            prev_hash="",
            hash="",
        )

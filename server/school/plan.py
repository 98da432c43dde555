"""What is planned for one lesson, as values: the plan that a room opens with, and the people in it. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.ids import CohortId, CourseUnitId, EnrolmentId, LessonId, PersonId, SchoolId, TopicId


@dataclass(frozen=True)
class PersonCard:
    """A person as others see them. `title` is TS., ThS.; `code` the student number or staff code."""

    person: PersonId
    name: str
    given_name: str
    title: str
    code: str
    unit: str


@dataclass(frozen=True)
class PlannedPeriod:
    """One tiết of the grid; Unix microseconds."""

    no: int
    start_us: int
    end_us: int


@dataclass(frozen=True)
class RosterMember:
    enrolment: EnrolmentId
    card: PersonCard


@dataclass(frozen=True)
class ApprovedLeave:
    enrolment: EnrolmentId
    from_us: int
    to_us: int
    reason: str


@dataclass(frozen=True)
class LessonPlan:
    """One lesson with everything that the room freezes when it opens. `roster` is sorted by given name.

    `policy` holds the values of `server.attendance.policy.Policy` by name; `policy_version` is the one frozen at opening, or the one in force before.
    """

    lesson: LessonId
    school: SchoolId
    school_name: str
    school_parent: str
    school_code: str
    place_name: str
    doc_style: str
    cohort: CohortId
    cohort_code: str
    cohort_name: str
    programme_name: str
    programme_kind: str
    course_unit: CourseUnitId
    course_unit_no: int
    course_unit_name: str
    topic: TopicId
    topic_no: int
    topic_name: str
    topic_periods: int
    kind: str
    room_code: str
    day: str
    session: str
    state: str
    start_us: int
    end_us: int
    opened_us: int | None
    started_us: int | None
    ended_us: int | None
    lecturer: PersonCard
    class_manager: PersonCard | None
    periods: tuple[PlannedPeriod, ...]
    roster: tuple[RosterMember, ...]
    leaves: tuple[ApprovedLeave, ...]
    policy_version: int
    policy: Mapping[str, int]
    record: bool
    max_participants: int

    def member(self, person: PersonId) -> RosterMember | None:
        """The roster line of a person, if they are enrolled."""
        return next((m for m in self.roster if m.card.person == person), None)

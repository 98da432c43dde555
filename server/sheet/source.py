"""What a sheet is composed from: the plan, the decisions behind it, the folded events, and who is who. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.attendance.projection import AttendanceProjection
from server.attendance.recompute import roll_of
from server.attendance.roll import RollEntry
from server.ids import EnrolmentId, PersonId
from server.school.plan import LessonPlan, RosterMember
from server.sheet.projection import SheetProjection


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the plan does not carry: course and mode of the class, the decisions (số, ngày) that let it learn online, periods of the topic already taught."""

    course: str = ""
    mode: str = ""
    decision: str = ""
    consents: str = ""
    periods_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSource:
    """Everything at once. `names` knows people who are not in the plan (observers); `now_us` matters while the lesson runs."""

    plan: LessonPlan
    ground: Ground
    attendance: AttendanceProjection
    sheet: SheetProjection
    number: str
    version: int
    now_us: int
    names: Mapping[PersonId, str] = field(default_factory=dict)

    def member(self, enrolment: EnrolmentId) -> RosterMember | None:
        return next((member for member in self.plan.roster if member.enrolment == enrolment), None)

    def name_of(self, person: PersonId) -> str:
        """The roster's or plan's name; the id when the person is unknown, so that nothing is hidden."""
        cards = [m.card for m in self.plan.roster] + [self.plan.lecturer]
        if self.plan.class_manager:
            cards.append(self.plan.class_manager)
        return next((c.name for c in cards if c.person == person), self.names.get(person, person))

    def roll(self) -> list[RollEntry]:
        """Proposal and decision per student, in the order of the roster frozen at opening."""
        return roll_of(self.attendance, self.now_us)

"""What the log says about each student of a lesson: the values that marks, desk, roll and sheet are made of. Times are Unix microseconds."""

from __future__ import annotations

from dataclasses import dataclass

from server.attendance.intervals import Intervals
from server.ids import EnrolmentId, PersonId, RollCallId

#: States of a presence strip (server/room/desk_pushes.py).
LEARNING, LISTENING_ONLY, WEAK, LOST = "learning", "listening_only", "weak", "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of the presence strip; `to_us` None: still so."""

    from_us: int
    to_us: int | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Connected before and after, not between. `counted_us` is its length in the countable time of the lesson."""

    from_us: int
    to_us: int
    reason: str
    counted_us: int
    bridged: bool
    inferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFact:
    """Presence in one period. `excused`: not attended, and an approved leave explains it. Undelivered periods count for nobody."""

    no: int
    present_us: int
    countable_us: int
    delivered: bool
    attended: bool
    excused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCallFact:
    """One roll-call for one student. how ∈ answered, active (spoke, wrote, raised a hand in the window), silent, open, not_asked."""

    roll_call: RollCallId
    no: int
    at_us: int
    how: str

    @property
    def asked(self) -> bool:
        return self.how in ("answered", "active", "silent")

    @property
    def answered(self) -> bool:
        return self.how in ("answered", "active")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentFacts:
    """One expected student × one lesson.

    `presence` is the union of all connections, bridged, inside the countable time; `segments` is the strip as it was observed.
    `state` is the present connection state (product.md's vocabulary, `not_joined` before the first knock).
    `from_seq`..`to_seq` are the first and last event that speak of this student (0, 0: none).
    """

    enrolment: EnrolmentId
    person: PersonId
    state: str
    presence: Intervals
    presence_us: int
    countable_us: int
    segments: tuple[Segment, ...]
    gaps: tuple[Gap, ...]
    periods: tuple[PeriodFact, ...]
    first_knock_us: int | None
    first_in_us: int | None
    last_out_us: int | None
    late_us: int
    early_us: int
    late: bool
    left_early: bool
    roll_calls: tuple[RollCallFact, ...]
    interactions: int
    spoke_us: int
    camera_on_us: int
    devices: int
    on_leave: bool
    inferred: bool
    from_seq: int
    to_seq: int

    @property
    def roll_calls_asked(self) -> int:
        return sum(call.asked for call in self.roll_calls)

    @property
    def roll_calls_answered(self) -> int:
        return sum(call.answered for call in self.roll_calls)

    @property
    def present_now(self) -> bool:
        """Connected at this moment, whatever the quality."""
        return self.state not in ("not_joined", "lost", "left", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time with its reason: an outage, a suspension."""

    from_us: int
    to_us: int
    reason: str
    seq: int

"""The machine's proposal: facts to attendance marks (regulation D.3 steps 6 and 7). Pure; silence alone is never an absence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.attendance.facts import StudentFacts
from server.attendance.policy import Policy
from server.ids import EnrolmentId, PersonId

PRESENT, EXCUSED, UNEXCUSED, UNVERIFIED = "CM", "P", "K", "?"
LATE, LEFT_EARLY = "M", "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """mark ∈ CM có mặt, P vắng có phép, K vắng không phép, ? chờ xác minh; flags ⊆ M đi muộn, S về sớm. Periods missed with and without leave."""

    enrolment: EnrolmentId
    person: PersonId
    mark: str
    flags: tuple[str, ...]
    absent_p: int
    absent_k: int


def marks(facts: Sequence[StudentFacts], policy: Policy | None = None) -> list[Mark]:
    """One proposed mark per student, in the order given."""
    rule = policy or Policy()
    return [mark_of(one, rule) for one in facts]


def mark_of(facts: StudentFacts, policy: Policy) -> Mark:
    """Steps 6 and 7 for one student."""
    judged = [period for period in facts.periods if period.delivered]
    missed = [period for period in judged if not period.attended]
    absent_p = sum(period.excused for period in missed)
    absent_k = len(missed) - absent_p
    flags: tuple[str, ...] = ()
    if not judged:
        mark = PRESENT if facts.first_knock_us is not None else (EXCUSED if facts.on_leave else UNVERIFIED)
    elif len(missed) == len(judged):
        mark = EXCUSED if absent_k == 0 else UNEXCUSED
    else:
        mark = PRESENT if _answers_suffice(facts, policy) else UNVERIFIED
        flags = tuple(flag for flag, is_set in ((LATE, facts.late), (LEFT_EARLY, facts.left_early)) if is_set)
    return Mark(
        enrolment=facts.enrolment,
        person=facts.person,
        mark=mark,
        flags=flags,
        absent_p=absent_p,
        absent_k=absent_k,
    )


def _answers_suffice(facts: StudentFacts, policy: Policy) -> bool:
    """At least the policy's share, rounded up, of the roll-calls issued while connected."""
    needed = -(-facts.roll_calls_asked * policy.roll_call_min_ok_pct // 100)
    return facts.roll_calls_answered >= needed

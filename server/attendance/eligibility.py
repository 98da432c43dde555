"""Whether absences bar a student from the exam of a course unit (regulation (b) `eligibility`). The numbers are the school's; none is built in."""

from __future__ import annotations

from dataclasses import dataclass

from server.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRule:
    """Barred when `absent op pct %` of the unit's periods. op ∈ '>', '>='; `count_excused`: leave counts too (the school must choose)."""

    op: str
    pct: int
    count_excused: bool
    can_cu: str

    def __post_init__(self) -> None:
        if self.op not in (">", ">=") or not 0 <= self.pct <= 100 or not self.can_cu.strip():
            raise Invalid("eligibility.bad_rule", op=self.op, pct=self.pct)


def is_eligible(rule: AbsenceRule, total_periods: int, absent_p: int, absent_k: int) -> bool:
    """Integers only: 12 of 60 periods at '> 20 %' is 1200 > 1200, so still eligible."""
    absent = absent_k + (absent_p if rule.count_excused else 0)
    missed, limit = absent * 100, rule.pct * total_periods
    return not (missed > limit if rule.op == ">" else missed >= limit)

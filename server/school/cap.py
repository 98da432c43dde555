"""How much of a programme may be taught online (Điều 6.3 of the regulation). PURE, whole numbers only, no way around."""

from __future__ import annotations

from enum import StrEnum

from server.errors import Conflict


class ProgrammeKind(StrEnum):
    DAO_TAO = "dao_tao"
    BOI_DUONG = "boi_duong"


#: From this length on a bồi dưỡng programme falls under the lower share; exactly four weeks does (R-6.3b).
LONG_COURSE_WEEKS = 4


def cap_pct(kind: ProgrammeKind, duration_weeks: int) -> int:
    """Percent of all periods that may be online: đào tạo 30, bồi dưỡng from four weeks 30, shorter 50."""
    if kind is ProgrammeKind.BOI_DUONG and duration_weeks < LONG_COURSE_WEEKS:
        return 50
    return 30


def is_within_cap(online_periods: int, total_periods: int, pct: int) -> bool:
    """INV-CAP: `100 · online ≤ pct · total`."""
    return 100 * online_periods <= pct * total_periods


def most_online_periods(total_periods: int, pct: int) -> int:
    """The largest number of online periods that is still allowed."""
    return pct * total_periods // 100


def require_cap(kind: ProgrammeKind, duration_weeks: int, total_periods: int, online_periods: int) -> None:
    """Raises Conflict `plan.over_cap` with the figures when the plan holds too many online periods."""
    pct = cap_pct(kind, duration_weeks)
    if not is_within_cap(online_periods, total_periods, pct):
        raise Conflict(
            "plan.over_cap",
            online=online_periods,
            total=total_periods,
            pct=pct,
            most=most_online_periods(total_periods, pct),
        )

"""The countable time T of a lesson and its periods (regulation D.3 step 1). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from server.attendance.intervals import NOTHING, Interval, Intervals, clip, length, subtract, union
from server.attendance.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTime:
    """One period. `taught`: between start and end, without suspensions by the lecturer. `countable`: without the server's faults too."""

    no: int
    planned: Interval
    taught: Intervals
    countable: Intervals
    delivered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonTime:
    """T, cut by the grid. `open`: the lesson still runs, so its end is the present moment and later periods are not there yet."""

    periods: tuple[PeriodTime, ...]
    open: bool

    @property
    def countable(self) -> Intervals:
        """All of T, delivered or not."""
        return union(*(period.countable for period in self.periods))

    @property
    def judged(self) -> tuple[PeriodTime, ...]:
        """The periods that count: T₁…Tₙ."""
        return tuple(period for period in self.periods if period.delivered)


def lesson_time(
    grid: list[tuple[int, Interval]],
    started_us: int | None,
    ended_us: int | None,
    now_us: int,
    suspensions: Intervals,
    faults: Intervals,
    policy: Policy,
) -> LessonTime:
    """T from the planned `grid` (number, [start, end)), the lecturer's start and end, suspensions and the server's faults.

    Faults leave the countable time, but not the taught time: a period that the server cut short is still delivered (vector V6).
    """
    running = ended_us is None
    end_us = now_us if ended_us is None else ended_us
    periods = []
    for no, (planned_start, planned_end) in grid:
        due_end = min(planned_end, now_us) if running else planned_end
        if due_end <= planned_start:
            continue
        held = clip(((planned_start, due_end),), started_us, end_us) if started_us is not None else NOTHING
        taught = subtract(held, suspensions)
        countable = subtract(taught, faults)
        periods.append(
            PeriodTime(
                no=no,
                planned=(planned_start, planned_end),
                taught=taught,
                countable=countable,
                delivered=_delivered(length(taught), length(countable), due_end - planned_start, policy),
            )
        )
    return LessonTime(periods=tuple(periods), open=running)


def _delivered(taught_us: int, countable_us: int, planned_us: int, policy: Policy) -> bool:
    return (
        countable_us > 0
        and taught_us * 100 >= policy.period_delivered_pct * planned_us
        and countable_us * 100 >= policy.period_countable_pct * planned_us
    )

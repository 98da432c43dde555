"""What of the demonstration can be turned: how long its lesson's periods are, when they begin, which policy values differ.

The setting `demo_plan` names a JSON file with any of these fields, so that a rehearsal can run a whole lesson in minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from server.clock import micros
from server.school.plan import PlannedPeriod
from server.school.policy import ATTENDANCE
from server.settings import SettingsError

#: Lessons with periods of real length begin on such a minute.
ROUND_TO_S = 300
#: Shorter periods than this are a rehearsal: they begin exactly when asked.
REAL_PERIOD_S = 600


@dataclass(frozen=True)
class DemoPlan:
    """The lesson "now" has `periods` periods of `period_s` seconds, a break of `break_s` after number `break_after`, and begins
    `starts_in_s` seconds from now (rounded down to five minutes). `policy` overrides values by name; `history` fills a finished lesson.
    """

    period_s: int = 2700
    periods: int = 4
    break_after: int = 2
    break_s: int = 900
    starts_in_s: int = 0
    policy: dict[str, int] = field(default_factory=dict)
    history: bool = True

    def grid(self, now: datetime) -> tuple[PlannedPeriod, ...]:
        """The periods of the lesson "now"."""
        start_s = micros(now) // 1_000_000 + self.starts_in_s
        if self.period_s >= REAL_PERIOD_S:
            start_s -= start_s % ROUND_TO_S
        return self.grid_from(start_s * 1_000_000)

    def grid_from(self, start_us: int) -> tuple[PlannedPeriod, ...]:
        """The periods of a lesson that begins at `start_us`."""
        found = []
        at_us = start_us
        for no in range(1, self.periods + 1):
            found.append(PlannedPeriod(no, at_us, at_us + self.period_s * 1_000_000))
            at_us += self.period_s * 1_000_000
            if no == self.break_after:
                at_us += self.break_s * 1_000_000
        return tuple(found)


def load(path: str) -> DemoPlan:
    """The plan of the file, or the usual one for an empty path. Raises SettingsError."""
    if not path:
        return DemoPlan()
    try:
        plan = msgspec.json.decode(Path(path).read_bytes(), type=DemoPlan)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"demo_plan: {path}: {error}") from error
    if plan.period_s < 10 or not 1 <= plan.periods <= 12 or plan.break_s < 0:
        raise SettingsError(f"demo_plan: {path}: periods of 10 s or more, 1 to 12 of them")
    if unknown := sorted(set(plan.policy) - set(ATTENDANCE)):
        raise SettingsError(f"demo_plan: {path}: unknown policy values {', '.join(unknown)}")
    return plan

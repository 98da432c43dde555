"""When a line is too narrow for moving pictures: the profile "audio and stills". Pure.

Input: the budget, time after time. Below `ENTER_BPS` for `ENTER_US` the profile begins, above `LEAVE_BPS` for `LEAVE_US` it ends. A participant may
also ask for it, whatever the line (`View.profile`). Output: whether it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What a participant's view may ask for.
FULL, AUDIO_AND_STILLS = "full", "audio_and_stills"
#: One voice, the headers of everything, a still now and then: less is no lesson, a little more shows no camera that is worth it.
ENTER_BPS, ENTER_US = 100_000, 10_000_000
LEAVE_BPS, LEAVE_US = 200_000, 20_000_000
#: While the profile holds, the line is tried for this much: otherwise it would never be seen to have become better.
TRY_BPS = 300_000
#: Voices besides the lecturer's.
VOICES = 1


@dataclass(slots=True)
class Narrow:
    """One peer's line."""

    holds: bool = False
    _since_us: int | None = None

    def step(self, now_us: int, budget_bps: int | None) -> bool:
        """Time passed with this budget (None: open); True when the profile began or ended."""
        if self.holds:
            leaning, patience_us = budget_bps is None or budget_bps > LEAVE_BPS, LEAVE_US
        else:
            leaning, patience_us = budget_bps is not None and budget_bps < ENTER_BPS, ENTER_US
        if not leaning:
            self._since_us = None
            return False
        if self._since_us is None:
            self._since_us = now_us
        if now_us - self._since_us < patience_us:
            return False
        self.holds, self._since_us = not self.holds, None
        return True

"""How many earlier frames a voice carries along (RED, RFC 2198), from what the peer loses. Pure; the engine packs them (`Engine.set_red`).

Input: the peer's path reports. Steps: a mean of some seconds; above `LECTURER_ON` the lecturer's voice carries two earlier frames, above
`OTHERS_ON` the others one; back when the mean has stayed below the lower bound for `CALM_US`; twice as long each time that the loss was
back soon after. Output: copies per voice.

Patience grows because copies may hide the loss they are for: a browser without RED gets the earlier packets once more under their
own numbers, and reports as received what the second one brought.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media.path import PathReport

LECTURER_ON, LECTURER_OFF = 0.03, 0.01
OTHERS_ON, OTHERS_OFF = 0.10, 0.03
LECTURER_COPIES, OTHERS_COPIES = 2, 1
#: Below the lower bound for so long, a line is taken to be well again.
CALM_US = 10_000_000
MOST_CALM_US = 320_000_000
#: Loss that comes back within this time after copies ended was there all the while.
SOON_US = 30_000_000
#: A report's (200 ms) weight in the mean: about three seconds count.
WEIGHT = 0.07


@dataclass(slots=True)
class _Switch:
    on_above: float
    off_below: float
    is_on: bool = False
    calm_since_us: int | None = None
    calm_us: int = CALM_US
    ended_us: int | None = None

    def step(self, now_us: int, loss: float) -> None:
        if loss > self.on_above and not self.is_on:
            self.is_on = True
            was_hidden = self.ended_us is not None and now_us - self.ended_us < SOON_US
            self.calm_us = min(self.calm_us * 2, MOST_CALM_US) if was_hidden else CALM_US
        if loss >= self.off_below:
            self.calm_since_us = None
        elif self.calm_since_us is None:
            self.calm_since_us = now_us
        elif self.is_on and now_us - self.calm_since_us >= self.calm_us:
            self.is_on = False
            self.ended_us = now_us


@dataclass(slots=True)
class Redundancy:
    """One peer's."""

    #: Mean loss on the way to the peer, 0…1.
    loss: float = 0.0
    _lecturer: _Switch = field(default_factory=lambda: _Switch(LECTURER_ON, LECTURER_OFF))
    _others: _Switch = field(default_factory=lambda: _Switch(OTHERS_ON, OTHERS_OFF))

    def step(self, now_us: int, report: PathReport) -> bool:
        """Take a report in; True when the number of copies changed."""
        before = (self._lecturer.is_on, self._others.is_on)
        if report.loss >= 0:
            self.loss += (report.loss - self.loss) * WEIGHT
            self._lecturer.step(now_us, self.loss)
            self._others.step(now_us, self.loss)
        return before != (self._lecturer.is_on, self._others.is_on)

    def copies(self, is_lecturer: bool) -> int:
        """Earlier frames that a voice should carry."""
        if is_lecturer:
            return LECTURER_COPIES if self._lecturer.is_on else 0
        return OTHERS_COPIES if self._others.is_on else 0

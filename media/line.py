"""How good a peer's line is, in one word and a reason. Pure.

Input: losses both ways, round trip, whether the line was found too narrow, of an interval of some seconds. Steps: each cause is weak or poor above its
bounds; a cause that is on goes off only below `RELIEF` of its bound. The worst cause gives the word. Output: (level, reason).
product.md calls a line weak from 5 % of loss on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GOOD, WEAK, POOR = "good", "weak", "poor"
_LEVELS = (GOOD, WEAK, POOR)
#: (weak, poor) from: parts per million of packets lost, milliseconds of round trip.
LOSS_PPM = (50_000, 150_000)
RTT_MS = (400, 1_000)
#: What is on goes off below this share of its bound.
RELIEF = 0.6


@dataclass(slots=True)
class Line:
    """One peer's. reason ∈ loss_down, loss_up (packets lost to or from the peer), delay, narrow (too little for moving pictures), "" when good."""

    level: str = GOOD
    reason: str = ""
    #: As of the last interval; -1 unknown.
    loss_up_ppm: int = -1
    loss_down_ppm: int = -1
    _levels: dict[str, int] = field(default_factory=dict)

    def step(self, *, loss_up_ppm: int, loss_down_ppm: int, rtt_ms: int, is_narrow: bool) -> None:
        """The figures of an interval; -1 where unknown, which leaves that cause as it was."""
        self.loss_up_ppm, self.loss_down_ppm = loss_up_ppm, loss_down_ppm
        self._judge("narrow", 2 if is_narrow else 0, (1, 2))
        self._judge("loss_down", loss_down_ppm, LOSS_PPM)
        self._judge("loss_up", loss_up_ppm, LOSS_PPM)
        self._judge("delay", rtt_ms, RTT_MS)
        worst = max(self._levels, key=lambda cause: self._levels[cause])
        self.level = _LEVELS[self._levels[worst]]
        self.reason = worst if self._levels[worst] else ""

    def _judge(self, cause: str, value: int, bounds: tuple[int, int]) -> None:
        before = self._levels.setdefault(cause, 0)
        if value < 0:
            return
        reached = [bound if level > before else bound * RELIEF for level, bound in enumerate(bounds, start=1)]
        self._levels[cause] = sum(value >= bound for bound in reached)

"""How many bits per second may be sent to one peer: now, and steadily. Pure.

Input: the peer's path reports (each 200 ms while something is sent), and what the next better picture would cost. Steps:
1. Until the first report, for two seconds at most, `START_BPS`: a first keyframe must not drown the voices of a narrow line.
   A peer that never reports (no transport-wide feedback) is open from then on.
2. With an estimate of the engine, the budget is the estimate. Without, it is what trying has found out (`media.trial`).
3. A receiver's own ceiling (REMB) holds for both. Where nothing else is known it is no ceiling but a hint for trying: it follows what is sent.
4. While nothing at all arrives - a blackout - the budget stays as it was: sending less cannot help, and what was true before is the best guess
   for after.
5. A step up that had to be taken back within `TRIAL_US` was a mistake: the next one has to be affordable for twice as long, up to `PATIENCE_MOST_US`.
   A minute without mistakes forgets them.
Output: `now_bps`, to which the choice goes down at once, and `steady_bps`, the least of the time of patience, to which it may go up.
None: open. Not here: what is sent within it (`media.allocation`).
"""

from __future__ import annotations

from collections import deque

from media.path import PathReport
from media.trial import Trial

#: Two voices and the lowest layer of the lecturer: what a line of 300 kbit/s shows at once.
START_BPS = 350_000
START_US = 2_000_000
#: In the first seconds every proof of the line counts at once: who joins wants the full picture.
SETTLING_US = 5_000_000
#: After that a better picture has to be affordable for so long; longer after each mistake.
PATIENCE_US = 1_000_000
PATIENCE_MOST_US = 32_000_000
TRIAL_US = 10_000_000
FORGET_US = 60_000_000
#: Almost everything lost and nothing acknowledged: the way is interrupted, not narrow.
BLACKOUT_LOSS = 0.9
#: A receiver tells its ceiling at least each second while pictures come; without any it says nothing.
TOLD_US = 3_000_000


class Budget:
    """One peer's."""

    def __init__(self) -> None:
        self._trial = Trial()
        self._begun_us: int | None = None
        self._first_us: int | None = None
        self._up_us: int | None = None
        self._mistake_us: int | None = None
        self._patience_us = PATIENCE_US
        self._reported_us: int | None = None
        self._has_estimate = False
        self._estimate_bps = 0
        self._remb_bps = 0
        #: The last report only told a ceiling; the next look without one.
        self._untold_us: int | None = None
        #: (time, budget) with rising budgets: the first is the least of the window.
        self._window: deque[tuple[int, int]] = deque()
        self._now_bps: int | None = START_BPS

    @property
    def now_bps(self) -> int | None:
        return self._now_bps

    @property
    def steady_bps(self) -> int | None:
        """The least of the time of patience, for an estimate; what has just been tried has no past, and who has just come neither."""
        if self._now_bps is None or not self._has_estimate or not self._window or self._is_settling:
            return self._now_bps
        return min(self._window[0][1], self._now_bps)

    @property
    def _is_settling(self) -> bool:
        if self._first_us is None or self._reported_us is None or self._mistake_us is not None:
            return False
        return self._reported_us - self._first_us < SETTLING_US

    def went_up(self, now_us: int) -> None:
        """Something better is sent from now on."""
        self._up_us = now_us

    def went_down(self, now_us: int) -> None:
        """The budget no longer held what was sent."""
        if self._up_us is None or now_us - self._up_us > TRIAL_US:
            return
        self._up_us, self._mistake_us = None, now_us
        self._patience_us = min(self._patience_us * 2, PATIENCE_MOST_US)

    @property
    def is_starting(self) -> bool:
        return self._reported_us is None and self._now_bps is not None

    def begin(self, now_us: int) -> None:
        """Packets may flow from now on."""
        self._begun_us = now_us

    def wait(self, now_us: int, next_bps: int | None) -> bool:
        """Time passed, perhaps without a report: who is sent nothing reports nothing. True when the budget is another one by now."""
        before = self._now_bps, self.steady_bps
        if self._untold_us is not None and now_us >= self._untold_us:
            self._untold_us = now_us + TOLD_US
            self._trial.told(now_us, 0, 0, next_bps)
            self._now_bps = self._trial.limit_bps
            self._remember(now_us)
        if self.is_starting and self._begun_us is not None and now_us - self._begun_us >= START_US:
            self._now_bps = None
        self._age(now_us)
        return before != (self._now_bps, self.steady_bps)

    def step(self, now_us: int, report: PathReport, next_bps: int | None) -> None:
        """Take a report in; `next_bps`: what all would cost with the next step up, None when there is none."""
        self._reported_us = now_us
        self._first_us = now_us if self._first_us is None else self._first_us
        if self._mistake_us is not None and now_us - self._mistake_us > FORGET_US:
            self._mistake_us, self._patience_us = None, PATIENCE_US
        if report.loss >= BLACKOUT_LOSS and report.acked_bps <= 0:
            return
        if report.is_only_told and not self._has_estimate:
            self._untold_us = now_us + TOLD_US
            self._trial.told(now_us, report.remb_bps, report.sent_bps, next_bps)
            self._now_bps = self._trial.limit_bps
            self._remember(now_us)
            return
        self._untold_us = None
        if report.estimate_bps > 0:
            self._has_estimate, self._estimate_bps = True, report.estimate_bps
        if report.remb_bps > 0:
            self._remb_bps = report.remb_bps
        if self._has_estimate:
            bps: int | None = self._estimate_bps
        else:
            self._trial.step(now_us, report, next_bps)
            bps = self._trial.limit_bps
        if self._remb_bps:
            bps = self._remb_bps if bps is None else min(bps, self._remb_bps)
        self._now_bps = bps
        self._remember(now_us)

    def _remember(self, now_us: int) -> None:
        if self._now_bps is None:
            self._window.clear()
            return
        while self._window and self._window[-1][1] >= self._now_bps:
            self._window.pop()
        self._window.append((now_us, self._now_bps))
        self._age(now_us)

    def _age(self, now_us: int) -> None:
        """Forget what is too old, but never the newest."""
        while len(self._window) > 1 and self._window[0][0] < now_us - self._patience_us:
            self._window.popleft()

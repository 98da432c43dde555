"""What the way to one peer carries, found out by trying: for peers whose feedback gives delays or a ceiling, but no estimate. Pure.

Input: what the peer's transport-wide feedback says (each 200 ms), and what the next better picture would cost. Steps:
1. Overuse - queueing over 120 ms twice in a row and not shrinking, or much loss - cuts the limit to 85 % of what arrived, at most every 0.5 s.
2. After a calm time (queueing below 40 ms, loss below 2 %) the limit is raised to the cost of the next step. When that ends in overuse
   within 5 s the step failed: back to what was, and the next try waits twice as long, up to a minute.
3. With every wish fulfilled and calm it is open again.
4. Of a peer that only tells what it takes (REMB): that figure follows what is sent, and a receiver lowers it only when its line is full. So
   a fall to less than is sent is overuse, and cuts to it; everything else is calm. A figure that is not told again says nothing any more.
Output: `limit_bps`. Not here: estimates (`media.budget`), what is sent (`media.allocation`).
"""

from __future__ import annotations

from media.allocation import MARGIN
from media.path import PathReport

OVERUSE_MS = 120.0
#: Loss alone has to be this high: on a line that loses at random, sending less does not lose less.
OVERUSE_LOSS = 0.2
#: Loss together with queueing is congestion earlier.
CONGESTED_LOSS, CONGESTED_MS = 0.1, 60.0
#: A queue that shrinks by this much between two reports is being dealt with.
DRAIN_MS = 10.0
CALM_MS = 40.0
CALM_LOSS = 0.02
CUT = 0.85
#: A figure told lower than this part of the one before fell.
FELL = 0.97
MIN_BPS = 80_000
CUT_EVERY_US = 500_000
#: A raise is on trial for this long.
TRIAL_US = 5_000_000
FIRST_WAIT_US = 4_000_000
LONGEST_WAIT_US = 60_000_000
#: Room for the swing of a layer's rate about its mean, beyond what a step up has to leave unused.
HEADROOM = (1 + MARGIN) * 1.02


class Trial:
    """One peer's."""

    def __init__(self) -> None:
        self.limit_bps: int | None = None
        self._bad_reports = 0
        self._owd_ms = 0.0
        self._cut_us: int | None = None
        self._calm_since_us: int | None = None
        self._raised_us: int | None = None
        self._before_raise_bps = 0
        self._wait_us = FIRST_WAIT_US
        self._told_bps = 0

    def told(self, now_us: int, remb_bps: int, sent_bps: int, next_bps: int | None) -> None:
        """Take in what the peer says that it takes; `remb_bps` 0: it said nothing for a while."""
        fell = 0 < remb_bps < min(self._told_bps * FELL, sent_bps)
        self._told_bps = remb_bps
        if fell:
            self._calm_since_us = None
            self._cut(now_us, round(remb_bps / CUT))
            return
        if self._calm_since_us is None:
            self._calm_since_us = now_us
        self._end_trial(now_us)
        if self.limit_bps is not None:
            self._raise(now_us, next_bps, self._calm_since_us)

    def step(self, now_us: int, report: PathReport, next_bps: int | None) -> bool:
        """Take a report in; `next_bps`: what all would cost with the next step up, None when there is none. True: the limit changed."""
        before = self.limit_bps
        draining = report.owd_ms < self._owd_ms - DRAIN_MS
        self._bad_reports = self._bad_reports + 1 if _is_overuse(report) and not draining else 0
        self._owd_ms = report.owd_ms
        calm = 0 <= report.owd_ms < CALM_MS and report.loss < CALM_LOSS
        if not calm:
            self._calm_since_us = None
        elif self._calm_since_us is None:
            self._calm_since_us = now_us
        if self._bad_reports >= 2:
            self._cut(now_us, report.acked_bps)
        else:
            self._end_trial(now_us)
            if self.limit_bps is not None and self._calm_since_us is not None:
                self._raise(now_us, next_bps, self._calm_since_us)
        return self.limit_bps != before

    def _cut(self, now_us: int, acked_bps: int) -> None:
        if self._raised_us is not None:
            self._wait_us = min(self._wait_us * 2, LONGEST_WAIT_US)
            self.limit_bps = self._before_raise_bps
            self._raised_us = None
        elif self._cut_us is not None and now_us - self._cut_us < CUT_EVERY_US:
            return
        else:
            target = max(round(acked_bps * CUT), MIN_BPS)
            self.limit_bps = target if self.limit_bps is None else min(self.limit_bps, target)
        self._cut_us = now_us
        self._bad_reports = 0

    def _end_trial(self, now_us: int) -> None:
        """The raise has held."""
        if self._raised_us is not None and now_us - self._raised_us >= TRIAL_US:
            self._raised_us = None
            self._wait_us = FIRST_WAIT_US

    def _raise(self, now_us: int, next_bps: int | None, calm_since_us: int) -> None:
        if self._raised_us is not None or now_us - calm_since_us < self._wait_us:
            return
        if self._cut_us is not None and now_us - self._cut_us < self._wait_us:
            return
        if next_bps is None:
            self.limit_bps = None
            return
        self._before_raise_bps = self.limit_bps or 0
        self.limit_bps = max(round(next_bps * HEADROOM), self._before_raise_bps)
        self._raised_us = now_us


def _is_overuse(report: PathReport) -> bool:
    if report.owd_ms > OVERUSE_MS or report.loss > OVERUSE_LOSS:
        return True
    return report.loss > CONGESTED_LOSS and report.owd_ms > CONGESTED_MS

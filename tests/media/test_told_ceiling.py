"""A line whose far end only tells what it takes (REMB, as aiortc does): simulated receiver, pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from media.allocation import Choice, Demand, Rank, allocate
from media.budget import TOLD_US, Budget
from media.path import PathReport
from media.rates import nominal

CAMERA = [Demand(1, 720, nominal(("q", "h", "f")), Rank.LECTURER)]
EVERY_US = 500_000


@dataclass
class Line:
    """A receiver as draft-alvestrand-rmcat-congestion has it: up by 8 % a second, never past 1.5 × what comes; 0.85 × that when it is full."""

    capacity_bps: int
    budget: Budget = field(default_factory=Budget)
    told_bps: float = 1_000_000
    now_us: int = 0
    choice: Choice = field(default_factory=dict)
    shown: list[str | None] = field(default_factory=list)

    def run(self, seconds: float, *, alarm: bool = False) -> None:
        for _ in range(round(seconds * 1e6 / EVERY_US)):
            self.now_us += EVERY_US
            found = allocate(CAMERA, self.budget.now_bps, self.budget.steady_bps, self.choice)
            self.choice = found.choice
            if found.cost_bps > 0:
                arrived_bps = min(found.cost_bps, self.capacity_bps)
                if alarm or found.cost_bps > self.capacity_bps:
                    self.told_bps = 0.85 * arrived_bps
                else:
                    self.told_bps = max(min(self.told_bps * 1.04, 1.5 * arrived_bps + 10_000), self.told_bps)
                report = PathReport(0, -1, -1, round(self.told_bps), 0, found.cost_bps)
                self.budget.step(self.now_us, report, found.next_bps)
            self.budget.wait(self.now_us, found.next_bps)
            step = self.choice.get(1)
            self.shown.append(step.rid if step else None)


def test_a_wide_line_is_never_limited_though_the_figure_follows_what_is_sent() -> None:
    line = Line(10_000_000)
    line.run(30)
    assert set(line.shown[10:]) == {"f"}


def test_false_alarms_take_the_picture_down_for_a_while_and_it_comes_back() -> None:
    line = Line(10_000_000)
    line.run(20)
    line.run(3, alarm=True)
    assert line.shown[-1] != "f"
    line.run(60)
    assert line.shown[-1] == "f"
    assert line.budget.now_bps is None


def test_a_narrow_line_settles_on_the_layer_that_fits() -> None:
    line = Line(800_000)
    line.run(180)
    last_minute = line.shown[-120:]
    assert last_minute.count("h") / len(last_minute) > 0.85


def test_who_is_shown_nothing_and_so_tells_nothing_is_tried_again() -> None:
    budget = Budget()
    for n in range(20):
        budget.step(n * EVERY_US, PathReport(0, -1, -1, 60_000 - n * 2_000, 0, 900_000), 240_000)
    assert budget.now_bps is not None and budget.now_bps < 100_000
    now_us = 20 * EVERY_US
    for _ in range(10):
        now_us += TOLD_US
        budget.wait(now_us, 240_000)
    assert budget.now_bps >= 240_000

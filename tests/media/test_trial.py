"""What a line carries, found out by a simulated line: capacity, a queue, loss when it is full. Pure: no clock, no network."""

from __future__ import annotations

from dataclasses import dataclass, field

from media.allocation import Choice, Demand, Rank, allocate
from media.path import PathReport
from media.rates import nominal
from media.trial import LONGEST_WAIT_US, Trial

CAMERA = [Demand(1, 720, nominal(("q", "h", "f")), Rank.LECTURER)]
REPORT_US = 200_000
QUEUE_MS = 400.0


@dataclass
class Line:
    """A bottleneck of `capacity_bps` with 400 ms of buffer, and a peer behind it that watches one camera."""

    capacity_bps: int
    random_loss: float = 0.0
    budget: Trial = field(default_factory=Trial)
    queue_ms: float = 0.0
    now_us: int = 0
    shown: list[str | None] = field(default_factory=list)
    choice: Choice = field(default_factory=dict)
    late_reports: int = 0

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 1e6 / REPORT_US)):
            found = allocate(CAMERA, self.budget.limit_bps, None, self.choice)
            self.choice, sent_bps = found.choice, found.cost_bps
            self.queue_ms += (sent_bps / self.capacity_bps - 1) * REPORT_US / 1000
            overflow = max(self.queue_ms - QUEUE_MS, 0)
            self.queue_ms = min(max(self.queue_ms, 0), QUEUE_MS)
            loss = self.random_loss + (overflow / (REPORT_US / 1000) if overflow else 0)
            self.now_us += REPORT_US
            acked_bps = min(sent_bps, self.capacity_bps)
            report = PathReport(round(acked_bps * (1 - self.random_loss)), self.queue_ms, loss)
            self.budget.step(self.now_us, report, found.next_bps)
            step = self.choice[1]
            self.shown.append(step.rid if step else None)
            self.late_reports += self.queue_ms > 200


def test_a_good_line_is_never_limited() -> None:
    line = Line(10_000_000)
    line.run(60)
    assert line.budget.limit_bps is None
    assert set(line.shown) == {"f"}


def test_a_narrow_line_settles_on_the_layer_that_fits() -> None:
    line = Line(700_000)
    line.run(60)
    assert line.shown.count("h") / len(line.shown) > 0.7
    assert line.late_reports / len(line.shown) < 0.15


def test_failed_steps_become_rarer() -> None:
    line = Line(700_000)
    line.run(300)
    last_minute = line.shown[-300:]
    assert last_minute.count("f") / len(last_minute) < 0.05


def test_a_very_narrow_line_keeps_the_lowest_layer() -> None:
    line = Line(250_000)
    line.run(60)
    assert line.shown[-1] == "q"
    assert line.queue_ms < 100


def test_a_line_that_gets_better_is_used_again() -> None:
    line = Line(280_000)
    line.run(20)
    assert line.shown[-1] == "q"
    line.capacity_bps = 5_000_000
    line.run(LONGEST_WAIT_US / 1e6 + 30)
    assert line.shown[-1] == "f"
    assert line.budget.limit_bps is None


def test_random_loss_without_queueing_does_not_cost_the_picture() -> None:
    line = Line(10_000_000, random_loss=0.1)
    line.run(30)
    assert line.shown[-1] == "f"


def test_one_late_report_is_not_overuse() -> None:
    budget = Trial()
    budget.step(0, PathReport(1_000_000, 300, 0), None)
    budget.step(200_000, PathReport(1_000_000, 5, 0), None)
    assert budget.limit_bps is None


def test_unknown_delay_is_not_taken_for_calm() -> None:
    budget = Trial()
    for n in range(4):
        budget.step(n * REPORT_US, PathReport(500_000, 300, 0), 900_000)
    limited = budget.limit_bps
    for n in range(4, 400):
        budget.step(n * REPORT_US, PathReport(500_000, -1, -1), 900_000)
    assert budget.limit_bps == limited

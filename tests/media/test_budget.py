"""What may be sent to a peer: the engine's estimate, a receiver's ceiling, and what to believe before and between."""

from __future__ import annotations

from media.budget import START_BPS, START_US, STEADY_US, Budget
from media.path import PathReport

REPORT_US = 200_000


def report(estimate_bps: int = 0, *, loss: float = 0.0, acked_bps: int = 500_000, remb_bps: int = 0) -> PathReport:
    return PathReport(acked_bps, 5, loss, remb_bps, estimate_bps)


def test_a_peer_starts_small_and_is_open_when_it_never_reports() -> None:
    budget = Budget()
    budget.begin(0)
    budget.wait(START_US - 1)
    assert budget.now_bps == START_BPS
    budget.wait(START_US)
    assert budget.now_bps is None


def test_the_estimate_is_the_budget_from_the_first_report_on() -> None:
    budget = Budget()
    budget.begin(0)
    budget.step(REPORT_US, report(900_000), None)
    budget.wait(10 * START_US)
    assert (budget.now_bps, budget.steady_bps) == (900_000, 900_000)


def test_the_steady_budget_follows_down_at_once_and_up_with_patience() -> None:
    budget = Budget()
    steady = []
    for n in range(40):
        budget.step(n * REPORT_US, report(500_000 if 10 <= n < 12 else 2_000_000), None)
        steady.append(budget.steady_bps)
    low = [n for n, bps in enumerate(steady) if bps == 500_000]
    assert low == list(range(10, 12 + STEADY_US // REPORT_US))


def test_without_an_estimate_the_line_is_open_until_something_speaks_against_it() -> None:
    budget = Budget()
    budget.step(0, report(), None)
    assert budget.now_bps is None
    for n in range(1, 10):
        budget.step(n * REPORT_US, PathReport(500_000, 300 + n, 0.0), None)
    assert budget.now_bps is not None
    assert budget.now_bps < 500_000


def test_a_receivers_ceiling_holds_and_may_rise_again() -> None:
    budget = Budget()
    budget.step(0, report(remb_bps=600_000), None)
    assert budget.now_bps == 600_000
    budget.step(REPORT_US, report(2_000_000, remb_bps=1_200_000), None)
    assert budget.now_bps == 1_200_000


def test_during_a_blackout_the_budget_waits() -> None:
    budget = Budget()
    budget.step(0, report(1_500_000), None)
    for n in range(1, 50):
        budget.step(n * REPORT_US, report(100_000, loss=1.0, acked_bps=0), None)
    assert budget.now_bps == 1_500_000

"""What may be sent to a peer: the engine's estimate, a receiver's ceiling, and what to believe before and between."""

from __future__ import annotations

from media.budget import FORGET_US, PATIENCE_US, SETTLING_US, START_BPS, START_US, TRIAL_US, Budget
from media.path import PathReport

REPORT_US = 200_000
SETTLED = SETTLING_US // REPORT_US + 1


def report(estimate_bps: int = 0, *, loss: float = 0.0, acked_bps: int = 500_000, remb_bps: int = 0) -> PathReport:
    return PathReport(acked_bps, 5, loss, remb_bps, estimate_bps)


def test_a_peer_starts_small_and_is_open_when_it_never_reports() -> None:
    budget = Budget()
    budget.begin(0)
    budget.wait(START_US - 1, None)
    assert budget.now_bps == START_BPS
    budget.wait(START_US, None)
    assert budget.now_bps is None


def test_a_rise_counts_in_full_after_a_while_even_if_no_report_comes_any_more() -> None:
    budget = Budget()
    budget.begin(0)
    for n in range(SETTLED):
        budget.step(n * REPORT_US, report(900_000), None)
    last_us = SETTLED * REPORT_US
    budget.step(last_us, report(2_700_000), None)
    assert budget.steady_bps == 900_000
    assert not budget.wait(last_us + 1, None)
    assert budget.wait(last_us + 2 * PATIENCE_US, None)
    assert budget.steady_bps == 2_700_000
    assert not budget.wait(last_us + 4 * PATIENCE_US, None)


def test_the_estimate_is_the_budget_from_the_first_report_on() -> None:
    budget = Budget()
    budget.begin(0)
    budget.step(REPORT_US, report(900_000), None)
    budget.wait(10 * START_US, None)
    assert (budget.now_bps, budget.steady_bps) == (900_000, 900_000)


def steady_after(budget: Budget, estimates: list[int], from_n: int = 0) -> list[int | None]:
    """The steady budget after each of these estimates."""
    found = []
    for n, estimate_bps in enumerate(estimates, start=from_n):
        budget.step(n * REPORT_US, report(estimate_bps), None)
        found.append(budget.steady_bps)
    return found


def test_who_has_just_come_is_given_what_the_line_is_shown_to_carry() -> None:
    assert steady_after(Budget(), [300_000, 900_000, 3_000_000]) == [300_000, 900_000, 3_000_000]


def test_later_the_steady_budget_follows_down_at_once_and_up_with_patience() -> None:
    budget = Budget()
    steady_after(budget, [2_000_000] * SETTLED)
    steady = steady_after(budget, [500_000] * 2 + [2_000_000] * 10, SETTLED)
    low = [n for n, bps in enumerate(steady) if bps == 500_000]
    assert low == list(range(2 + PATIENCE_US // REPORT_US))


def test_each_mistake_doubles_the_patience_and_a_good_minute_forgets_them() -> None:
    budget = Budget()
    n = SETTLED
    steady_after(budget, [2_000_000] * n)
    waits = []
    for _ in range(7):
        budget.went_up(n * REPORT_US)
        budget.went_down(n * REPORT_US + 1)
        steady = steady_after(budget, [500_000] + [2_000_000] * 200, n)
        waits.append(steady.count(500_000) - 1)
        n += len(steady)
    assert waits == [10, 20, 40, 80, 160, 160, 160]
    steady_after(budget, [2_000_000] * (FORGET_US // REPORT_US + 5), n)
    n += FORGET_US // REPORT_US + 5
    assert steady_after(budget, [500_000] + [2_000_000] * 20, n).count(500_000) - 1 <= 5


def test_a_step_down_long_after_the_step_up_is_the_lines_fault_and_no_mistake() -> None:
    budget = Budget()
    steady_after(budget, [2_000_000] * SETTLED)
    budget.went_up(SETTLED * REPORT_US)
    budget.went_down(SETTLED * REPORT_US + TRIAL_US + 1)
    assert steady_after(budget, [500_000] + [2_000_000] * 10, SETTLED).count(500_000) == 1 + PATIENCE_US // REPORT_US


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

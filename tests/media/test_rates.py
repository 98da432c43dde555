"""What a layer counts for: what it was seen to cost, without following every second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.rates import NOMINAL_SHARES, Rate, likely_bps


def test_a_layer_comes_to_count_for_what_it_costs() -> None:
    rate = Rate(500_000, NOMINAL_SHARES)
    for _ in range(60):
        rate.note(120_000, 60_000, 80_000)
    assert 100_000 < rate.bps < 220_000
    assert len(rate.shares) == 3
    assert abs(rate.shares[0] - 0.5) < 0.15


def test_a_layer_that_begins_is_not_taken_for_cheap() -> None:
    rate = Rate(500_000, NOMINAL_SHARES)
    for _ in range(8):
        rate.note(100_000, 50_000, 70_000)
    assert rate.bps == 500_000
    for _ in range(20):
        rate.note(100_000, 50_000, 70_000)
    assert rate.bps < 250_000
    rate.begin()
    assert rate.note(900_000, 400_000, 600_000), "more than was thought counts at once"


def test_a_camera_never_counts_for_less_than_its_floor() -> None:
    rate = Rate(500_000, NOMINAL_SHARES, floor_bps=250_000)
    for _ in range(100):
        rate.note(20_000, 10_000, 14_000)
    assert rate.bps == 250_000


def test_a_small_camera_in_one_layer_is_not_taken_for_a_large_one() -> None:
    assert likely_bps(1_700_000, 180) == 150_000
    assert likely_bps(1_700_000, 270) == 500_000
    assert likely_bps(1_700_000, 1080) == 1_700_000
    assert likely_bps(1_700_000, 0) == 1_700_000, "nothing was seen of it yet"
    assert likely_bps(150_000, 720) == 150_000, "a low layer does not become dear by being large"


def test_a_stream_without_temporal_layers_is_recognised() -> None:
    rate = Rate(500_000, NOMINAL_SHARES)
    for _ in range(60):
        rate.note(480_000, 480_000, 480_000)
    assert rate.shares == (1.0,)


def test_two_temporal_layers_have_one_step_between() -> None:
    rate = Rate(500_000, NOMINAL_SHARES)
    for _ in range(60):
        rate.note(500_000, 300_000, 500_000)
    assert len(rate.shares) == 2


@given(st.lists(st.floats(0.88, 1.12), min_size=300, max_size=300))
def test_the_swing_of_a_steady_layer_is_no_news(swing: list[float]) -> None:
    rate = Rate(500_000, NOMINAL_SHARES)
    news = [rate.note(round(480_000 * s), round(192_000 * s), round(288_000 * s)) for s in swing]
    assert not any(news)

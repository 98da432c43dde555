"""Which layer is sent: sharp enough for the tile, within the budget, the important first, and no to and fro."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from media.allocation import ALL_TIDS, MARGIN, STILLS_BPS, Choice, Demand, Layer, Rank, Step, allocate, ladder
from media.rates import nominal

THREE = nominal(("q", "h", "f"))
LECTURER = Demand(1, 720, THREE, Rank.LECTURER)


def rids(demands: Sequence[Demand], budget_bps: int | None) -> dict[int, str | None]:
    return {slot: step.rid if step else None for slot, step in allocate(demands, budget_bps).choice.items()}


def tile(slot: int, height: int = 180) -> Demand:
    return Demand(slot, height, THREE)


def test_a_thumbnail_gets_the_small_layer_and_the_stage_the_large_one() -> None:
    assert rids([LECTURER, tile(2), tile(3, 320)], None) == {1: "f", 2: "q", 3: "h"}


def test_a_slightly_larger_tile_does_not_cost_the_next_layer() -> None:
    assert rids([tile(1, 230)], None) == {1: "q"}
    assert rids([tile(1, 260)], None) == {1: "h"}


def test_two_encodings_are_the_upper_two() -> None:
    assert [layer.height for layer in nominal(("q", "h"))] == [360, 720]


def test_the_ladder_halves_the_frame_rate_before_it_gives_up_a_camera() -> None:
    names = [(s.rid, s.max_tid) for s in ladder(LECTURER)]
    assert names == [
        ("q", 0), ("q", 1), ("q", ALL_TIDS), ("h", 1), ("h", ALL_TIDS), ("f", 1), ("f", ALL_TIDS),
    ]  # fmt: skip
    lowest = allocate([LECTURER], 80_000).choice[1]
    assert lowest is not None
    assert (lowest.rid, lowest.max_tid) == ("q", 0)


def test_a_stream_without_temporal_layers_has_one_rung_per_layer() -> None:
    h264 = nominal(("q", "h"), codec="h264")
    assert [s.rid for s in ladder(Demand(1, 720, h264))] == ["q", "h"]


def test_under_a_tight_budget_the_lecturer_is_decent_before_tiles_are_there() -> None:
    demands = [LECTURER, tile(2), tile(3)]
    assert rids(demands, 550_000) == {1: "h", 2: None, 3: None}
    assert rids(demands, 750_000) == {1: "h", 2: "q", 3: "q"}


def test_all_tiles_have_something_before_any_has_more() -> None:
    tiles = [tile(slot, 720) for slot in range(1, 6)]
    chosen = allocate(tiles, 310_000).choice
    assert [s and (s.rid, s.max_tid) for s in chosen.values()] == [("q", 0)] * 5
    assert set(rids(tiles, 850_000).values()) == {"q"}
    assert list(rids(tiles, 2_000_000).values()) == ["h", "h", "h", "q", "q"]
    assert set(rids(tiles, 2_600_000).values()) == {"h"}


def test_what_does_not_fit_at_all_is_not_sent() -> None:
    assert rids([LECTURER, tile(2)], 50_000) == {1: None, 2: None}


def test_a_shared_screen_without_temporal_layers_falls_to_stills_and_is_never_black() -> None:
    screen = Demand(1, 720, nominal(("",), is_screen=True, codec="h264"), Rank.SCREEN)
    assert allocate([screen, tile(2)], 0).choice[1] == Step("", ALL_TIDS, STILLS_BPS, stills=True)
    moving = allocate([screen], 600_000).choice[1]
    assert moving is not None
    assert not moving.stills


def test_a_screen_with_temporal_layers_falls_to_its_lowest_frame_rate_and_no_further() -> None:
    screen = Demand(1, 1080, (Layer("", 1080, 300_000, True, (0.5, 0.7, 1.0)),), Rank.SCREEN)
    for budget_bps in (200_000, 50_000, 0):
        step = allocate([screen], budget_bps).choice[1]
        assert step is not None
        assert (step.max_tid, step.stills) == (0, False)


def test_who_wants_stills_only_gets_no_more_however_wide_the_line() -> None:
    screen = Demand(1, 1080, nominal(("",), is_screen=True, codec="h264"), Rank.SCREEN, stills_only=True)
    found = allocate([screen], None)
    assert found.choice[1] is not None
    assert found.choice[1].stills
    assert found.wished_bps == STILLS_BPS


def test_who_wants_stills_gets_a_page_at_rest_by_its_lowest_frame_rate_which_costs_less_than_keyframes() -> None:
    layers = (Layer("", 1080, 300_000, True, (0.2, 0.5, 1.0)),)
    screen = Demand(1, 1080, layers, Rank.SCREEN, stills_only=True)
    assert allocate([screen], None).choice[1] == Step("", 0, 60_000)
    assert allocate([screen], 40_000).choice[1] == Step("", 0, 60_000)


def test_a_step_down_is_taken_at_once_and_a_step_up_needs_a_steady_budget_with_a_margin() -> None:
    full = allocate([LECTURER], 2_500_000).choice
    assert allocate([LECTURER], 1_750_000, 1_750_000, full).choice == full, "it still fits"
    less = allocate([LECTURER], 1_600_000, 1_600_000, full).choice
    assert (step := less[1]) is not None
    assert (step.rid, step.max_tid) == ("f", 1)
    assert allocate([LECTURER], 5_000_000, 1_600_000, less).choice == less, "a short peak is no reason"
    assert allocate([LECTURER], 1_750_000, 1_750_000, less).choice == less, "just enough is not enough"
    assert allocate([LECTURER], 2_100_000, 2_100_000, less).choice == full


def test_half_the_frames_of_a_better_layer_are_a_way_down_and_never_up() -> None:
    smooth = allocate([LECTURER], 650_000).choice
    assert smooth[1] is not None
    assert (smooth[1].rid, smooth[1].max_tid) == ("h", ALL_TIDS)
    assert allocate([LECTURER], 1_300_000, 1_300_000, smooth).choice == smooth, "1.02 Mbit/s for a jerky large picture"
    less = allocate([LECTURER], 400_000, 400_000, smooth).choice
    assert less[1] is not None
    assert (less[1].rid, less[1].max_tid) == ("h", 1)
    assert rids([LECTURER], 400_000) == {1: "q"}, "who has just come begins with a smooth one"


def test_a_new_tile_is_shown_at_once_and_takes_nothing_from_the_others() -> None:
    before = allocate([LECTURER], 2_500_000).choice
    after = allocate([LECTURER, tile(2)], 1_900_000, 1_900_000, before).choice
    assert after[1] == before[1]
    assert after[2] is not None


def test_the_next_step_is_what_is_aimed_at() -> None:
    found = allocate([LECTURER, tile(2)], 540_000)
    assert rids([LECTURER, tile(2)], 540_000) == {1: "h", 2: None}
    assert found.next_bps == found.cost_bps + 60_000, "a quarter of the tile's frames"
    assert allocate([LECTURER], 5_000_000).next_bps is None


_LAYERS = st.builds(
    lambda rates, shares: tuple(Layer(str(i), 90 << i, r, True, shares) for i, r in enumerate(sorted(rates))),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=4),
    st.sampled_from([(1.0,), (0.5, 1.0), (0.4, 0.6, 1.0)]),
)
_DEMANDS = st.lists(
    st.builds(Demand, st.integers(1, 1000), st.integers(1, 2000), _LAYERS, st.sampled_from(Rank)),
    max_size=12, unique_by=lambda d: d.slot,
).map(lambda demands: sorted(demands, key=lambda d: d.rank))  # fmt: skip


@given(_DEMANDS, st.integers(0, 10**8))
def test_the_budget_is_exceeded_by_nothing_but_the_least_of_screens(demands: list[Demand], budget_bps: int) -> None:
    found = allocate(demands, budget_bps)
    assert set(found.choice) == {d.slot for d in demands}
    screens_bps = sum(ladder(d)[0].bps for d in demands if d.rank is Rank.SCREEN)
    assert found.cost_bps <= max(budget_bps, screens_bps)
    assert found.cost_bps <= found.wished_bps


@given(_DEMANDS, st.integers(0, 10**7))
def test_screens_are_always_sent(demands: list[Demand], budget_bps: int) -> None:
    chosen = allocate(demands, budget_bps).choice
    assert all(chosen[d.slot] is not None for d in demands if d.rank is Rank.SCREEN)


@settings(deadline=None)
@given(
    _DEMANDS,
    st.integers(10_000, 10**7),
    st.lists(st.floats(-1, 1), min_size=200, max_size=200),
    st.integers(1, 15),
)
def test_on_a_steady_line_with_noise_the_choice_settles_and_stays(
    demands: list[Demand], line_bps: int, noise: list[float], window: int
) -> None:
    """Noise of ± x with 2x/(1-x) below the margin. Once something better was chosen nothing is ever taken back."""
    x = 0.08
    assert 2 * x / (1 - x) < MARGIN
    budgets = [round(line_bps * (1 + x * n)) for n in noise]
    before: Choice = {}
    costs = []
    choices = []
    for i, budget_bps in enumerate(budgets):
        steady_bps = min(budgets[max(i - window, 0) : i + 1])
        found = allocate(demands, budget_bps, steady_bps, before)
        before = found.choice
        choices.append(before)
        costs.append(found.cost_bps)
    changes = [i for i in range(1, len(choices)) if choices[i] != choices[i - 1]]
    seen: list[Choice] = []
    for choice in choices:
        if not seen or seen[-1] != choice:
            assert choice not in seen, "what was given up comes back: it goes to and fro"
            seen.append(choice)
    rungs = sum(len(ladder(d)) for d in demands)
    assert len(changes) <= 2 * rungs

"""Which layer is sent: sharp enough for the tile, within the budget, the important first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.allocation import Demand, Layer, allocate, next_step_bps, nominal

THREE = nominal(("q", "h", "f"))


def test_a_thumbnail_gets_the_small_layer_and_the_stage_the_large_one() -> None:
    demands = [Demand(1, 720, THREE), Demand(2, 180, THREE), Demand(3, 320, THREE)]
    assert allocate(demands, None) == {1: "f", 2: "q", 3: "h"}


def test_a_slightly_larger_tile_does_not_cost_the_next_layer() -> None:
    assert allocate([Demand(1, 230, THREE)], None) == {1: "q"}
    assert allocate([Demand(1, 260, THREE)], None) == {1: "h"}


def test_two_encodings_are_the_upper_two() -> None:
    assert [layer.height for layer in nominal(("q", "h"))] == [360, 720]


def test_under_a_tight_budget_the_important_one_keeps_its_quality() -> None:
    demands = [Demand(1, 720, THREE), Demand(2, 720, THREE)]
    assert allocate(demands, 1_900_000) == {1: "f", 2: "q"}


def test_what_does_not_fit_at_all_is_not_sent() -> None:
    assert allocate([Demand(1, 720, THREE), Demand(2, 720, THREE)], 200_000) == {1: "q", 2: None}


def test_the_shared_screen_is_sent_even_when_it_does_not_fit() -> None:
    screen = Demand(1, 720, nominal(("",)))
    assert allocate([screen, Demand(2, 180, THREE)], 500_000) == {1: "", 2: None}


def test_the_next_step_is_the_most_important_one() -> None:
    demands = [Demand(1, 720, THREE), Demand(2, 720, THREE)]
    assert next_step_bps(demands, {1: "q", 2: "q"}) == 650_000
    assert next_step_bps(demands, {1: "f", 2: None}) == 1_850_000
    assert next_step_bps(demands, {1: "f", 2: "f"}) is None


def test_a_publication_without_simulcast_has_one_choice() -> None:
    assert allocate([Demand(1, 90, nominal(("",)))], None) == {1: ""}


_DEMANDS = st.lists(
    st.builds(
        lambda slot, height, rates: Demand(
            slot, height, tuple(Layer(str(i), 90 << i, r, live=True) for i, r in enumerate(sorted(rates)))
        ),
        st.integers(1, 1000), st.integers(1, 2000), st.lists(st.integers(1, 10**7), min_size=1, max_size=4),
    ),
    max_size=12, unique_by=lambda d: d.slot,
)  # fmt: skip


@given(_DEMANDS, st.integers(0, 10**8))
def test_the_budget_is_exceeded_by_nothing_but_the_first(demands: list[Demand], budget_bps: int) -> None:
    given_rids = allocate(demands, budget_bps)
    assert set(given_rids) == {d.slot for d in demands}
    floor = demands[0].layers[0].bps if demands else 0
    cost = sum(
        next(x.bps for x in d.layers if x.rid == given_rids[d.slot]) for d in demands if given_rids[d.slot] is not None
    )
    assert cost <= max(budget_bps, floor)

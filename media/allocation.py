"""Which layer of each shown publication a peer is sent, within its budget. Pure: input → steps → output.

Input: demands in order of importance, each with its layers and the height at which it is shown; a budget in bits per second, or None
while the path's capacity is not known. Steps:
1. Each demand gets a wish: the lowest layer that fills its height, or the best one there is.
2. In order of importance everybody gets the lowest layer, as far as the budget goes. The first gets it in any case: a shared screen has
   one layer only, and without it there is no lesson.
3. In order of importance each is raised towards its wish while the rest of the budget allows it.
Output: a rid per demand, None for those that did not fit. Audio is never part of this: it is always sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: A layer of three quarters of the tile's height still looks sharp; the next one would cost four times as much.
ENOUGH = 0.75
#: Heights and rates of layers that the publisher has not shown yet, counted from the best one down.
NOMINAL_HEIGHTS = (720, 360, 180)
NOMINAL_BPS = (1_700_000, 500_000, 150_000)
#: Heights for what is shown without the client having said how large.
UNSEEN_HEIGHT = {"screen": 720, "camera": 360}
#: A camera that is sent ahead of being asked for (a speaker), next to tiles whose sizes are known.
SPARE_HEIGHT = 180


@dataclass(frozen=True, slots=True)
class Layer:
    """A quality of a publication. Height and rate are nominal until the engine has seen them; `live`: packets flow."""

    rid: str
    height: int
    bps: int
    live: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """A publication shown to the peer. `height` in device pixels; `layers` from low to high."""

    slot: int
    height: int
    layers: tuple[Layer, ...]


def allocate(demands: Sequence[Demand], budget_bps: int | None) -> dict[int, str | None]:
    """Slot → rid, for demands from the most important to the least."""
    wishes = {d.slot: wish(d) for d in demands}
    if budget_bps is None:
        return {d.slot: d.layers[wishes[d.slot]].rid for d in demands}
    left = budget_bps
    given: dict[int, int] = {}
    for place, demand in enumerate(demands):
        cost = demand.layers[0].bps
        if cost <= left or place == 0:
            given[demand.slot] = 0
            left = max(left - cost, 0)
    for demand in demands:
        for level in range(1, wishes[demand.slot] + 1):
            if demand.slot not in given:
                break
            more = demand.layers[level].bps - demand.layers[given[demand.slot]].bps
            if more > left:
                break
            left -= more
            given[demand.slot] = level
    return {d.slot: d.layers[given[d.slot]].rid if d.slot in given else None for d in demands}


def wish(demand: Demand) -> int:
    """The lowest layer that fills the tile; the best one when none does."""
    for level, layer in enumerate(demand.layers):
        if layer.height >= demand.height * ENOUGH:
            return level
    return len(demand.layers) - 1


def next_step_bps(demands: Sequence[Demand], given: Mapping[int, str | None]) -> int | None:
    """What everything would cost with one step up for the most important that is below its wish; None: all have theirs."""
    total, more = 0, None
    for demand in demands:
        rid = given[demand.slot]
        level = next((i for i, layer in enumerate(demand.layers) if layer.rid == rid), -1)
        now_bps = demand.layers[level].bps if level >= 0 else 0
        total += now_bps
        if more is None and level < wish(demand):
            more = max(demand.layers[level + 1].bps - now_bps, 0)
    return None if more is None else total + more


def nominal(rids: Sequence[str]) -> tuple[Layer, ...]:
    """Layers before anything was seen of them: three are 180, 360 and 720 lines."""
    count = len(rids)
    last = len(NOMINAL_HEIGHTS) - 1
    return tuple(
        Layer(rid, NOMINAL_HEIGHTS[min(count - 1 - i, last)], NOMINAL_BPS[min(count - 1 - i, last)], live=False)
        for i, rid in enumerate(rids)
    )

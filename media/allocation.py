"""Which quality of each shown publication a peer is sent, within its budget. Pure: input → steps → output.

Input: demands in order of importance; a budget; what was chosen before. Audio is never part of this: it is set aside first and always sent.
Steps:
1. Each demand has a *ladder* of rungs from cheap to its wish: the lowest layer with ever more of its temporal layers, then the next layers
   at half and at full frame rate, up to the lowest layer that fills three quarters of the tile. A shared screen without temporal layers
   begins with stills.
2. The rungs of all demands stand in one list of *goals*: first the stage (screen, lecturer, pinned, speaker) at its lowest, then the stage
   at a decent height, then every tile at its lowest, tiles at full frame rate round by round, the stage at its wish, the tiles at theirs.
3. The goals are met in this order; one that does not fit is passed over, and with it the higher rungs of the same demand.
4. Hysteresis: what was chosen before goes down at once when the budget no longer holds it, and gives way to something better only when the
   *steady* budget (the least of the last seconds, see `media.budget`) holds that with `MARGIN` to spare.
5. Half the frames of an upper layer are a step on the way down only.
Output: a step per demand, None for what did not fit. The screen is given in any case: without it there is no lesson.

A budget that wavers by less than half of `MARGIN` never makes the choice go to and fro: a step up was affordable with the margin, so it is
never taken back; and steps down without steps up come to an end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

#: A layer of three quarters of the tile's height still looks sharp; the next one would cost four times as much.
ENOUGH = 0.75
#: The stage gets this height before the tiles get anything, and more only after each tile has something.
DECENT_HEIGHT = 360
#: A step up has to leave this share of the budget unused.
MARGIN = 0.2
#: Every temporal layer (`max_tid` of `Engine.route`).
ALL_TIDS = 7
#: Keyframes of a shared screen, one every few seconds.
STILLS_BPS = 16_000


class Rank(IntEnum):
    """Importance on the way to a peer. Up to SPEAKER it is the stage."""

    SCREEN = 0
    LECTURER = 1
    PINNED = 2
    SPEAKER = 3
    TILE = 4


@dataclass(frozen=True, slots=True)
class Layer:
    """A quality of a publication. Height and rate are nominal until the engine has seen them; `live`: packets flow.

    `shares`: the part of the rate that goes with temporal layers 0, 0…1, and so on; (1.0,) where there is one only.
    """

    rid: str
    height: int
    bps: int
    live: bool
    shares: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Demand:
    """A publication shown to the peer. `height` in device pixels; `layers` from low to high. `stills_only`: no more than stills."""

    slot: int
    height: int
    layers: tuple[Layer, ...]
    rank: Rank = Rank.TILE
    stills_only: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of a demand's ladder: which layer, up to which temporal layer, and what all that costs. `stills`: keyframes only."""

    rid: str
    max_tid: int
    bps: int
    stills: bool = False

    @property
    def name(self) -> tuple[str, int, bool]:
        """The step without its cost, which changes while it is sent."""
        return (self.rid, self.max_tid, self.stills)


Choice = Mapping[int, Step | None]


@dataclass(frozen=True, slots=True)
class Allocation:
    """What was chosen, by slot, and what it costs; what all wishes would cost; what everything would cost with the next rung that is
    aimed at (None: every wish is fulfilled).
    """

    choice: dict[int, Step | None]
    cost_bps: int
    wished_bps: int
    next_bps: int | None


def wish(demand: Demand) -> int:
    """The lowest layer that fills the tile; the best one when none does."""
    for level, layer in enumerate(demand.layers):
        if layer.height >= demand.height * ENOUGH:
            return level
    return len(demand.layers) - 1


def ladder(demand: Demand) -> tuple[Step, ...]:
    """Rungs from the cheapest to the wish; each costs at least what the one below it does."""
    return _ladder(demand.layers[: wish(demand) + 1], demand.rank is Rank.SCREEN, demand.stills_only)


@lru_cache(maxsize=1024)
def _ladder(layers: tuple[Layer, ...], is_screen: bool, stills_only: bool) -> tuple[Step, ...]:
    rungs: list[Step] = []
    if is_screen:
        # A few pictures a second of a page at rest cost less than its keyframes, and show the next page sooner.
        if len(layers[0].shares) == 1:
            rungs.append(Step(layers[0].rid, ALL_TIDS, STILLS_BPS, stills=True))
        if stills_only:
            lowest_bps = max(round(layers[0].bps * layers[0].shares[0]), STILLS_BPS)
            return tuple(rungs or [Step(layers[0].rid, 0, lowest_bps)])
    for level, layer in enumerate(layers):
        last = len(layer.shares) - 1
        # Text wants lines before frames; in a face, a quarter of the frames of a larger picture is no gain over all of a smaller one.
        first = 0 if level == 0 or is_screen else max(last - 1, 0)
        for tid in range(first, last + 1):
            below_bps = rungs[-1].bps if rungs else 0
            bps = round(layer.bps * layer.shares[tid])
            if tid == last:
                rungs.append(Step(layer.rid, ALL_TIDS, max(bps, below_bps)))
            elif bps > below_bps:
                rungs.append(Step(layer.rid, tid, bps))
    return tuple(rungs)


def allocate(
    demands: Sequence[Demand],
    budget_bps: int | None,
    steady_bps: int | None = None,
    before: Choice | None = None,
) -> Allocation:
    """A step per slot. `budget_bps` None: whatever is wished; `steady_bps` None: the budget is new, as steady as it is.

    `before`: what was chosen last time; slots that are not in it are new, and judged by the budget as it is now.
    """
    ladders = [ladder(d) for d in demands]
    wished_bps = sum(rungs[-1].bps for rungs in ladders)
    if budget_bps is None:
        wishes: dict[int, Step | None] = {d.slot: rungs[-1] for d, rungs in zip(demands, ladders, strict=True)}
        return Allocation(wishes, wished_bps, wished_bps, None)
    goals = _goals(demands, ladders)
    kept = _kept(demands, ladders, before or {})
    places = _meet(goals, demands, ladders, budget_bps, kept, may_rise=False)
    better_bps = round(min(budget_bps, budget_bps if steady_bps is None else steady_bps) / (1 + MARGIN))
    better = _meet(goals, demands, ladders, better_bps, kept, may_rise=True)
    if _met(goals, better) > _met(goals, places):
        places = better
    choice = {
        d.slot: rungs[place] if place >= 0 else None for d, rungs, place in zip(demands, ladders, places, strict=True)
    }
    cost_bps = sum(step.bps for step in choice.values() if step is not None)
    more = next(
        (_more_bps(ladders[i], places[i], n) for i, n in goals if _is_aim(demands[i], ladders[i], places[i], n)), None
    )
    return Allocation(choice, cost_bps, wished_bps, None if more is None else cost_bps + more)


def _goals(demands: Sequence[Demand], ladders: Sequence[tuple[Step, ...]]) -> list[tuple[int, int]]:
    """(demand, rung) in the order in which they are met."""
    stage = [i for i, d in enumerate(demands) if d.rank <= Rank.SPEAKER]
    tiles = [i for i, d in enumerate(demands) if d.rank > Rank.SPEAKER]
    decent = {i: _rungs_up_to(demands[i], ladders[i], DECENT_HEIGHT) for i in stage}
    smooth = {i: _rungs_up_to(demands[i], ladders[i], 0) for i in tiles}
    goals = [(i, 0) for i in stage]
    goals += [(i, rung) for i in stage for rung in range(1, decent[i])]
    goals += [(i, 0) for i in tiles]
    goals += _rounds(tiles, {i: (1, smooth[i]) for i in tiles})
    goals += [(i, rung) for i in stage for rung in range(max(decent[i], 1), len(ladders[i]))]
    goals += _rounds(tiles, {i: (max(smooth[i], 1), len(ladders[i])) for i in tiles})
    return goals


def _rungs_up_to(demand: Demand, rungs: tuple[Step, ...], height: int) -> int:
    """How many rungs lie within the layers of at most this height, the lowest layer in any case."""
    rids = {layer.rid for level, layer in enumerate(demand.layers) if level == 0 or layer.height <= height}
    return sum(step.rid in rids for step in rungs)


def _rounds(places: Sequence[int], spans: Mapping[int, tuple[int, int]]) -> list[tuple[int, int]]:
    """Everybody's next rung before anybody's one after that."""
    last = max((end - begin for begin, end in spans.values()), default=0)
    return [(i, spans[i][0] + n) for n in range(last) for i in places if spans[i][0] + n < spans[i][1]]


def _kept(demands: Sequence[Demand], ladders: Sequence[tuple[Step, ...]], before: Choice) -> list[int | None]:
    """The highest rung that each may have without a step up; None for who is new."""
    kept: list[int | None] = []
    for demand, rungs in zip(demands, ladders, strict=True):
        if demand.slot not in before:
            kept.append(None)
            continue
        step = before[demand.slot]
        names = [rung.name for rung in rungs]
        if step is None:
            kept.append(-1)
        elif step.name in names:
            kept.append(names.index(step.name))
        else:
            # The tile became smaller, or the publisher sends other layers: the wish is all there is, if it costs no more.
            kept.append(max((i for i, rung in enumerate(rungs) if rung.bps <= step.bps), default=0))
    return kept


def _meet(
    goals: Sequence[tuple[int, int]],
    demands: Sequence[Demand],
    ladders: Sequence[tuple[Step, ...]],
    budget_bps: int,
    kept: Sequence[int | None],
    *,
    may_rise: bool,
) -> list[int]:
    """Meet goals in order: the rung of each demand, -1 for none. Without `may_rise` nobody gets more than they had (`kept`)."""
    places = [-1] * len(demands)
    left_bps = budget_bps
    for i, rung in goals:
        had = kept[i]
        is_risen = had is None or rung > had
        if is_risen and (_is_half(demands[i], ladders[i], rung) or (not may_rise and had is not None)):
            continue
        more_bps = _more_bps(ladders[i], places[i], rung)
        is_given = rung == 0 and demands[i].rank is Rank.SCREEN
        if is_given or (more_bps <= left_bps and _is_next(demands[i], ladders[i], places[i], rung)):
            places[i] = rung
            left_bps = max(left_bps - more_bps, 0)
    return places


def _more_bps(rungs: tuple[Step, ...], place: int, rung: int) -> int:
    return rungs[rung].bps - (rungs[place].bps if place >= 0 else 0)


def _is_next(demand: Demand, rungs: tuple[Step, ...], place: int, rung: int) -> bool:
    """The rung after this place, or the one after that when the first is half the frames of an upper layer."""
    return rung == place + 1 or (rung == place + 2 and _is_half(demand, rungs, rung - 1))


def _is_aim(demand: Demand, rungs: tuple[Step, ...], place: int, rung: int) -> bool:
    return _is_next(demand, rungs, place, rung) and not _is_half(demand, rungs, rung)


def _is_half(demand: Demand, rungs: tuple[Step, ...], rung: int) -> bool:
    """Half the frames of an upper layer: a way down, not up. To leave frames out costs nothing, to go over to another layer a keyframe."""
    step = rungs[rung]
    return step.max_tid != ALL_TIDS and step.rid != rungs[0].rid and demand.rank is not Rank.SCREEN


def _met(goals: Sequence[tuple[int, int]], places: Sequence[int]) -> tuple[bool, ...]:
    """Which goals were met: the greater of two such lists, read from the left, is the better choice."""
    return tuple(places[i] >= rung for i, rung in goals)

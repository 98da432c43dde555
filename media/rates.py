"""What a layer costs: nominal until it was seen, then a slow mean that changes in steps, so that budgets are not fitted to the last second. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.allocation import Layer

#: Heights and rates of layers that the publisher has not shown yet, counted from the best one down.
NOMINAL_HEIGHTS = (720, 360, 180)
NOMINAL_BPS = (1_700_000, 500_000, 150_000)
#: A shared screen: slides for the most part.
NOMINAL_SCREEN_BPS = 400_000
#: How much of a layer's rate its temporal layers take, added up (libwebrtc's division of VP8 with three of them).
NOMINAL_SHARES = (0.4, 0.6, 1.0)
#: Tags, header extensions and lengths that the engine's rates leave out.
OVERHEAD = 1.04
#: Weight of a second's rate in the mean: about five seconds count.
WEIGHT = 0.2
#: The mean has to leave this band about the held value to become the new one.
RISES, FALLS = 1.15, 0.8
#: For so long a layer that began counts for no less than was assumed.
RAMP_S = 10
#: A camera's layer counts at least for this part of what is assumed of it.
CAMERA_FLOOR = 0.5
#: A temporal layer's share has to move by this much to count.
SHARE_BAND = 0.12
#: With this much of the rate in the layers below, there is none above them.
ONE_LAYER = 0.95


@dataclass(slots=True)
class Rate:
    """One layer's. `bps` is what it counts for."""

    bps: int
    shares: tuple[float, ...]
    #: It never counts for less: a camera that shows little now, or whose computer is busy, will not stay so.
    floor_bps: int = 1
    _seconds: int = 0
    _mean_bps: float = field(init=False)
    _mean_shares: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._mean_bps = float(self.bps)
        self._mean_shares = [self.shares[0], self.shares[min(1, len(self.shares) - 1)]]

    def begin(self) -> None:
        """The layer begins, or flows again: what it sends at first says little, encoders start low."""
        self._seconds = 0

    def note(self, bps: int, base_bps: int, half_bps: int) -> bool:
        """The rates of another second: all, temporal layer 0, 0 and 1 together. True when what it counts for changed."""
        self._mean_bps += (bps * OVERHEAD - self._mean_bps) * WEIGHT
        if bps > 0:
            for i, part in enumerate((base_bps, half_bps)):
                self._mean_shares[i] += (part / bps - self._mean_shares[i]) * WEIGHT
        shares = _shares(*self._mean_shares)
        changed = False
        self._seconds += 1
        falls = self._mean_bps < self.bps * FALLS and self._seconds > RAMP_S and self.bps > self.floor_bps
        if falls or self._mean_bps > self.bps * RISES:
            self.bps, changed = max(round(self._mean_bps), self.floor_bps), True
        if len(shares) != len(self.shares) or any(
            abs(a - b) > SHARE_BAND for a, b in zip(shares, self.shares, strict=True)
        ):
            self.shares, changed = shares, True
        return changed


def _shares(base: float, half: float) -> tuple[float, ...]:
    """Temporal layers that take next to nothing are none: a stream with one layer has all of its rate in it."""
    found = [round(share, 2) for share in (base, half) if share < ONE_LAYER]
    return (*dict.fromkeys(found), 1.0)


def likely_bps(assumed_bps: int, height: int) -> int:
    """What a camera's layer of this seen height (0: unknown) is assumed to cost: a small one for less than was assumed unseen."""
    fitting = [bps for known, bps in zip(NOMINAL_HEIGHTS, NOMINAL_BPS, strict=True) if known >= height > 0]
    return min([assumed_bps, *fitting])


def nominal(rids: Sequence[str], is_screen: bool = False, codec: str = "vp8") -> tuple[Layer, ...]:
    """Layers before anything was seen of them: three are 180, 360 and 720 lines. VP8 in simulcast has temporal layers, others may not."""
    count = len(rids)
    last = len(NOMINAL_HEIGHTS) - 1
    shares = NOMINAL_SHARES if (count > 1 or is_screen) and codec == "vp8" else (1.0,)
    places = [min(count - 1 - i, last) for i in range(count)]
    rates = [NOMINAL_SCREEN_BPS if is_screen and count == 1 else NOMINAL_BPS[place] for place in places]
    return tuple(
        Layer(rid, NOMINAL_HEIGHTS[place], bps, live=False, shares=shares)
        for rid, place, bps in zip(rids, places, rates, strict=True)
    )

"""A link that remembers the RTP headers that passed: what a stream looks like on the wire, whatever time the machine took for it."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from tests.kit.udp_relay import Link

CLOCK_HZ = 90_000


@dataclass(frozen=True)
class Passed:
    """One RTP packet's header, and when it passed (the event loop's time, seconds)."""

    at_s: float
    seq: int
    timestamp: int


@dataclass
class WatchedLink(Link):
    """`by_ssrc`: what passed, in order."""

    by_ssrc: dict[int, list[Passed]] = field(default_factory=lambda: defaultdict(list), init=False)

    def departure(self, data: bytes, now: float, random: Random) -> float | None:
        if 128 <= data[0] < 192 and not 192 <= data[1] < 224:
            seq, timestamp, ssrc = struct.unpack_from("!HII", data, 2)
            self.by_ssrc[ssrc].append(Passed(now, seq, timestamp))
        return super().departure(data, now, random)


def gaps(stream: list[Passed]) -> list[tuple[int, int]]:
    """Neighbours whose numbers do not follow each other."""
    return [(a.seq, b.seq) for a, b in pairwise(stream) if b.seq != (a.seq + 1) & 0xFFFF]


def steps_s(stream: list[Passed]) -> list[float]:
    """From each frame to the next by RTP time: below 0, time went back."""
    times = [passed.timestamp for passed in stream]
    ticks = [(b - a) & 0xFFFFFFFF for a, b in pairwise(times) if a != b]
    return [(t - (1 << 32) if t >= 1 << 31 else t) / CLOCK_HZ for t in ticks]


def longest_wait_s(stream: list[Passed]) -> float:
    """The longest time without a packet, by the clock."""
    return max((b.at_s - a.at_s for a, b in pairwise(stream)), default=0.0)

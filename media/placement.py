"""On which shard a peer is placed, and when nobody more is admitted. Pure: what the shards carry goes in, a shard or None comes out.

Input: each shard's load and peers, those of the room on it, the room's home. Steps:
1. The node has `max_peers`; above it nobody but a lecturer is admitted, so that no lesson stands without one.
2. A shard whose thread is busy (`busy_share`) more than `FULL_LOAD` of the time takes no more peers, lecturers excepted.
3. A room begins on its home, the least loaded shard, and stays on it while it is small: nothing has to cross between threads then.
4. From `SPREAD_PEERS` peers or `SPREAD_STREAMS` streams on, or when the home is busy, the next peers go to the shard with the fewest of
   the room's streams. Nobody is ever moved: a peer's address is its shard's port.
Output: a shard's place in the list, or None: refused.

Why 60 peers: a keyframe of 40 packets takes 60 * 40 * 3.3 us = 8 ms to send to all of them; 200 on one shard would take 26 ms, most of a
frame's time (measured, see docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Peers of one room on its home before others are used.
SPREAD_PEERS = 60
#: Streams that the home sends to the room's peers before others are used: a fifth of what a core carries.
SPREAD_STREAMS = 300
#: A home this busy is spared when another shard is less so.
BUSY_LOAD = 0.5
#: A shard this busy is full: above it, packets begin to wait for each other.
FULL_LOAD = 0.8


@dataclass(frozen=True, slots=True)
class ShardState:
    """What a shard carries: share of time its thread is busy, peers of all rooms, and peers and streams of the room in question."""

    load: float = 0.0
    peers: int = 0
    room_peers: int = 0
    room_streams: int = 0


def busy_share(cpu_us: int, waited_us: int, elapsed_us: int) -> float:
    """How busy a shard's thread was, 0 to 1: time on a core, and time waiting for one up to as much again.

    A thread that works half the time and waits the other half has no more to give. One that does little and waits long shares its machine
    with somebody greedy, which is no reason to turn people away.
    """
    return min((cpu_us + min(waited_us, cpu_us)) / elapsed_us, 1.0)


def home_of(shards: Sequence[ShardState], homes: Sequence[int]) -> int:
    """The shard on which a new room begins. `homes`: rooms at home on each. Load in tenths, so that its flicker decides nothing."""
    return min(range(len(shards)), key=lambda i: (round(shards[i].load, 1), shards[i].peers, homes[i], i))


def place(shards: Sequence[ShardState], home: int, max_peers: int, is_lecturer: bool) -> int | None:
    """The shard for one more peer of a room, or None when there is no place."""
    if not is_lecturer and sum(s.peers for s in shards) >= max_peers:
        return None
    open_shards = [i for i, s in enumerate(shards) if s.load < FULL_LOAD]
    if not open_shards:
        return min(range(len(shards)), key=lambda i: shards[i].load) if is_lecturer else None
    if home in open_shards and not _is_large(shards[home]) and not _has_better(shards, home):
        return home
    return min(open_shards, key=lambda i: (shards[i].room_streams, shards[i].room_peers, i != home, shards[i].load, i))


def _is_large(home: ShardState) -> bool:
    return home.room_peers >= SPREAD_PEERS or home.room_streams >= SPREAD_STREAMS


def _has_better(shards: Sequence[ShardState], home: int) -> bool:
    return shards[home].load >= BUSY_LOAD and any(s.load < BUSY_LOAD for s in shards)

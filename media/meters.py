"""The relay in numbers, shard by shard, for whoever looks after the machine: totals that only grow, and what stands now. No names, no ids. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Counted by the engine itself: (its name in `Engine.stats`, the name here).
_ENGINE = (("rx_packets", "packets_in"), ("tx_packets", "packets_out"), ("cpu_us", "cpu_us"), ("faults", "faults"))
#: Counted by the engine for each peer; those that left stay counted.
_PEER = (
    ("rx_bytes", "bytes_in"), ("tx_bytes", "bytes_out"), ("rtx_sent", "retransmitted"), ("nacks_in", "nacks"), ("plis_in", "plis"),
)  # fmt: skip
#: Reasons for which a packet went no further.
_ENGINE_DROPS = (
    "rx_dropped", "tx_dropped", "unknown_address", "bad_stun", "bad_integrity", "tap_dropped", "export_dropped", "tcp_dropped", "tcp_malformed",
)  # fmt: skip
_PEER_DROPS = ("auth_failures", "replays", "before_keys", "unmapped", "dtls_dropped")


@dataclass(frozen=True, slots=True)
class ShardMeters:
    """One shard. `totals` and `drops` (by reason) only grow; `load`: the share of time that its thread was busy of late."""

    port: int
    peers: int
    load: float
    totals: Mapping[str, int]
    drops: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LineMeters:
    """One peer's line as it was last seen, without saying whose. -1 or 0 where unknown."""

    estimate_bps: int
    loss_up_ppm: int
    loss_down_ppm: int
    level: str
    narrow: bool


@dataclass(frozen=True, slots=True)
class RelayMeters:
    """The whole relay. `layer_switches`: how often somebody was given another quality of what they saw."""

    rooms: int
    publications: int
    layer_switches: int
    turned_away: int
    refused_commands: int
    lost_events: int
    shards: tuple[ShardMeters, ...]
    lines: tuple[LineMeters, ...]


def left(stats: Mapping[str, Any]) -> Counter[str]:
    """What a peer that leaves has counted, to be kept in its shard's totals."""
    return Counter({name: int(stats[name]) for name, _ in _PEER} | {name: int(stats[name]) for name in _PEER_DROPS})


def shard(
    port: int, load: float, engine: Mapping[str, Any], peers: Sequence[Mapping[str, Any]], gone: Mapping[str, int]
) -> ShardMeters:
    """From `Engine.stats` of one shard: its own dict, its peers', and what those that left had counted."""

    def of_peers(name: str) -> int:
        return gone.get(name, 0) + sum(int(peer[name]) for peer in peers)

    totals = {name: int(engine.get(key, 0)) for key, name in _ENGINE} | {name: of_peers(key) for key, name in _PEER}
    drops = {name: int(engine.get(name, 0)) for name in _ENGINE_DROPS} | {name: of_peers(name) for name in _PEER_DROPS}
    return ShardMeters(port, len(peers), load, totals, drops)

"""The relay's numbers for `/metrics`: read when they are asked for, per shard, without names or ids of anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from media.face import Relay
from media.meters import LineMeters, RelayMeters

_TOTALS = {
    "packets_in": "Packets received",
    "packets_out": "Packets sent",
    "bytes_in": "Bytes received from peers, after decryption",
    "bytes_out": "Bytes sent to peers",
    "retransmitted": "Packets sent once more on request",
    "nacks": "Packets that receivers asked for again",
    "plis": "Keyframes that receivers asked for",
    "faults": "Turns of the packet loop given up by an error of ours",
}
#: Upper bounds of what lines are held for, kbit/s, and of losses, percent.
ESTIMATES_KBPS = (64, 100, 200, 300, 500, 700, 1_000, 2_000, 3_000, 5_000, 10_000)
LOSSES_PERCENT = (0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)


class RelayCollector(Collector):
    """Asks the relay at each look."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def collect(self) -> Iterator[Metric]:
        meters = self._relay.meters()
        yield from _whole(meters)
        yield from _shards(meters)
        yield from _lines(meters.lines)


def register(relay: Relay, registry: CollectorRegistry) -> RelayCollector:
    """Shown from now on; `registry.unregister` ends it."""
    collector = RelayCollector(relay)
    registry.register(collector)
    return collector


def _whole(meters: RelayMeters) -> Iterator[Metric]:
    yield GaugeMetricFamily("gd_relay_rooms", "Rooms open now", value=meters.rooms)
    yield GaugeMetricFamily("gd_relay_publications", "Tracks published now", value=meters.publications)
    yield CounterMetricFamily(
        "gd_relay_layer_switches", "Pictures given in another quality", value=meters.layer_switches
    )
    yield CounterMetricFamily("gd_relay_turned_away", "Peers refused for want of room", value=meters.turned_away)
    yield CounterMetricFamily(
        "gd_relay_refused_commands", "Commands the engine could not do", value=meters.refused_commands
    )
    yield CounterMetricFamily("gd_relay_lost_events", "Events the engine had to drop", value=meters.lost_events)


def _shards(meters: RelayMeters) -> Iterator[Metric]:
    peers = GaugeMetricFamily("gd_relay_peers", "Peers connected now", labels=["shard"])
    load = GaugeMetricFamily("gd_relay_load", "Share of time that the packet thread was busy of late", labels=["shard"])
    cpu = CounterMetricFamily("gd_relay_cpu_seconds", "Processor time of the packet thread", labels=["shard"])
    drops = CounterMetricFamily("gd_relay_dropped_packets", "Packets that went no further", labels=["shard", "reason"])
    totals = {name: CounterMetricFamily(f"gd_relay_{name}", text, labels=["shard"]) for name, text in _TOTALS.items()}
    for place, shard in enumerate(meters.shards):
        label = str(place)
        peers.add_metric([label], shard.peers)
        load.add_metric([label], shard.load)
        cpu.add_metric([label], shard.totals["cpu_us"] / 1e6)
        for name, family in totals.items():
            family.add_metric([label], shard.totals[name])
        for reason, count in shard.drops.items():
            drops.add_metric([label, reason], count)
    yield from (peers, load, cpu, drops, *totals.values())


def _lines(lines: Sequence[LineMeters]) -> Iterator[Metric]:
    known = [line.estimate_bps / 1_000 for line in lines if line.estimate_bps > 0]
    yield _histogram("gd_relay_estimate_kbps", "What the ways to peers are held for now", known, ESTIMATES_KBPS)
    for name, text, found in (
        ("gd_relay_loss_up_percent", "Loss on the ways from peers", [line.loss_up_ppm for line in lines]),
        ("gd_relay_loss_down_percent", "Loss on the ways to peers", [line.loss_down_ppm for line in lines]),
    ):
        yield _histogram(name, text, [ppm / 10_000 for ppm in found if ppm >= 0], LOSSES_PERCENT)
    levels = GaugeMetricFamily("gd_relay_lines", "Lines of peers by how good they are", labels=["level"])
    for level in ("good", "weak", "poor"):
        levels.add_metric([level], sum(line.level == level for line in lines))
    yield levels
    yield GaugeMetricFamily("gd_relay_narrow", "Peers on sound and stills", value=sum(line.narrow for line in lines))


def _histogram(name: str, text: str, values: Iterable[float], bounds: Sequence[float]) -> Metric:
    found = list(values)
    buckets = [(str(float(bound)), float(sum(v <= bound for v in found))) for bound in bounds]
    return GaugeHistogramMetricFamily(
        name, text, buckets=[*buckets, ("+Inf", float(len(found)))], gsum_value=sum(found)
    )

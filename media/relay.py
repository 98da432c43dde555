"""The relay of one process: an engine per shard with its sockets, the routers, and who is told what. Implements `media.face.Relay`."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from media import engine as notes
from media.addresses import candidates, listening
from media.aiortc_private import new_certificate
from media.clock import MediaClock, SystemMediaClock
from media.config import MediaSettings
from media.engine import Engine, EngineNotice
from media.face import ShardReport
from media.host import PEER_COUNTERS, Host, Node
from media.meters import RelayMeters, shard
from media.notices import Notice
from media.path import PathReport
from media.reports import line_meters
from media.router import RoomRouter

log = structlog.get_logger("media.relay")

TICK_S = 0.2
#: The engines tell how busy they were once a second.
MEASURE_EVERY_US = 1_000_000
_COUNTED = (
    "rx_packets", "tx_packets", "rx_dropped", "tx_dropped", "unknown_address", "bad_stun", "bad_integrity", "wakes",
    "events_lost", "tap_dropped", "cpu_us", "tcp_open", "tcp_accepted", "tcp_refused", "tcp_overdue", "tcp_malformed", "tcp_stuck",
    "tcp_dropped", "exported", "imported", "export_dropped", "faults",
)  # fmt: skip


class MediaRelay:
    """One engine per shard, one certificate (fresh each start, in memory only), any number of rooms."""

    def __init__(self, settings: MediaSettings, clock: MediaClock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemMediaClock()
        self._engines: list[Engine] = []
        self._node: Node | None = None
        self._refused = 0
        self._lost = 0

    async def start(self) -> None:
        """Bind the ports, one per shard, and begin. OSError: a port is taken; nothing is left bound then."""
        node = Node(self._settings, self._clock, *new_certificate())
        try:
            for index in range(self._settings.shard_count):
                engine = Engine(self._on_notice)
                self._engines.append(engine)
                node.hosts.append(self._host(node, index, engine))
        except (OSError, ValueError):
            self._close_engines()
            raise
        self._node = node
        node.tasks.start(self._tick(node), "ticker")
        log.info("relay started", reachable=[f"{c.proto} {c.ip} {c.port}" for h in node.hosts for c in h.candidates])

    def _host(self, node: Node, index: int, engine: Engine) -> Host:
        bound = engine.start(*listening(self._settings, self._settings.port_of(index)))
        return Host(node, index, engine.core, candidates(bound, self._settings, index))

    @property
    def port(self) -> int:
        """The UDP port that the first shard has bound."""
        return self._running().hosts[0].candidates[0].port

    async def close(self) -> None:
        """Routers first, each with its peers; then the tasks; then the engines with their sockets. Idempotent."""
        node, self._node = self._node, None
        if node is None:
            return
        for router in list(node.routers):
            router.close()
        await node.tasks.aclose()
        self._close_engines()

    def _close_engines(self) -> None:
        engines, self._engines = self._engines, []
        for engine in engines:
            engine.close()

    def open_router(self, notify: Callable[[Notice], None]) -> RoomRouter:
        """A room. `notify` is called on the loop's thread; it must only hand over."""
        node = self._running()
        router = RoomRouter(node, notify)
        node.routers.append(router)
        return router

    def counters(self) -> dict[str, int]:
        """Totals as of the last full second, and what stands now: peers, sources, routers."""
        node = self._running()
        found = {"peers": len(node.peers), "publications": len(node.sources), "routers": len(node.routers)}
        found |= {"refused_commands": self._refused, "lost_events": self._lost, "turned_away": node.turned_away}
        engines, peers = self._stats(node)
        found |= {name: sum(int(engine.get(name, 0)) for engine in engines) for name in _COUNTED}
        found |= {
            name: sum(host.gone[name] for host in node.hosts) + sum(int(peer[name]) for peer in peers)
            for name in PEER_COUNTERS
        }
        return found

    def meters(self) -> RelayMeters:
        """The relay in numbers for `/metrics`, as of the last full second."""
        node = self._running()
        shards = []
        for host in node.hosts:
            engine, peers = _counted(node, host)
            shards.append(shard(host.candidates[0].port, round(host.load, 3), engine, peers, host.gone))
        return RelayMeters(
            rooms=len(node.routers),
            publications=len(node.sources),
            layer_switches=node.layer_switches,
            turned_away=node.turned_away,
            refused_commands=self._refused,
            lost_events=self._lost,
            shards=tuple(shards),
            lines=tuple(line_meters(peer) for _, peer in node.peers.values()),
        )

    def shards(self) -> tuple[ShardReport, ...]:
        """Each shard's port, peers and load."""
        return tuple(ShardReport(h.candidates[0].port, h.peers, round(h.load, 3)) for h in self._running().hosts)

    @staticmethod
    def _stats(node: Node) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The engines' own counters, and those of all peers."""
        engines, peers = [], []
        for host in node.hosts:
            engine, mine = _counted(node, host)
            engines.append(engine)
            peers += mine
        return engines, peers

    def _running(self) -> Node:
        if self._node is None:
            raise RuntimeError("the relay is not running")
        return self._node

    async def _tick(self, node: Node) -> None:
        every_us = round(self._settings.stats_every_s * 1e6)
        reported_us = measured_us = self._clock.mono_us()
        while True:
            await asyncio.sleep(TICK_S)
            now_us = self._clock.mono_us()
            if now_us - measured_us >= MEASURE_EVERY_US:
                measured_us = now_us
                for host in node.hosts:
                    host.measure(now_us)
            self._each_router(node, lambda router, now_us=now_us: router.tick(now_us))  # type: ignore[misc]
            if now_us - reported_us >= every_us:
                reported_us = now_us
                stats = {s["peer"]: s for s in self._stats(node)[1]}
                self._each_router(node, lambda router, stats=stats: router.report(stats))  # type: ignore[misc]

    def _each_router(self, node: Node, deed: Callable[[RoomRouter], None]) -> None:
        """A room in trouble does not stop the time of the others."""
        for router in list(node.routers):
            try:
                deed(router)
            except Exception:
                log.exception("a room's turn failed")

    def _on_notice(self, note: EngineNotice) -> None:
        node = self._node
        if node is None:
            return
        match note:
            case notes.DtlsReceived() | notes.PathChanged() | notes.PeerStalled() | notes.PeerResumed():
                if (owner := node.peers.get(note.peer)) is not None:
                    owner[0].engine_says(owner[1], note)
            case notes.LayerChanged():
                if (router := node.sources.get(note.src)) is not None:
                    router.layer_changed(note)
            case notes.AudioLevels(levels=levels):
                self._levels(node, levels)
            case notes.DownlinkFeedback(peers=peers):
                for peer in peers:
                    if (owner := node.peers.get(peer.peer)) is not None:
                        report = PathReport(
                            peer.acked_bps, peer.owd_ms, peer.loss, peer.remb_bps, peer.estimate_bps, peer.sent_bps
                        )
                        owner[0].path_report(owner[1], report)
            case notes.LayerRates(rates=rates):
                for src, rid, bps, _, base_bps, half_bps in rates:
                    if (router := node.sources.get(src)) is not None:
                        router.rates(src, rid, bps, base_bps, half_bps)
            case notes.Refused():
                self._refused += 1
                log.warning("engine refused", call=note.call, handle=note.handle, reason=note.reason)
            case notes.EventsLost():
                self._lost += note.lost
                log.error("engine events lost", count=note.lost)
            case _:
                self._tapped(node, note)

    def _levels(self, node: Node, levels: Sequence[tuple[int, int]]) -> None:
        by_router: dict[RoomRouter, dict[int, int]] = defaultdict(dict)
        for src, level in levels:
            if (router := node.sources.get(src)) is not None:
                by_router[router][src] = level
        for router, heard in by_router.items():
            router.levels(heard)

    def _tapped(self, node: Node, note: EngineNotice) -> None:
        match note:
            case notes.Tapped(packets=packets):
                by_router: dict[RoomRouter, list[notes.TappedPacket]] = defaultdict(list)
                for packet in packets:
                    if (router := node.sources.get(packet.src)) is not None:
                        by_router[router].append(packet)
                for router, mine in by_router.items():
                    router.taps.packets(mine)
            case notes.SenderReport():
                if (router := node.sources.get(note.src)) is not None:
                    router.taps.sender_report(note)
            case notes.TapGap():
                if (router := node.sources.get(note.src)) is not None:
                    router.taps.gap(note)


def _counted(node: Node, host: Host) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A shard's own counters and those of its peers, without peers that left since they were counted (`Host.gone` has them)."""
    engine, *peers = host.core.stats(0)
    return engine, [peer for peer in peers if peer["peer"] in node.peers]

"""The relay of one process: the engine with its sockets, the routers, and who is told what. Implements `media.face.Relay`."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import structlog

from media import engine as notes
from media.addresses import candidates, listening
from media.aiortc_private import new_certificate
from media.clock import MediaClock, SystemMediaClock
from media.config import MediaSettings
from media.engine import Engine, EngineNotice
from media.host import PEER_COUNTERS, Host
from media.notices import Notice
from media.path import PathReport
from media.router import RoomRouter

log = structlog.get_logger("media.relay")

TICK_S = 0.2
_COUNTED = (
    "rx_packets", "tx_packets", "rx_dropped", "tx_dropped", "unknown_address", "bad_stun", "bad_integrity", "wakes",
    "events_lost", "tap_dropped", "cpu_us", "tcp_open", "tcp_accepted", "tcp_refused", "tcp_overdue", "tcp_malformed", "tcp_stuck",
    "tcp_dropped",
)  # fmt: skip


class MediaRelay:
    """One engine, one certificate (fresh each start, in memory only), any number of rooms."""

    def __init__(self, settings: MediaSettings, clock: MediaClock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemMediaClock()
        self._engine = Engine(self._on_notice)
        self._host: Host | None = None
        self._refused = 0
        self._lost = 0

    async def start(self) -> None:
        """Bind the port and begin. OSError: the port is taken."""
        bound = self._engine.start(*listening(self._settings, self._settings.udp_port))
        reachable = candidates(bound, self._settings)
        certificate, fingerprint = new_certificate()
        self._host = Host(self._engine.core, self._settings, self._clock, certificate, fingerprint, reachable)
        self._host.tasks.start(self._tick(self._host), "ticker")
        log.info("relay started", reachable=[f"{c.proto} {c.ip} {c.port}" for c in reachable])

    @property
    def port(self) -> int:
        """The UDP port that was bound."""
        return self._running().candidates[0].port

    async def close(self) -> None:
        """Routers first, each with its peers; then the tasks; then the engine with its sockets. Idempotent."""
        host, self._host = self._host, None
        if host is None:
            return
        for router in list(host.routers):
            router.close()
        await host.tasks.aclose()
        self._engine.close()

    def open_router(self, notify: Callable[[Notice], None]) -> RoomRouter:
        """A room. `notify` is called on the loop's thread; it must only hand over."""
        host = self._running()
        router = RoomRouter(host, notify)
        host.routers.append(router)
        return router

    def counters(self) -> dict[str, int]:
        """Totals as of the last full second, and what stands now: peers, sources, routers."""
        host = self._running()
        found = {"peers": len(host.peers), "publications": len(host.sources), "routers": len(host.routers)}
        found |= {"refused_commands": self._refused, "lost_events": self._lost}
        everything = self._engine.core.stats(0)
        engine = everything[0] if everything else {}
        found |= {name: int(engine.get(name, 0)) for name in _COUNTED}
        found |= {name: host.gone[name] + sum(int(peer[name]) for peer in everything[1:]) for name in PEER_COUNTERS}
        return found

    def _running(self) -> Host:
        if self._host is None:
            raise RuntimeError("the relay is not running")
        return self._host

    async def _tick(self, host: Host) -> None:
        every_us = round(self._settings.stats_every_s * 1e6)
        reported_us = self._clock.mono_us()
        while True:
            await asyncio.sleep(TICK_S)
            now_us = self._clock.mono_us()
            self._each_router(host, lambda router, now_us=now_us: router.tick(now_us))  # type: ignore[misc]
            if now_us - reported_us >= every_us:
                reported_us = now_us
                stats = {s["peer"]: s for s in self._engine.core.stats(0)[1:]}
                self._each_router(host, lambda router, stats=stats: router.report(stats))  # type: ignore[misc]

    def _each_router(self, host: Host, deed: Callable[[RoomRouter], None]) -> None:
        """A room in trouble does not stop the time of the others."""
        for router in list(host.routers):
            try:
                deed(router)
            except Exception:
                log.exception("a room's turn failed")

    def _on_notice(self, note: EngineNotice) -> None:
        host = self._host
        if host is None:
            return
        match note:
            case notes.DtlsReceived() | notes.PathChanged() | notes.PeerStalled() | notes.PeerResumed():
                if (owner := host.peers.get(note.peer)) is not None:
                    owner[0].engine_says(owner[1], note)
            case notes.LayerChanged():
                if (router := host.sources.get(note.src)) is not None:
                    router.layer_changed(note)
            case notes.AudioLevels(levels=levels):
                self._levels(host, levels)
            case notes.DownlinkFeedback(peers=peers):
                for peer in peers:
                    if (owner := host.peers.get(peer.peer)) is not None:
                        report = PathReport(peer.acked_bps, peer.owd_ms, peer.loss, peer.remb_bps, peer.estimate_bps)
                        owner[0].path_report(owner[1], report)
            case notes.LayerRates(rates=rates):
                for src, rid, bps, _, base_bps, half_bps in rates:
                    if (router := host.sources.get(src)) is not None:
                        router.rates(src, rid, bps, base_bps, half_bps)
            case notes.Refused():
                self._refused += 1
                log.warning("engine refused", call=note.call, handle=note.handle, reason=note.reason)
            case notes.EventsLost():
                self._lost += note.lost
                log.error("engine events lost", count=note.lost)
            case _:
                self._tapped(host, note)

    def _levels(self, host: Host, levels: Sequence[tuple[int, int]]) -> None:
        by_router: dict[RoomRouter, dict[int, int]] = defaultdict(dict)
        for src, level in levels:
            if (router := host.sources.get(src)) is not None:
                by_router[router][src] = level
        for router, heard in by_router.items():
            router.levels(heard)

    def _tapped(self, host: Host, note: EngineNotice) -> None:
        match note:
            case notes.Tapped(packets=packets):
                by_router: dict[RoomRouter, list[notes.TappedPacket]] = defaultdict(list)
                for packet in packets:
                    if (router := host.sources.get(packet.src)) is not None:
                        by_router[router].append(packet)
                for router, mine in by_router.items():
                    router.taps.packets(mine)
            case notes.SenderReport():
                if (router := host.sources.get(note.src)) is not None:
                    router.taps.sender_report(note)
            case notes.TapGap():
                if (router := host.sources.get(note.src)) is not None:
                    router.taps.gap(note)

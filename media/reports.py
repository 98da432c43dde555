"""From the engine's counters to PeerStats: differences over an interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from media.clock import MediaClock
from media.meters import LineMeters
from media.notices import Notice, PeerStats
from media.peer import Peer, Publication
from media.speaker import SpeakerBoard


@dataclass(frozen=True, slots=True)
class Totals:
    """A peer's counters since it joined."""

    packets_in: int = 0
    packets_out: int = 0
    received: int = 0
    lost_in: int = 0
    slot_packets: int = 0
    lost_out: int = 0
    audio_in: int = 0
    video_in: int = 0


def totals(stats: Mapping[str, Any], kinds: Mapping[int, str]) -> Totals:
    """Sum up one peer's dict of `Engine.stats`. `kinds`: source → audio or video."""
    sources, slots = stats["sources"], stats["slots"]
    by_kind = {"audio": 0, "video": 0}
    for source in sources:
        by_kind[kinds.get(source["src"], "video")] += source["rx_packets"]
    return Totals(
        packets_in=stats["rx_packets"],
        packets_out=stats["tx_packets"],
        received=sum(s["rx_packets"] for s in sources),
        lost_in=sum(s["lost"] for s in sources),
        slot_packets=sum(s["packets"] for s in slots),
        lost_out=sum(s["lost"] for s in slots),
        audio_in=by_kind["audio"],
        video_in=by_kind["video"],
    )


def peer_stats(peer: int, at_us: int, last_alive_us: int, before: Totals, now: Totals, rtt_ms: float) -> PeerStats:
    """The interval's counters. Those that went back (streams were removed) count as nothing."""
    lost_in, lost_out = now.lost_in - before.lost_in, now.lost_out - before.lost_out
    return PeerStats(
        peer=peer,
        at_us=at_us,
        last_alive_us=last_alive_us,
        packets_in=max(now.packets_in - before.packets_in, 0),
        packets_out=max(now.packets_out - before.packets_out, 0),
        loss_in_ppm=_ppm(lost_in, now.received - before.received + lost_in),
        loss_out_ppm=_ppm(lost_out, now.slot_packets - before.slot_packets),
        rtt_ms=round(rtt_ms),
        audio_in_packets=max(now.audio_in - before.audio_in, 0),
        video_in_packets=max(now.video_in - before.video_in, 0),
    )


def _ppm(part: int, whole: int) -> int:
    return -1 if whole <= 0 else min(max(part, 0) * 1_000_000 // whole, 1_000_000)


def _shown(peer: Peer, publications: Mapping[int, Publication]) -> tuple[tuple[int, str, str], ...]:
    return tuple(
        (shown.peer, shown.role, "stills" if slot.routed.stills else slot.routed.rid)
        for slot in peer.slots_of("video")
        if slot.shows is not None and slot.routed.source and (shown := publications.get(slot.shows)) is not None
    )


def _sends(peer: Peer) -> tuple[tuple[str, str], ...]:
    flowing = [p for p in peer.publications.values() if p.kind == "video" and p.flowing]
    return tuple(
        (p.role, [rid for rid in p.rids or ("",) if rid in p.layers and p.layers[rid].up][-1]) for p in flowing
    )


def line_meters(peer: Peer) -> LineMeters:
    """The peer's line without the peer."""
    line, estimate_bps = peer.line, peer.budget.now_bps or 0
    return LineMeters(estimate_bps, line.loss_up_ppm, line.loss_down_ppm, line.level, peer.stills)


class Reports:
    """PeerStats of one room's peers; remembers what was reported last."""

    def __init__(self, clock: MediaClock, notify: Callable[[Notice], None]) -> None:
        self._clock = clock
        self._notify = notify
        self._before: dict[int, Totals] = {}
        self._spoken_us: dict[int, int] = {}

    def tell(
        self,
        peers: Iterable[Peer],
        publications: Mapping[int, Publication],
        board: SpeakerBoard,
        stats: Mapping[int, Mapping[str, Any]],
    ) -> None:
        """`stats`: the engine's, by peer handle. A peer that has not shown a sign of life yet is left out."""
        at_us = self._clock.unix_us(self._clock.mono_us())
        for peer in peers:
            found = stats.get(peer.handle)
            if found is None or not found["last_us"]:
                continue
            now = totals(found, {p.handle: p.kind for p in peer.publications.values()})
            before, self._before[peer.id] = self._before.get(peer.id, Totals()), now
            alive_us = self._clock.unix_us(found["last_us"])
            counted = peer_stats(peer.id, at_us, alive_us, before, now, found["rtt_ms"])
            peer.line.step(
                loss_up_ppm=counted.loss_in_ppm,
                loss_down_ppm=counted.loss_out_ppm,
                rtt_ms=counted.rtt_ms,
                is_narrow=peer.narrow.holds,
            )
            self._notify(
                replace(
                    counted,
                    speaking_ms=self._speaking_ms(peer.id, board),
                    estimate_bps=peer.budget.now_bps or 0,
                    path=peer.path,
                    shown=_shown(peer, publications),
                    sends=_sends(peer),
                    level=peer.line.level,
                    reason=peer.line.reason,
                )
            )

    def _speaking_ms(self, peer: int, board: SpeakerBoard) -> int:
        """Talk time since the last report; what is less than a millisecond is reported the next time."""
        before_us, now_us = self._spoken_us.get(peer, 0), board.spoken_us(peer)
        spoken_ms = max(now_us - before_us, 0) // 1000
        self._spoken_us[peer] = min(before_us, now_us) + spoken_ms * 1000
        return spoken_ms

    def forget(self, peer: int) -> None:
        self._before.pop(peer, None)
        self._spoken_us.pop(peer, None)

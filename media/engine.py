"""The packet engine's face in Python: one Rust engine, its eventfd in the asyncio loop, its events as typed notices.

Commands go straight through (`engine.core.add_peer(...)`, all non-blocking, see `_core.pyi`). Not here: what to do about a notice.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from media._core import Engine as CoreEngine

#: One wake-up hands over at most this many events, then lets the loop run: a burst must not starve signalling.
BATCH = 2048


class DtlsReceived(NamedTuple):
    """A DTLS datagram of the peer, from a 5-tuple that proved the ICE password."""

    peer: int
    data: bytes


class PathChanged(NamedTuple):
    """Packets to the peer now go to this address. `gen` is the ICE generation (0: before any restart)."""

    peer: int
    gen: int
    proto: str
    ip: str
    port: int


class PeerStalled(NamedTuple):
    """Nothing authenticated from the peer for `ms`; the last was at `last_us` (monotonic)."""

    peer: int
    ms: int
    last_us: int


class PeerResumed(NamedTuple):
    """The first authenticated packet after a stall of `ms`; `last_us` is the last one before the stall (monotonic)."""

    peer: int
    ms: int
    last_us: int


class LayerChanged(NamedTuple):
    """A layer of a source began, changed its size, or (`up` False) sent nothing for 2 s. Sizes are 0 where unknown."""

    src: int
    rid: str
    ssrc: int
    codec: str
    up: bool
    width: int
    height: int


class SlotSwitched(NamedTuple):
    """The slot now sends this layer of this source; `src` 0: silence."""

    slot: int
    src: int
    rid: str


class AudioLevels(NamedTuple):
    """Per source the loudest level of the last 100 ms, 0 (loud) … 127 (silence), where it changed."""

    levels: tuple[tuple[int, int], ...]


class PeerFeedback(NamedTuple):
    """What a peer's feedback says. owd_ms: queueing above the path's minimum; -1 where unknown. estimate_bps: what the way to
    the peer carries, all media together; 0 unknown.
    """

    peer: int
    sent_bps: int
    acked_bps: int
    estimate_bps: int
    owd_ms: float
    loss: float
    rtt_ms: float
    remb_bps: int


class DownlinkFeedback(NamedTuple):
    """Fresh feedback, each 200 ms, of the peers that sent some."""

    peers: tuple[PeerFeedback, ...]


class LayerRates(NamedTuple):
    """Each second, of the layers that are up: (src, rid, bits per second, packets per second, bits per second of temporal layer 0,
    of 0 and 1 together).
    """

    rates: tuple[tuple[int, str, int, int, int, int], ...]


class SenderReport(NamedTuple):
    """Which NTP time (32.32) an RTP time of a tapped source's layer is, and when the report came (monotonic)."""

    src: int
    rid: str
    ntp: int
    rtp: int
    at_us: int


class TappedPacket(NamedTuple):
    """One plaintext RTP packet. `ext_seq` counts on through sequence number wraps."""

    src: int
    rid: str
    at_us: int
    ext_seq: int
    data: bytes


class Tapped(NamedTuple):
    """Packets of tapped sources in order of arrival."""

    packets: tuple[TappedPacket, ...]


class TapGap(NamedTuple):
    """So many packets of a tapped source were not handed over, between two monotonic times: the reader was slow."""

    src: int
    rid: str
    packets: int
    from_us: int
    to_us: int


class Refused(NamedTuple):
    """A command that the engine could not carry out. `reason` is for the log."""

    call: str
    handle: int
    reason: str


class EventsLost(NamedTuple):
    """The event queue was full; `lost` events are gone. Ask `stats` and start over where it matters."""

    lost: int


EngineNotice = (
    DtlsReceived
    | PathChanged
    | PeerStalled
    | PeerResumed
    | LayerChanged
    | SlotSwitched
    | AudioLevels
    | DownlinkFeedback
    | LayerRates
    | SenderReport
    | Tapped
    | TapGap
    | Refused
    | EventsLost
)

_PLAIN: dict[str, Callable[..., EngineNotice]] = {
    "dtls": DtlsReceived,
    "path": PathChanged,
    "stalled": PeerStalled,
    "resumed": PeerResumed,
    "layer": LayerChanged,
    "switched": SlotSwitched,
    "sr": SenderReport,
    "tap_gap": TapGap,
    "refused": Refused,
    "lost_events": EventsLost,
}


def notice_of(event: tuple[Any, ...]) -> EngineNotice:
    """The typed notice of an event tuple of `_core.pyi`. KeyError: a name this version does not know."""
    name, *rest = event
    if name == "tap":
        return Tapped(tuple(TappedPacket._make(p) for p in rest[0]))
    if name == "levels":
        return AudioLevels(tuple(rest[0]))
    if name == "fb":
        return DownlinkFeedback(tuple(PeerFeedback._make(p) for p in rest[0]))
    if name == "rates":
        return LayerRates(tuple(rest[0]))
    return _PLAIN[name](*rest)


class Engine:
    """One engine in an asyncio loop. `notify` is called on the loop's thread, in order; it must only hand over.

    Its exceptions go to the loop's exception handler and do not stop later notices.
    """

    def __init__(self, notify: Callable[[EngineNotice], None]) -> None:
        self.core = CoreEngine()
        self._notify = notify
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, udp: Sequence[tuple[str, int]], tcp: Sequence[tuple[str, int]] = ()) -> list[tuple[str, str, int]]:
        """Bind and begin to read notices in the running loop; returns what was bound. OSError: a port is taken."""
        bound = self.core.bind(udp, tcp)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.core.fileno(), self._readable)
        return bound

    def close(self) -> None:
        """Stop the engine; notices already queued are delivered first. Idempotent."""
        if self._loop is None:
            return
        loop, self._loop = self._loop, None
        loop.remove_reader(self.core.fileno())
        self.core.close()
        while self._drain(loop):
            pass

    def _readable(self) -> None:
        loop = self._loop
        if loop is None:
            return
        os.eventfd_read(self.core.fileno())
        if self._drain(loop):
            loop.call_soon(self._again)

    def _again(self) -> None:
        if self._loop is not None and self._drain(self._loop):
            self._loop.call_soon(self._again)

    def _drain(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Deliver one batch; True when there may be more."""
        events = self.core.poll_events(BATCH)
        for event in events:
            try:
                self._notify(notice_of(event))
            except Exception as error:
                loop.call_exception_handler({"message": f"engine notice {event[0]!r} failed", "exception": error})
        return len(events) == BATCH

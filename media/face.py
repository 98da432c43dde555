"""The relay's face for the server: what room/media_link.py calls. media/relay.py implements it over the engine.

One Relay per process; one Router per live lesson. All methods are quick; only `add_peer`'s ICE and DTLS go on in the background.
Bad SDP raises `BadOffer` with a stable reason; nothing else escapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from media.meters import RelayMeters
from media.notices import Notice


class BadOffer(Exception):
    """reason ∈ too_large, malformed, no_fingerprint, no_ice, too_many_media, no_bundle, no_codec, unknown_mid, stale,
    dtls_role (the client would be the DTLS server; we are), nothing_sent, nothing_received (WHIP and WHEP)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoCapacity(Exception):
    """There is no place for another peer: the node has `max_peers`, or all its shards are busy. Nobody present is served worse for it."""


@dataclass(frozen=True, slots=True)
class Publish:
    """A sending m-line of the offer. role ∈ microphone, camera, screen, screen_audio."""

    mid: str
    role: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visible tile: the publishing peer, camera or screen, its size in device pixels."""

    peer: int
    role: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What a peer may do. `publish`: roles whose packets are forwarded; `priority`: lecturer 2, has the floor 1, else 0.

    `sees` and `hears`: peers of the router whose pictures and sounds this one may be sent, None: everybody's. One row of the
    visibility matrix. It is enforced twice: what is not permitted gets no slot, and the engine sends nothing of it.
    """

    publish: frozenset[str]
    priority: int
    sees: frozenset[int] | None = None
    hears: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class TapInfo:
    """A tapped publication, for the recorder. codec ∈ opus, vp8, h264; `clock_hz` of its RTP time."""

    publication: int
    peer: int
    role: str
    codec: str
    clock_hz: int


#: Called with (publication, arrival_us, plaintext RTP packets) in batches, in order per publication.
TapSink = Callable[[int, Sequence[tuple[int, bytes]]], None]
#: Called with (publication, ntp_us as Unix microseconds, rtp) of sender reports.
SenderReportSink = Callable[[int, int, int], None]
#: Called when frames were dropped between two times: (publication, from_us, to_us).
TapGapSink = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class TapSinks:
    packets: TapSink
    sender_report: SenderReportSink
    overflow: TapGapSink
    #: A tapped publication began or ended (role and codec are known only once packets flow).
    started: Callable[[TapInfo], None]
    ended: Callable[[int], None]


class Router(Protocol):
    """One room's routing table."""

    def add_peer(self, peer: int, offer: str, publish: Sequence[Publish], admission: Admission) -> str:
        """Admit a peer with its SDP offer; returns the SDP answer. A peer known already is replaced (rejoin)."""
        ...

    def renegotiate(self, peer: int, n: int, offer: str, publish: Sequence[Publish]) -> str:
        """A further offer of the same connection. The same `n` returns the same answer; an older one raises BadOffer("stale")."""
        ...

    def restart_ice(self, peer: int, gen: int, offer: str) -> str:
        """New ICE credentials, same DTLS and SRTP; idempotent by `gen`."""
        ...

    def admit(self, peer: int, admission: Admission) -> None: ...

    def remove_peer(self, peer: int) -> None: ...

    def set_view(
        self, peer: int, tiles: Sequence[Wanted], pinned: int | None, listen_only: bool, profile: str = "full"
    ) -> None:
        """What the peer's client shows. profile ∈ full, audio_and_stills (no moving pictures: a narrow or dear line)."""
        ...

    def tap(self, sinks: TapSinks | None) -> None:
        """Hand every published microphone, camera, screen to the sinks (best layer), or stop with None."""
        ...

    def request_keyframe(self, publication: int) -> None: ...

    def publications(self) -> Sequence[TapInfo]:
        """What is being published now."""
        ...

    def last_alive_us(self, peer: int) -> int | None:
        """Unix microseconds of the peer's last authenticated packet."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ShardReport:
    """A shard of the relay: its port, its peers, and the share of time (0 to 1) that its thread was busy of late."""

    port: int
    peers: int
    load: float


class Relay(Protocol):
    """The relay of one process."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def open_router(self, notify: Callable[[Notice], None]) -> Router:
        """`notify` is called on the event loop's thread; it must only hand over."""
        ...

    def counters(self) -> dict[str, int]:
        """Totals for tests and the bench: packets, bytes, drops by reason."""
        ...

    def shards(self) -> Sequence[ShardReport]:
        """What each shard carries, for the administrator."""
        ...

    def meters(self) -> RelayMeters:
        """Everything for /metrics."""
        ...

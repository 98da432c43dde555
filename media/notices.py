"""What the relay reports to whoever runs the room: frozen values, technical, no school in them.

Ids: `peer` and `publication` are the integers that the room handed in or got from the Router. `at_us` is Unix microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """ICE and DTLS are up; packets flow. path ∈ udp, tcp, relay (one of the school's TURN servers)."""

    peer: int
    at_us: int
    path: str
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class PeerMoved:
    """A connected peer's packets go another way now: the same words as in `PeerConnected`."""

    peer: int
    at_us: int
    path: str
    ipv6: bool


@dataclass(frozen=True, slots=True)
class PeerSilent:
    """No authenticated packet for `silent_ms`, last one at `last_alive_us`. Reported at 1.5 s, 5 s, 15 s and 30 s."""

    peer: int
    last_alive_us: int
    silent_ms: int


@dataclass(frozen=True, slots=True)
class PeerRecovered:
    """Packets again after silence."""

    peer: int
    at_us: int
    silent_ms: int


@dataclass(frozen=True, slots=True)
class PeerFailed:
    """DTLS failed or the fingerprint was wrong. The peer is gone. reason ∈ dtls, fingerprint, timeout."""

    peer: int
    reason: str


@dataclass(frozen=True, slots=True)
class PublicationStarted:
    """First packet of a publication, or packets again after a pause of 2 s. role ∈ microphone, camera, screen, screen_audio."""

    peer: int
    publication: int
    role: str
    at_us: int


@dataclass(frozen=True, slots=True)
class PublicationPaused:
    """No packet of it for 2 s (camera off, muted with DTX off, share ended)."""

    peer: int
    publication: int
    role: str
    at_us: int


@dataclass(frozen=True, slots=True)
class SlotMapChanged:
    """What the receive slots of `peer` show now: (mid, publishing peer or None, role or None)."""

    peer: int
    rev: int
    slots: tuple[tuple[str, int | None, str | None], ...]


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Peers speaking now, loudest first, with hysteresis."""

    speakers: tuple[int, ...]
    at_us: int


@dataclass(frozen=True, slots=True)
class PeerSpoke:
    """A stretch of speech of at least 5 s ended (or passed another 60 s)."""

    peer: int
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Every 10 s per peer: counters of the interval. loss in parts per million, -1 unknown.

    `speaking_ms`: talk time within the interval; all intervals add up to the person's. `estimate_bps`: what the way to the peer is held for,
    0 unknown. `path`: udp, tcp or relay. `shown`: (publishing peer, role, rid or "stills") of each picture that the peer is sent; `sends`: (role,
    best rid that flows) of each that it publishes. `level` ∈ good, weak, poor, `reason` ∈ loss_down, loss_up, delay, narrow or empty: what a badge
    says in words (`media.line`).
    """

    peer: int
    at_us: int
    last_alive_us: int
    packets_in: int
    packets_out: int
    loss_in_ppm: int
    loss_out_ppm: int
    rtt_ms: int
    audio_in_packets: int
    video_in_packets: int
    speaking_ms: int = 0
    estimate_bps: int = 0
    path: str = "udp"
    shown: tuple[tuple[int, str, str], ...] = ()
    sends: tuple[tuple[str, str], ...] = ()
    level: str = "good"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """Rids of a publication that anybody watches; the sender may switch the others off."""

    peer: int
    mid: str
    active: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The peer is sent everything (`full`), or sound and stills of shared screens only (`audio_and_stills`).

    `automatic`: its line is too narrow for more; otherwise its client asked for it.
    """

    peer: int
    profile: str
    automatic: bool


Notice = (
    PeerConnected | PeerMoved | PeerSilent | PeerRecovered | PeerFailed | PublicationStarted | PublicationPaused | SlotMapChanged
    | SpeakersChanged | PeerSpoke | PeerStats | LayersWanted | ProfileChanged
)  # fmt: skip

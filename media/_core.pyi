"""The packet engine (Rust, media/core). Sockets, ICE-lite, SRTP, forwarding, feedback, taps and counters live here.

Not here: DTLS, SDP, which layer a peer should get, rooms, school. Python uses it through `media.engine`.

Rules for every call
- Nothing blocks. A command is put in a queue and carried out by the engine's own thread, in order; the thread never takes
  the GIL. What cannot be carried out (unknown handle, wrong key length found late) becomes a `refused` event.
- Handles (`peer`, `src`, `slot`) are the caller's integers, 1 … 2**32-1; 0 means "none" (or "all" in `stats`).
- ValueError: an argument that can be judged at once (length, range, name) is wrong. OSError: a socket could not be had.
  RuntimeError: the engine is closed.
- Times in events named `_us` are CLOCK_MONOTONIC microseconds, i.e. `time.monotonic_ns() // 1000` of the same machine.
- `kind` is "audio" or "video". `codec` is "opus", "red", "vp8", "h264", "vp9", "av1" or "other". `rid` is "" for a source
  without simulcast.

Events, as returned by `poll_events` (first item: the name). `media.engine` turns them into typed notices.
    ("dtls", peer, data)                           a DTLS datagram from an authenticated 5-tuple
    ("path", peer, gen, proto, ip, port)           packets now go to this address (first path, or the peer moved)
    ("stalled", peer, ms, last_us)                 nothing authenticated for ms (1500, 5000, 15000, 30000: once each)
    ("resumed", peer, ms, last_us)                 first authenticated packet after a stall of ms; last_us: before the stall
    ("layer", src, rid, ssrc, codec, up, w, h)     a layer began, changed its size, or (up=False) sent nothing for 2 s
                                                   (0.5 s when it flowed well and another layer goes on)
    ("switched", slot, src, rid)                   the slot now sends this layer (src=0: it went silent)
    ("levels", [(src, level)])                     every 100 ms, changes only: loudest value, 0 loud … 127 silence; 127 once when
                                                   a source stops sending levels
    ("fb", [(peer, sent_bps, acked_bps, estimate_bps, owd_ms, loss, rtt_ms, remb_bps)])
                                                   every 200 ms, peers with fresh downlink feedback; -1 / 0 where not known.
                                                   estimate_bps: what the way to the peer carries, all media together
    ("rates", [(src, rid, bps, packets_per_s, bps_0, bps_01)])
                                                   each second, layers that are up; bps_0, bps_01: of temporal layer 0, and of 0 and 1
    ("sr", src, rid, ntp, rtp, at_us)              sender report of a tapped source: NTP 32.32 ↔ RTP time, arrival
    ("tap", [(src, rid, at_us, ext_seq, packet)])  plaintext RTP of tapped sources, in order of arrival, padding removed;
                                                   ext_seq: sequence number with its roll-over count
    ("tap_gap", src, rid, packets, from_us, to_us) this many packets of the source were not handed over: the reader was slow
    ("refused", call, handle, reason)              a command that could not be carried out
    ("lost_events", count)                         the event queue was full; this many were dropped (never taps or liveness)
"""

from collections.abc import Mapping, Sequence
from typing import Any, final

__all__ = ["VERSION", "Engine", "FloorEngine", "LoadEngine"]

VERSION: str
"""Version of the compiled crate."""

@final
class Engine:
    """One engine thread with its sockets. Make one per UDP port (shard); a peer lives in one engine."""

    def __init__(self) -> None: ...
    def bind(self, udp: Sequence[tuple[str, int]], tcp: Sequence[tuple[str, int]] = ...) -> list[tuple[str, str, int]]:
        """Open the sockets and start the thread. Port 0 = any free one, the same for all that ask for 0.

        At most one address per family in each list, at least one in `udp`; an IPv6 socket takes no IPv4. `tcp` listens for
        ICE-TCP (RFC 6544, passive). Returns what was bound as (proto, ip, port), UDP first, in the order given.
        """
    def fileno(self) -> int:
        """The eventfd: readable when `poll_events` has something. Reading it clears it (8 bytes)."""
    def poll_events(self, max: int = 1024) -> list[tuple[Any, ...]]:
        """Up to `max` events, oldest first. When fewer than `max` come back the queue is empty."""
    def close(self) -> None:
        """Stop the thread and close the sockets. Idempotent. Events still queued can be polled."""

    def add_peer(self, peer: int, ufrag: str, pwd: str, remote_ufrag: str) -> None:
        """A peer may now connect: STUN with `ufrag:remote_ufrag`, keyed with our own `pwd` (RFC 8445 §7, ICE-lite)."""
    def restart_peer(self, peer: int, gen: int, ufrag: str, pwd: str, remote_ufrag: str) -> None:
        """ICE restart number `gen` (1, 2, …). SRTP keys and streams stay. Older or equal numbers are ignored.

        The old credentials answer until the first nominated check with the new ones.
        """
    def remove_peer(self, peer: int) -> None:
        """Forget the peer, its sources and slots. Slots of others that showed its sources fall silent (`switched`)."""
    def send_dtls(self, peer: int, data: bytes) -> None:
        """One DTLS datagram (at most 1500 B) to the peer's current path; dropped while there is none."""
    def set_srtp(self, peer: int, profile: int, rx_key: bytes, rx_salt: bytes, tx_key: bytes, tx_salt: bytes) -> None:
        """MASTER keys and salts from the DTLS exporter; session keys are derived inside (RFC 3711 §4.3, RFC 7714 §11).

        `profile` is the DTLS-SRTP number: 1 AES128_CM_SHA1_80 (16 B key, 14 B salt), 7 AEAD_AES_128_GCM (16, 12),
        8 AEAD_AES_256_GCM (32, 12). We are the DTLS server: rx = client pair, tx = server pair. Before this call RTP is dropped
        and counted. May be called once per peer; again is refused (a repeated key would repeat nonces).
        """
    def set_ext(self, peer: int, ids: Mapping[str, int]) -> None:
        """Header extension ids the peer negotiated, both directions (they are one map per BUNDLE group).

        Names: "mid", "rid", "rrid", "twcc", "abs_send_time", "audio_level", "orientation", "playout_delay". Ids 1…14 are sent;
        15…255 are understood on receipt (two-byte form).
        """

    def add_source(
        self,
        src: int,
        peer: int,
        mid: str,
        kind: str,
        codecs: Sequence[tuple[int, str, int, int]],
        rids: Sequence[str] = ...,
        ssrcs: Sequence[tuple[int, str, int]] = ...,
    ) -> None:
        """A publication of the peer. It forwards nothing until routed, and is enabled from the start.

        codecs: (pt, codec, rtx_pt or 0, clock_hz), in the publisher's numbers. rids: low to high quality, at most 4; empty =
        one layer with rid "". ssrcs: (ssrc, rid, rtx_ssrc or 0) where the SDP named them (Firefox, single layer); otherwise
        SSRCs are learnt from the mid/rid/rrid extensions. An audio codec whose rtx_pt is its own pt: the publisher answers NACKs by
        sending the packet again under its number; lost ones are asked for.
        """
    def add_mirror(
        self,
        src: int,
        of: Engine,
        of_src: int,
        publisher: int,
        kind: str,
        codecs: Sequence[tuple[int, str, int, int]],
        rids: Sequence[str] = ...,
    ) -> None:
        """Have the source `of_src` of another engine here, as `src`, to be routed to slots of this engine.

        publisher: handle of the peer that publishes it, there. kind, codecs, rids: as in its add_source. Its packets cross once,
        decrypted, only layers that a slot here is routed to; keyframe requests travel back. Enabling, layers and levels are told at
        home only; so are taps taken. Ends with `remove_source`; falls silent when the source ends at home. Should this engine be far
        behind, video is dropped up to the next keyframe (`export_dropped` at home), sound much later.
        """
    def enable_source(self, src: int, on: bool) -> None:
        """Off: the publication is not permitted; its packets are dropped right after authentication, tapped or not."""
    def set_patient(self, src: int, on: bool) -> None:
        """On: a shared screen. On a line too thin for its pictures they wait up to 30 s for their turn instead of being given up, and
        keyframes do not count in `rates`. Also for mirrors.
        """
    def remove_source(self, src: int) -> None: ...
    def add_slot(
        self,
        slot: int,
        peer: int,
        mid: str,
        kind: str,
        ssrc: int,
        rtx_ssrc: int,
        codecs: Mapping[str, tuple[int, int]],
        cname: str = "sfu",
    ) -> None:
        """A receive slot of the peer with one SSRC for its whole life. codecs: codec -> (pt, rtx_pt or 0), subscriber's numbers.

        rtx_ssrc 0: no retransmission stream for this slot. An SSRC (or rtx_ssrc) the peer already used is refused. "opus" with its own pt
        as rtx_pt: NACKs are answered by the same packet once more. "red": the slot may carry copies (`set_red`).
        """
    def remove_slot(self, slot: int) -> None: ...
    def route(self, slot: int, src: int, rid: str = "", max_tid: int = 7, stills: bool = False) -> None:
        """Show `src` in `slot`, layer `rid` (empty: the lowest), temporal layers 0 … max_tid. src 0: silence.

        stills: whole keyframes only (ask for them with `request_keyframe`); moving pictures come back at a keyframe.

        Video switches on the wanted layer's next keyframe (asked for here), the old layer runs on until then when it belongs to
        the same source. While the wanted layer is not live, the nearest lower live one, else the nearest higher, is sent.
        A codec the slot does not have is refused when its first packet comes.
        """
    def set_red(self, slot: int, copies: int) -> None:
        """Earlier frames (0 … 2) that each packet of an audio slot carries along (RED, RFC 2198), where the slot has "red" in its codecs.
        Without "red" the earlier packets go out once more, as they were: the receiver drops what it has already.

        Takes effect with the next packet; sequence numbers do not notice. Refused for a video slot.
        """
    def request_keyframe(self, src: int) -> None:
        """Ask the publisher for a keyframe (PLI, at most one per 500 ms and source; repeated until one comes)."""
    def set_remb(self, peer: int, bps: int) -> None:
        """Ceiling for what the peer may send us, repeated each second; 0 = none."""
    def set_desired(self, peer: int, bps: int) -> None:
        """What all that the peer's view wishes would cost. While the estimate is below, the engine probes towards it with padding
        in retransmission streams; 0 = nothing is wished, no probing.
        """
    def set_sees(self, peer: int, kind: str, publishers: Sequence[int] | None) -> None:
        """Publishing peers whose sources of this kind may be sent to the peer; None (the beginning): everybody's.

        Takes effect with the next packet, retransmissions included: `switched` says which slots fell silent. A route to what is
        not permitted stays silent until it is.
        """
    def tap(self, src: int, on: bool, best_layer: bool = True) -> None:
        """Hand plaintext packets of the source out as `tap` and `sr` events; best_layer: only its highest live layer.

        Bounded: when the reader is slow, video is dropped up to its next keyframe, audio is kept; `tap_gap` says so.
        """
    def busy_us(self) -> tuple[int, int]:
        """CPU time of the engine's thread so far, and time that it could have run and waited for a core; at most a second old."""
    def stats(self, peer: int = 0) -> list[dict[str, Any]]:
        """Counters, at most a second old (asking brings fresh ones for the next call): a dict per peer; 0 = all, the engine's own first.

        Peer: peer, gen, proto ("udp", "tcp" or ""), path ("ip:port" or ""), last_us (last authenticated packet, 0 = never), rx_packets, rx_bytes, tx_packets,
        tx_bytes, stun, dtls, dtls_dropped, auth_failures, replays, before_keys, unmapped, rtx_sent, padding (packets
        sent to learn what the way carries), paced (packets that waited for their turn), pace_dropped (waited too long), nacks_in, plis_in, rtt_ms,
        sources: [{src, enabled, rx_packets, rx_bytes, lost, recovered, duplicates, nacks_out, plis_out, dropped_disabled,
        unknown_pt, tap_dropped, layers: [{rid, ssrc, up, packets, bytes, bps}]}],
        slots: [{slot, src, rid, packets, bytes, rtx, nacks, plis, lost, guarded}].
        Engine: peer 0, peers, rx_packets, tx_packets, rx_dropped and tx_dropped (no room in the kernel's buffers), unknown_address,
        bad_stun, bad_integrity, wakes (of Python), events_lost, faults (turns given up by an error of ours), tap_dropped,
        tap_backlog, exported and imported (packets to and of mirrors), export_dropped (the other engine was behind), cpu_us,
        waited_us (for a core), rcvbuf, sndbuf; TCP connections: tcp_open, tcp_accepted, tcp_refused (too many), tcp_overdue (no
        password in time), tcp_malformed, tcp_stuck (took or said nothing), tcp_dropped (frames, to slow ones).
        """

@final
class LoadEngine:
    """Synthetic peers on one thread, each with a UDP socket of its own: publishers that send marked packets, receivers that count them.

    ICE, SRTP, RTCP and statistics are here; DTLS and signalling are the caller's. Peers are numbered from 0. Calls wait for the
    thread's turn to end, which is a matter of milliseconds. ValueError: an argument is wrong; RuntimeError: closed, or too many peers.
    Receivers are drained on a timer, never by blocking, so that the server under load pays for no wake-ups of theirs; times of arrival
    are the kernel's. Every packet is opened whole, so that a server that sends rubbish cannot look quick.
    """

    def __new__(cls, ip: str) -> LoadEngine:
        """Begin; peers' sockets will be bound to this address."""
    def fileno(self) -> int:
        """The eventfd: readable when `poll_events` has something."""
    def add_peer(self, ufrag: str, pwd: str, seed: int) -> tuple[int, int]:
        """A peer with these ICE credentials; its number and port. `seed`: 64 random bits."""
    def connect(self, peer: int, ufrag: str, pwd: str, ip: str, port: int, controlling: bool) -> None:
        """Check the path there with the server's credentials; nominate with every check when controlling."""
    def poll_events(self) -> list[tuple[Any, ...]]:
        """("path", peer): the path works; ("dtls", peer, data): a DTLS datagram came."""
    def send_dtls(self, peer: int, data: bytes) -> None: ...
    def set_srtp(self, peer: int, profile: int, rx_key: bytes, rx_salt: bytes, tx_key: bytes, tx_salt: bytes) -> None:
        """Keys of the handshake, as in `Engine.set_srtp` but in the client's view."""
    def listen(
        self, peer: int, ssrc: int, remb_bps: int = 0, twcc_id: int = 0, nack: bool = False, rtx_pt: int = 0
    ) -> None:
        """How the peer receives. `ssrc`: whom its reports come from. `twcc_id` 0: no transport-wide feedback; `rtx_pt` 0: none."""
    def publish(
        self,
        peer: int,
        kind: str,
        ssrc: int,
        pt: int,
        clock_hz: int,
        frames_per_s: int,
        packets: int = 1,
        size: int = 1100,
        key_packets: int = 1,
        key_every_ms: int = 0,
        pace_us: int = 0,
        width: int = 1280,
        height: int = 720,
        extension: bytes = ...,
    ) -> None:
        """Publish a stream as soon as there are keys: frames of `packets` of `size` bytes (before sealing), spaced by `pace_us`.

        "video" is VP8 with a keyframe of `key_packets` first, every `key_every_ms` (0: never unasked), and when asked for. `extension`: a
        whole header extension (RFC 8285) with its head.
        """
    def fall_silent(self, peer: int) -> None:
        """The peer publishes no more."""
    def set_poll_us(self, us: int) -> None:
        """Time between two drains of the receivers' sockets (100 … 100 000)."""
    def open_window(self) -> None:
        """Count from here on; counters begin at 0."""
    def close_window(self) -> None:
        """What is sent from now on does not count; what is under way still does."""
    def stats(self) -> dict[str, Any]:
        """Counters of the window: sent (by stream), received, bytes, bad, duplicates, unparsed, repairs, rtcp, unsent (not taken by the
        kernel), overflows (of our own receive buffers, ever), gaps (in sequences, ever), keyframes_asked, nacked, and latency from the
        publisher's send to the kernel's arrival: p50_us, p90_us, p99_us, max_us.
        """
    def heard(self) -> list[tuple[int, int]]:
        """For each peer: marked packets received ever, and when the first came (CLOCK_MONOTONIC microseconds, 0: none)."""
    def close(self) -> None: ...

@final
class FloorEngine:
    """The cheapest forwarder there can be with these system calls, for comparison: opens each packet once, seals it for every subscriber.

    One thread, one socket, ICE-lite; no retransmission, feedback, layers, estimation or pacing. Peers are numbered from 0.
    """

    def __new__(cls, ip: str, gso: bool = True) -> FloorEngine: ...
    def port(self) -> int: ...
    def fileno(self) -> int:
        """The eventfd: readable when `poll_events` has something."""
    def poll_events(self) -> list[tuple[Any, ...]]:
        """("dtls", peer, data)."""
    def add_peer(self, ufrag: str, pwd: str, publishes: bool) -> int: ...
    def send_dtls(self, peer: int, data: bytes) -> None: ...
    def set_srtp(
        self, peer: int, profile: int, rx_key: bytes, rx_salt: bytes, tx_key: bytes, tx_salt: bytes
    ) -> None: ...
    def close(self) -> None: ...

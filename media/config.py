"""What the relay can be told: ports, addresses, limits, codecs. Not here: where the values come from (the server's settings)."""

from __future__ import annotations

import os
from dataclasses import dataclass

#: More shards than this have not paid on any machine measured: the network is full before.
MOST_SHARDS = 4


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Settings of one relay. The defaults suit one school's box; times end in `_s`."""

    #: Addresses that are listened on, one per family; 0.0.0.0 and :: for every address of the machine. :: is left out on a
    #: machine without IPv6.
    bind_ips: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104 - a media server is there to be reached
    #: UDP port of the first shard, and TCP port for ICE-TCP; the others take the numbers after it. 0 takes any free ones (tests).
    udp_port: int = 3478
    #: Engines, each with its own thread and port; 0: one per core, at most `MOST_SHARDS`.
    shards: int = 0
    #: Take TCP connections (ICE-TCP, RFC 6544) on the same port number, for networks that let no UDP through.
    tcp: bool = True
    #: Addresses written into answers as candidates, best first. Empty: the bound ones, or this machine's own when bound to all.
    announced_ips: tuple[str, ...] = ()
    #: First of a row of TCP ports written into answers, one per shard, when forwardings lead from them to the bound ones; 0: the bound ones.
    announced_tcp_port: int = 0
    #: Addresses that the school's TURN servers send from: a peer there is reached through a relay.
    turn_ips: tuple[str, ...] = ()
    #: Admission limit of the node: more peers are refused, nobody is served worse.
    max_peers: int = 400
    #: Students' cameras that one peer is sent at once, whatever its client asks for (a page of the gallery has up to 25).
    max_student_cameras: int = 25
    #: Voices that one peer is sent at once besides the lecturer's, the loudest first.
    max_voices: int = 4
    #: Video codecs in order of preference; a publisher is answered with the first one that it offers. Between vp8 and h264 its own
    #: order decides. vp9 and av1 may be named too: they are forwarded, their layers are not rewritten.
    video_codecs: tuple[str, ...] = ("vp8", "h264")
    #: A peer that has not connected (ICE and DTLS) by then has failed.
    connect_timeout_s: float = 30.0
    #: Time from the first DTLS datagram to the end of the handshake.
    handshake_timeout_s: float = 10.0
    #: Keyframes of tapped video are asked for this often: seek points and stills of the recording.
    tap_keyframe_every_s: float = 10.0
    #: Counters of each peer are reported this often.
    stats_every_s: float = 10.0
    #: Ceiling for what one peer may send, in bits per second; 0 for none.
    max_uplink_bps: int = 0

    @property
    def shard_count(self) -> int:
        """Shards to open on this machine."""
        return self.shards or shards_for(len(os.sched_getaffinity(0)))

    def port_of(self, shard: int) -> int:
        """The UDP and TCP port of a shard, counted from 0; 0 stays 0."""
        return self.udp_port + shard if self.udp_port else 0


def shards_for(cores: int) -> int:
    """One per core, at least 1, at most `MOST_SHARDS`."""
    return min(max(cores, 1), MOST_SHARDS)

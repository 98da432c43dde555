"""Writes the SDP answer: ICE-lite, BUNDLE, DTLS-passive, the client's own numbers. Pure.

What is published is `recvonly` with its rids; a slot is `sendonly` with one SSRC for its whole life; everything else is inactive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media.addresses import Candidate
from media.codecs import Taken, section_extensions
from media.sdp import Offer, Section

#: CNAME of everything the relay sends, in SDP and in SDES.
CNAME = "sfu"

#: Type preferences of host candidates: UDP's own, and one below every kind of UDP candidate that RFC 8445 names.
_UDP_TYPE, _TCP_TYPE = 126, 90
#: Direction preference of a passive candidate (RFC 6544 §4.2).
_PASSIVE = 4


@dataclass(frozen=True, slots=True)
class Local:
    """Our end of the transport. `candidates`: at least one, best first; the first one stands in the m-lines."""

    ufrag: str
    pwd: str
    fingerprint: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PublishLine:
    """An m-line that the client publishes on. `rids` in the offer's order; `ssrcs` as the offer names them."""

    role: str
    codecs: tuple[Taken, ...]
    rids: tuple[str, ...]
    ssrcs: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SlotLine:
    """An m-line that the client receives on. Two slots with one `stream` are played in step (lip sync)."""

    codecs: tuple[Taken, ...]
    ssrc: int
    rtx_ssrc: int
    stream: str
    track: str


Line = PublishLine | SlotLine


def write_answer(
    offer: Offer, lines: Mapping[str, Line], ids: Mapping[str, int], local: Local, session: int, version: int
) -> str:
    """The answer to `offer`. Live audio and video without a line of their own are inactive; data channels are refused."""
    taken = [s for s in offer.sections if not s.stopped and s.kind in ("audio", "video")]
    text = [
        "v=0",
        f"o=- {session} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        " ".join(["a=group:BUNDLE", *(s.mid for s in taken)]),
        "a=msid-semantic: WMS *",
    ]
    if offer.allow_mixed:
        text.append("a=extmap-allow-mixed")
    for section in offer.sections:
        if section not in taken:
            text += _refused(section)
            continue
        line = lines.get(section.mid)
        text += _head(section, line, local)
        # Where the client gathered for an m-line of its own, it gets ours there too: aiortc 1.16 reads the last one only.
        if section is taken[0] or section.gathered:
            text += _candidates(local)
        text += _body(section, line, ids)
    return "\r\n".join(text) + "\r\n"


def _refused(section: Section) -> list[str]:
    formats = " ".join(section.formats)
    return [
        f"m={section.kind} 0 {section.protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        "a=inactive",
        f"a=mid:{section.mid}",
    ]


def _head(section: Section, line: Line | None, local: Local) -> list[str]:
    ip, port = local.candidates[0].ip, local.candidates[0].port
    formats = _payload_types(line.codecs) if line else list(section.formats)
    return [
        f"m={section.kind} {port} {section.protocol} {' '.join(formats)}",
        f"c=IN {_family(ip)} {ip}",
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]


def _candidates(local: Local) -> list[str]:
    """Host candidates, the first ones preferred: RFC 8445 §5.1.2.1 for UDP; RFC 6544 §4.2 for TCP, which comes after all UDP."""
    found = []
    for index, c in enumerate(local.candidates):
        if c.proto == "udp":
            priority, suffix = _UDP_TYPE << 24 | (0xFFFF - index) << 8 | 255, ""
        else:
            preference = _PASSIVE << 13 | 0x1FFF - index
            priority, suffix = _TCP_TYPE << 24 | preference << 8 | 255, " tcptype passive"
        found.append(f"a=candidate:{index + 1} 1 {c.proto} {priority} {c.ip} {c.port} typ host{suffix}")
    return [*found, "a=end-of-candidates"]


def _body(section: Section, line: Line | None, ids: Mapping[str, int]) -> list[str]:
    if line is None:
        return ["a=inactive", *_maps(section)]
    publishes = isinstance(line, PublishLine)
    repeated = any(t.is_repeated for t in line.codecs)
    taken = section_extensions(section, publishes=publishes, repeated=repeated, ids=ids)
    text = [f"a=extmap:{i} {uri}" for i, uri in taken]
    text += _codecs(line.codecs)
    if isinstance(line, PublishLine):
        text.append("a=recvonly")
        text += [f"a=rid:{rid} recv" for rid in line.rids]
        if line.rids:
            text.append(f"a=simulcast:recv {';'.join(line.rids)}")
        return text
    text += ["a=sendonly", f"a=msid:{line.stream} {line.track}"]
    if line.rtx_ssrc:
        text.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    return text + [f"a=ssrc:{s} cname:{CNAME}" for s in (line.ssrc, line.rtx_ssrc) if s]


def _payload_types(codecs: Sequence[Taken]) -> list[str]:
    return [str(pt) for t in codecs for pt in (t.codec.pt, t.rtx_pt) if pt]


def _codecs(codecs: Sequence[Taken]) -> list[str]:
    text = []
    for taken in codecs:
        codec = taken.codec
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        text.append(f"a=rtpmap:{codec.pt} {_spelled(codec.name)}/{codec.clock_hz}{channels}")
        text += [f"a=rtcp-fb:{codec.pt} {what}" for what in taken.feedback]
        if parameters := _fmtp(taken):
            text.append(f"a=fmtp:{codec.pt} {parameters}")
        if taken.rtx_pt:
            text += [f"a=rtpmap:{taken.rtx_pt} rtx/{codec.clock_hz}", f"a=fmtp:{taken.rtx_pt} apt={codec.pt}"]
    return text


def _fmtp(taken: Taken) -> str:
    codec = taken.codec
    if codec.name == "opus":
        # DTX: silence costs 18 packets in 4 s instead of 200. FEC: a lost packet is heard through the next one.
        return "minptime=10;useinbandfec=1;usedtx=1"
    if codec.name == "red":
        return next(iter(codec.fmtp))
    if codec.name == "vp9":
        return "profile-id=0"
    if codec.name == "h264":
        profile = codec.fmtp["profile-level-id"]
        return f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    return ""


def _maps(section: Section) -> list[str]:
    """An inactive m-line keeps the offer's payload types, so that it can be used later."""
    text = []
    for codec in section.codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        text.append(f"a=rtpmap:{codec.pt} {_spelled(codec.name)}/{codec.clock_hz}{channels}")
        if codec.fmtp:
            text.append(f"a=fmtp:{codec.pt} " + ";".join(f"{k}={v}" if v else k for k, v in codec.fmtp.items()))
    return text


def _spelled(name: str) -> str:
    """Names as browsers write them: video and telephone-event in their usual case."""
    return name.upper() if name in ("vp8", "vp9", "h264", "av1", "pcmu", "pcma", "g722", "cn") else name


def _family(ip: str) -> str:
    return "IP6" if ":" in ip else "IP4"

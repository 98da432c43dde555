"""The little SDP that synthetic peers need: offers to publish or to receive, answers to an offer, and what the other side's text says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

OPUS_PT = 111
VP8_PT = 96
RTX_PT = 97
#: Ids of header extensions, as Chromium numbers them.
TWCC_ID, MID_ID, RID_ID = 3, 4, 10
_TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
_MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
_RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
_VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")


class BadAnswer(Exception):
    """The other side's SDP lacks what a connection needs."""


@dataclass(frozen=True, slots=True)
class Medium:
    """An m-line of ours: `kind` audio or video; `ssrcs` of what is published, one per rid (or one)."""

    kind: str
    ssrcs: tuple[int, ...] = ()
    rids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Features:
    """What offers name beside the codecs."""

    rtx: bool = False
    twcc: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Our end of the transport."""

    ufrag: str
    pwd: str
    fingerprint: str
    ip: str
    port: int


@dataclass(slots=True)
class Remote:
    """The other side. `media`: (kind, mid, direction, first words of the m-line, codec names by payload type)."""

    ufrag: str
    pwd: str
    ip: str
    port: int
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    lite: bool
    media: list[RemoteMedium] = field(default_factory=list)


@dataclass(slots=True)
class RemoteMedium:
    kind: str
    protocol: str
    formats: tuple[str, ...]
    mid: str = ""
    direction: str = "sendrecv"
    codecs: dict[str, str] = field(default_factory=dict)


def write_offer(near: Near, media: Sequence[Medium], features: Features, *, publish: bool) -> str:
    """An offer that publishes these media, or asks for as many."""
    lines = _head([str(i) for i in range(len(media))])
    for i, medium in enumerate(media):
        has_rtx = features.rtx and medium.kind == "video"
        formats = [OPUS_PT] if medium.kind == "audio" else [VP8_PT, RTX_PT] if has_rtx else [VP8_PT]
        lines.append(f"m={medium.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, formats))}")
        lines += _transport(near, "actpass")
        lines += [f"a=mid:{i}", "a=sendonly" if publish else "a=recvonly"]
        lines += _extensions(medium, features)
        lines += _codecs(medium.kind, has_rtx)
        if publish:
            lines += _tracks(medium)
    return "\r\n".join(lines) + "\r\n"


def write_answer(near: Near, remote: Remote) -> str:
    """An answer that takes whatever is offered; we are the DTLS client."""
    lines = _head([m.mid for m in remote.media])
    for medium in remote.media:
        if medium.kind not in ("audio", "video"):
            lines.append(f"m={medium.kind} 9 {medium.protocol} {' '.join(medium.formats)}")
            lines += [*_transport(near, "active"), f"a=mid:{medium.mid}", "a=sctp-port:5000"]
            continue
        wanted = "vp8" if medium.kind == "video" else "opus"
        pt = next((pt for pt, name in medium.codecs.items() if name == wanted), medium.formats[0])
        lines.append(f"m={medium.kind} 9 UDP/TLS/RTP/SAVPF {pt}")
        lines += [*_transport(near, "active"), f"a=mid:{medium.mid}"]
        lines.append("a=inactive" if medium.direction == "inactive" else "a=recvonly")
        lines += _codecs(medium.kind, has_rtx=False, pt=pt)
    return "\r\n".join(lines) + "\r\n"


def read(text: str, want_ip: str = "") -> Remote:
    """The other side's description; its candidate at `want_ip` if there is one. BadAnswer."""
    session: dict[str, list[str]] = {}
    media: list[RemoteMedium] = []
    for line in text.replace("\r", "").split("\n"):
        if line.startswith("m="):
            kind, _, protocol, *formats = line[2:].split(" ")
            media.append(RemoteMedium(kind, protocol, tuple(formats)))
        name, _, value = line.removeprefix("a=").partition(":")
        session.setdefault(name, []).append(value)
        if media:
            _note(media[-1], name, value)
    ip, port = _candidate(session.get("candidate", []), want_ip)
    try:
        login = session["ice-ufrag"][0], session["ice-pwd"][0]
    except KeyError as error:
        raise BadAnswer("no ICE credentials") from error
    digests = (value.partition(" ") for value in session.get("fingerprint", []))
    fingerprints = tuple({(algorithm.lower(), digest.upper()): None for algorithm, _, digest in digests})
    setup = session.get("setup", ["actpass"])[0]
    return Remote(*login, ip, port, fingerprints, setup, "ice-lite" in session, media)


def extension(mid: str, rid: str = "") -> bytes:
    """The header extension (RFC 8285, one-byte form) that says which m-line and layer a packet belongs to."""
    elements = b""
    for ident, text in ((MID_ID, mid), (RID_ID, rid)):
        if text:
            elements += bytes([ident << 4 | len(text) - 1]) + text.encode()
    elements += bytes(-len(elements) % 4)
    return b"\xbe\xde" + (len(elements) // 4).to_bytes(2, "big") + elements


def _note(medium: RemoteMedium, name: str, value: str) -> None:
    if name == "mid":
        medium.mid = value
    elif name in ("sendrecv", "sendonly", "recvonly", "inactive"):
        medium.direction = name
    elif name == "rtpmap":
        pt, _, codec = value.partition(" ")
        medium.codecs[pt] = codec.partition("/")[0].lower()


def _candidate(values: Sequence[str], want_ip: str) -> tuple[str, int]:
    """The first host candidate of the first component over UDP: best at the wanted address, else of its family."""
    words = [value.split(" ") for value in values]
    found = [
        (w[4], int(w[5])) for w in words if len(w) > 7 and w[1] == "1" and w[2].lower() == "udp" and w[7] == "host"
    ]
    if want_ip:
        found = [c for c in found if (":" in c[0]) == (":" in want_ip)]
    if not found:
        raise BadAnswer("no UDP candidate that can be reached")
    return next((c for c in found if c[0] == want_ip), found[0])


def _head(mids: Sequence[str]) -> list[str]:
    bundle = " ".join(["a=group:BUNDLE", *mids])
    return ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", bundle, "a=msid-semantic: WMS *"]


def _transport(near: Near, setup: str) -> list[str]:
    return [
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{near.ufrag}",
        f"a=ice-pwd:{near.pwd}",
        f"a=fingerprint:sha-256 {near.fingerprint}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        f"a=candidate:1 1 udp 2130706431 {near.ip} {near.port} typ host",
        "a=end-of-candidates",
    ]


def _extensions(medium: Medium, features: Features) -> list[str]:
    lines = [f"a=extmap:{MID_ID} {_MID}"] if medium.rids else []
    lines += [f"a=extmap:{RID_ID} {_RID}"] if medium.rids else []
    if features.twcc:
        lines.append(f"a=extmap:{TWCC_ID} {_TWCC}")
    return lines


def _codecs(kind: str, has_rtx: bool, pt: int | str = 0) -> list[str]:
    if kind == "audio":
        pt = pt or OPUS_PT
        return [f"a=rtpmap:{pt} opus/48000/2", f"a=fmtp:{pt} minptime=10;useinbandfec=1"]
    pt = pt or VP8_PT
    lines = [f"a=rtpmap:{pt} VP8/90000", *(f"a=rtcp-fb:{pt} {what}" for what in (*_VIDEO_FEEDBACK, "transport-cc"))]
    return lines + ([f"a=rtpmap:{RTX_PT} rtx/90000", f"a=fmtp:{RTX_PT} apt={pt}"] if has_rtx else [])


def _tracks(medium: Medium) -> list[str]:
    if medium.rids:
        return [*(f"a=rid:{rid} send" for rid in medium.rids), f"a=simulcast:send {';'.join(medium.rids)}"]
    lines = [f"a=msid:load load-{medium.kind}"]
    return lines + [f"a=ssrc:{ssrc} cname:load" for ssrc in medium.ssrcs]

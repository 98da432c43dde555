"""Offers of the synthetic client, in two dialects: other browsers use other payload types and extension ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
RRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


@dataclass(frozen=True)
class Dialect:
    """A browser's numbers."""

    opus: int = 111
    vp8: int = 96
    vp8_rtx: int = 97
    mid: int = 4
    rid: int = 10
    rrid: int = 11
    twcc: int = 3
    level: int = 1
    #: RED in audio slots; 0: not offered.
    red: int = 0


CHROMIUM = Dialect()
FIREFOX = Dialect(opus=109, vp8=120, vp8_rtx=124, mid=3, rid=9, rrid=10, twcc=7, level=1)


@dataclass
class Sender:
    """What the client publishes on one m-line: an SSRC (and one for retransmission) for each rid, "" without simulcast."""

    mid: str
    role: str
    rids: tuple[str, ...]
    ssrcs: dict[str, int]
    rtx_ssrcs: dict[str, int]
    seqs: dict[str, int] = field(default_factory=dict)
    timestamp: int = 0
    picture_id: int = 0

    @property
    def kind(self) -> str:
        return "audio" if self.role in ("microphone", "screen_audio") else "video"


def new_sender(mid: str, role: str, rids: Sequence[str], random: Random) -> Sender:
    names = tuple(rids) or ("",)
    return Sender(
        mid,
        role,
        tuple(rids),
        {r: random.getrandbits(31) + 1 for r in names},
        {r: random.getrandbits(31) + 1 for r in names},
        {r: random.getrandbits(15) for r in names},
        random.getrandbits(31),
        random.getrandbits(14),
    )


def write_offer(
    dialect: Dialect,
    senders: Sequence[Sender],
    slots: Sequence[tuple[str, str]],
    ufrag: str,
    pwd: str,
    fingerprint: str,
) -> str:
    """`slots`: (mid, kind)."""
    mids = [s.mid for s in senders] + [mid for mid, _ in slots]
    text = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(mids),
        "a=extmap-allow-mixed",
    ]
    for sender in senders:
        text += _section(dialect, sender.kind, sender.mid, "sendonly", ufrag, pwd, fingerprint)
        if sender.rids:
            text += [f"a=rid:{r} send" for r in sender.rids] + ["a=simulcast:send " + ";".join(sender.rids)]
        else:
            text += [f"a=ssrc:{sender.ssrcs['']} cname:test"]
            if sender.kind == "video":
                text += [f"a=ssrc-group:FID {sender.ssrcs['']} {sender.rtx_ssrcs['']}"]
    for mid, kind in slots:
        text += _section(dialect, kind, mid, "recvonly", ufrag, pwd, fingerprint)
    return "\r\n".join(text) + "\r\n"


def _section(d: Dialect, kind: str, mid: str, direction: str, ufrag: str, pwd: str, fingerprint: str) -> list[str]:
    formats = f"{d.opus}" if kind == "audio" else f"{d.vp8} {d.vp8_rtx}"
    text = [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", f"a={direction}",
        f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}", f"a=fingerprint:sha-256 {fingerprint}", "a=setup:actpass",
        "a=rtcp-mux", "a=rtcp-rsize", f"a=extmap:{d.mid} {MID}", f"a=extmap:{d.twcc} {TWCC}",
    ]  # fmt: skip
    if kind == "audio":
        text += [
            f"a=extmap:{d.level} {LEVEL}",
            f"a=rtpmap:{d.opus} opus/48000/2",
            f"a=rtcp-fb:{d.opus} transport-cc",
        ]
        if d.red:
            text[0] += f" {d.red}"
            text += [f"a=rtpmap:{d.red} red/48000/2", f"a=fmtp:{d.red} {d.opus}/{d.opus}"]
        return text
    text += [f"a=extmap:{d.rid} {RID}", f"a=extmap:{d.rrid} {RRID}"]
    text += [f"a=rtpmap:{d.vp8} VP8/90000", f"a=rtpmap:{d.vp8_rtx} rtx/90000", f"a=fmtp:{d.vp8_rtx} apt={d.vp8}"]
    return text + [f"a=rtcp-fb:{d.vp8} {what}" for what in ("transport-cc", "nack", "nack pli")]

"""Which codecs, feedback and header extensions of an offer are taken. Pure. Not here: the text of the answer (`media.answer`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from media.face import BadOffer
from media.sdp import Codec, Offer, Section

#: Extension URI → the engine's name. The dependency descriptor is left out on purpose: with it Chromium sends VP8 without picture
#: id and TL0PICIDX. Left out as well: toffset and video-layers-allocation, which nothing here uses.
EXTENSIONS = {
    "urn:ietf:params:rtp-hdrext:sdes:mid": "mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id": "rid",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id": "rrid",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": "twcc",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": "abs_send_time",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level": "audio_level",
    "urn:3gpp:video-orientation": "orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay": "playout_delay",
}
#: What a m-line may use, by its kind and whether it publishes.
_PUBLISHED = {
    "audio": {"mid", "twcc", "abs_send_time", "audio_level"},
    "video": {"mid", "rid", "rrid", "twcc", "abs_send_time", "orientation"},
}
_SLOT = {
    "audio": {"mid", "twcc", "abs_send_time", "audio_level"},
    "video": {"mid", "twcc", "abs_send_time", "orientation", "playout_delay"},
}
_CHANGE_WHEN_REPEATED = {"twcc", "abs_send_time"}
_FEEDBACK = {
    "audio": ("transport-cc", "nack"),
    "video": ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"),
}
#: Codecs of which layers can be switched and dropped; of others one encoding is forwarded as it is.
SWITCHED = ("vp8", "h264")
#: The one-byte form of RFC 8285; larger ids would need the two-byte form towards this peer.
MAX_EXTENSION_ID = 14
#: First digits of `profile-level-id` (RFC 6184 §8.1): H264 constrained baseline, and all of baseline.
_CONSTRAINED, _BASELINE = "42e0", "42"
#: RFC 5761 §4: with rtcp-mux these payload types look like RTCP.
_RTCP_LOOKALIKES = range(64, 96)
_SEEN_FROM_US = {"sendonly": "/recvonly", "recvonly": "/sendonly"}
_SIMULCAST_ORDER = ("q", "h", "f")


@dataclass(frozen=True, slots=True)
class Taken:
    """A codec of the answer: the client's payload types and the feedback that both sides know."""

    codec: Codec
    rtx_pt: int
    feedback: tuple[str, ...]

    @property
    def is_repeated(self) -> bool:
        """Sound has no retransmission stream: a packet asked for is sent once more under its own number."""
        return self.codec.name == "opus" and "nack" in self.feedback

    @property
    def engine_rtx_pt(self) -> int:
        """As `_core.pyi` wants it: the payload type of retransmissions, its own where packets are repeated, else 0."""
        return self.codec.pt if self.is_repeated else self.rtx_pt


def publication_codecs(section: Section, preference: Sequence[str]) -> tuple[Taken, ...]:
    """One video codec, the first of the preference that is offered; Opus and RED in the offer's order. BadOffer: no_codec.

    Between VP8 and H.264, whose layers are switched alike, the client's order decides: it knows what its hardware encodes.
    Browsers offer Opus first and then send no RED; a client on a bad line may offer RED first. Sound that is repeated on request is
    answered without transport-wide numbers (see `section_extensions`), so without feedback about them. Encoders that say plain
    baseline (FFmpeg: 42001e) are taken too: what sets it apart, reordered and redundant slices, none of them makes.
    """
    taken = _known_codecs(section, preference, plain=True)
    if section.kind == "video":
        alike = [t for t in taken if t.codec.name in SWITCHED] if taken[0].codec.name in SWITCHED else taken[:1]
        return (min(alike, key=lambda t: section.codecs.index(t.codec)),)
    offered = sorted(taken, key=lambda t: section.codecs.index(t.codec))
    return tuple(replace(t, feedback=("nack",)) if t.is_repeated else t for t in offered)


def slot_codecs(section: Section, preference: Sequence[str]) -> tuple[Taken, ...]:
    """Every known codec that the slot can receive, by preference. BadOffer: no_codec."""
    return _known_codecs(section, preference, plain=False)


def _known_codecs(section: Section, preference: Sequence[str], *, plain: bool) -> tuple[Taken, ...]:
    names = ("opus", "red") if section.kind == "audio" else tuple(preference)
    taken = tuple(t for name in names if (t := _take(section, name, plain=plain)) is not None)
    if not taken or taken[0].codec.name == "red":
        raise BadOffer("no_codec")
    return tuple(t for t in taken if t.codec.name != "red" or _carries(t.codec, taken[0].codec))


def _take(section: Section, name: str, *, plain: bool) -> Taken | None:
    named = [c for c in section.codecs if c.name == name and c.pt not in _RTCP_LOOKALIKES]
    suited = [c for c in named if _suits(c, _CONSTRAINED)] or [c for c in named if plain and _suits(c, _BASELINE)]
    if not suited:
        return None
    codec, wanted = suited[0], _FEEDBACK[section.kind]
    return Taken(codec, _rtx_of(section, codec.pt), tuple(f for f in wanted if f in codec.feedback))


def _suits(codec: Codec, profile: str) -> bool:
    if codec.name in ("opus", "red"):
        return codec.clock_hz == 48000 and codec.channels == 2
    if codec.clock_hz != 90000:
        return False
    if codec.name == "h264":
        # With fragmentation units: what every browser decodes.
        offered = codec.fmtp.get("profile-level-id", "").lower()
        return codec.fmtp.get("packetization-mode") == "1" and offered.startswith(profile)
    # VP9 and AV1: profile 0, eight bits and 4:2:0.
    return codec.fmtp.get("profile-id", "0") == "0" and codec.fmtp.get("profile", "0") == "0"


def _carries(red: Codec, opus: Codec) -> bool:
    """RFC 2198 §5: fmtp names the payload types of the blocks, primary first."""
    blocks = next(iter(red.fmtp), "").split("/")
    return len(blocks) > 1 and set(blocks) == {str(opus.pt)}


def _rtx_of(section: Section, pt: int) -> int:
    for codec in section.codecs:
        if codec.name == "rtx" and codec.fmtp.get("apt") == str(pt) and codec.pt not in _RTCP_LOOKALIKES:
            return codec.pt
    return 0


def extension_ids(offer: Offer) -> dict[str, int]:
    """The engine's names → ids over the whole BUNDLE. One id with two meanings is refused (RFC 9143 §10)."""
    ids: dict[str, int] = {}
    meaning: dict[int, str] = {}
    for section in offer.sections:
        if section.stopped or section.kind not in _SLOT:
            continue
        for uri, extension in section.extensions.items():
            if meaning.setdefault(extension.id, uri) != uri:
                raise BadOffer("malformed")
            name = EXTENSIONS.get(uri)
            if name is not None and 1 <= extension.id <= MAX_EXTENSION_ID:
                ids.setdefault(name, extension.id)
    return ids


def section_extensions(
    section: Section, *, publishes: bool, repeated: bool, ids: Mapping[str, int]
) -> list[tuple[str, str]]:
    """(id with its direction seen from us, URI) of the extensions taken on this m-line.

    `repeated`: lost packets of a publication come again under their own number. They must then come again as they were: browsers
    write a fresh send time and transport-wide number into a repeated packet, and with AES-GCM two headers under one index give
    the authentication key away (RFC 7714 §8.1). So neither is taken there.
    """
    names = (_PUBLISHED if publishes else _SLOT)[section.kind]
    if publishes and repeated:
        names = names - _CHANGE_WHEN_REPEATED
    useless = ("inactive", "recvonly" if publishes else "sendonly")
    taken = []
    for uri, extension in section.extensions.items():
        name = EXTENSIONS.get(uri)
        if name in names and ids.get(name) == extension.id and extension.direction not in useless:
            # RFC 8285 §6: one that is offered `sendonly` can be answered only with `recvonly`.
            ours = _SEEN_FROM_US.get(extension.direction, "")
            taken.append((f"{extension.id}{ours}", uri))
    return taken


def low_to_high(rids: Sequence[str]) -> tuple[str, ...]:
    """Layers by rising quality. Firefox lists them otherwise, but the names q, h, f say it."""
    if set(rids) <= set(_SIMULCAST_ORDER):
        return tuple(r for r in _SIMULCAST_ORDER if r in rids)
    return tuple(rids)

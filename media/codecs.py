"""Which codecs, feedback and header extensions of an offer are taken. Pure. Not here: the text of the answer (`media.answer`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
_FEEDBACK = {
    "audio": ("transport-cc",),
    "video": ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"),
}
#: The one-byte form of RFC 8285; larger ids would need the two-byte form towards this peer.
MAX_EXTENSION_ID = 14
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


def publication_codecs(section: Section, preference: Sequence[str]) -> tuple[Taken, ...]:
    """One codec, the first of the preference that is offered. BadOffer: no_codec."""
    return slot_codecs(section, preference)[:1]


def slot_codecs(section: Section, preference: Sequence[str]) -> tuple[Taken, ...]:
    """Every known codec that the slot can receive, by preference. BadOffer: no_codec."""
    names = ("opus",) if section.kind == "audio" else tuple(preference)
    taken = tuple(t for name in names if (t := _take(section, name)) is not None)
    if not taken:
        raise BadOffer("no_codec")
    return taken


def _take(section: Section, name: str) -> Taken | None:
    for codec in section.codecs:
        if codec.name == name and codec.pt not in _RTCP_LOOKALIKES and _suits(codec):
            wanted = _FEEDBACK[section.kind]
            return Taken(codec, _rtx_of(section, codec.pt), tuple(f for f in wanted if f in codec.feedback))
    return None


def _suits(codec: Codec) -> bool:
    if codec.name == "opus":
        return codec.clock_hz == 48000 and codec.channels == 2
    if codec.clock_hz != 90000:
        return False
    if codec.name == "h264":
        # Constrained baseline with fragmentation units: what every browser decodes.
        profile = codec.fmtp.get("profile-level-id", "").lower()
        return codec.fmtp.get("packetization-mode") == "1" and profile.startswith("42e0")
    return True


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


def section_extensions(section: Section, *, publishes: bool, ids: Mapping[str, int]) -> list[tuple[str, str]]:
    """(id with its direction seen from us, URI) of the extensions taken on this m-line."""
    names = (_PUBLISHED if publishes else _SLOT)[section.kind]
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

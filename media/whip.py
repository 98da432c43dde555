"""What WHIP (RFC 9725) and WHEP add to SDP: which m-lines a device sends, and the fragments of trickle ICE (RFC 8840). Pure.

Not here: HTTP, keys, what an offer must look like otherwise (`media.sdp`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from media.face import BadOffer, Publish
from media.sdp import MAX_CANDIDATES, read_offer

#: Fragments carry credentials and a few candidates.
MAX_FRAGMENT_BYTES = 16 * 1024
#: What an encoder's m-lines become in the room.
ROLE_OF_KIND = {"audio": "microphone", "video": "camera"}

_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")


class BadFragment(Exception):
    """reason ∈ too_large, malformed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fragment:
    """Credentials of a fragment, both empty where it names none, and how many candidates it brings."""

    ufrag: str
    pwd: str
    candidates: int


def encoder_tracks(offer: str) -> list[Publish]:
    """The m-lines that an encoder sends. BadOffer: those of `read_offer`; nothing_sent, too_many_media (RFC 9725 §4.4.2: one of a kind)."""
    sent = [s for s in read_offer(offer).sections if not s.stopped and s.direction in ("sendonly", "sendrecv")]
    tracks = [Publish(s.mid, ROLE_OF_KIND[s.kind]) for s in sent if s.kind in ROLE_OF_KIND]
    if not tracks:
        raise BadOffer("nothing_sent")
    if len({track.role for track in tracks}) < len(tracks):
        raise BadOffer("too_many_media")
    return tracks


def check_screen(offer: str) -> None:
    """A screen only receives. BadOffer: those of `read_offer`; nothing_received."""
    live = [s for s in read_offer(offer).sections if not s.stopped and s.kind in ROLE_OF_KIND]
    if not any(s.direction in ("recvonly", "sendrecv") for s in live):
        raise BadOffer("nothing_received")


def read_fragment(text: str) -> Fragment:
    """A PATCH's body. Candidates are counted, not used: we are ICE-lite and answer whoever proves the password. BadFragment."""
    if len(text.encode("utf-8", "replace")) > MAX_FRAGMENT_BYTES:
        raise BadFragment("too_large")
    lines = [line for raw in text.split("\n") if (line := raw.removesuffix("\r"))]
    if not lines or not all(len(line) > 2 and line[:2] in ("a=", "m=") and line.isprintable() for line in lines):
        raise BadFragment("malformed")
    ufrag, pwd = _only(lines, "a=ice-ufrag:"), _only(lines, "a=ice-pwd:")
    candidates = sum(line.startswith("a=candidate:") for line in lines)
    if bool(ufrag) != bool(pwd) or candidates > MAX_CANDIDATES:
        raise BadFragment("malformed")
    return Fragment(ufrag, pwd, candidates)


def _only(lines: Sequence[str], name: str) -> str:
    """The one value of an attribute that may be repeated per m-line (they are bundled: one transport)."""
    values = {line.removeprefix(name) for line in lines if line.startswith(name)}
    if len(values) > 1 or not all(_ICE.fullmatch(value) for value in values):
        raise BadFragment("malformed")
    return next(iter(values), "")


def credentials_of(sdp: str) -> tuple[str, str]:
    """(ufrag, pwd) of an offer or answer that was read before."""
    found = [re.search(rf"^a=ice-{name}:(\S+)", sdp, re.MULTILINE) for name in ("ufrag", "pwd")]
    ufrag, pwd = (match.group(1) if match else "" for match in found)
    return ufrag, pwd


def with_credentials(offer: str, ufrag: str, pwd: str) -> str:
    """The same offer with other ICE credentials: what a restart by fragment asks for. Its old candidates are left out."""
    offer = re.sub(r"^a=ice-ufrag:[^\r\n]*", f"a=ice-ufrag:{ufrag}", offer, flags=re.MULTILINE)
    offer = re.sub(r"^a=ice-pwd:[^\r\n]*", f"a=ice-pwd:{pwd}", offer, flags=re.MULTILINE)
    return re.sub(r"^a=(candidate:[^\r\n]*|end-of-candidates)\r?\n", "", offer, flags=re.MULTILINE)


def fragment_of(answer: str) -> str:
    """Our new credentials and candidates, out of the answer to a restart's offer."""
    ufrag, pwd = credentials_of(answer)
    candidates = re.findall(r"^a=candidate:[^\r\n]*", answer, re.MULTILINE)
    mid = re.search(r"^a=mid:([^\r\n]*)", answer, re.MULTILINE)
    kind = re.search(r"^m=(\w+)", answer, re.MULTILINE)
    lines = ["a=ice-lite", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}"]
    if mid and kind:
        lines += [f"m={kind.group(1)} 9 UDP/TLS/RTP/SAVPF 0", f"a=mid:{mid.group(1)}", *candidates]
    return "\r\n".join([*lines, "a=end-of-candidates"]) + "\r\n"

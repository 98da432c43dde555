"""Reads a browser's SDP offer (RFC 8866, RFC 9429) into frozen values, with caps. Untrusted text in, `Offer` or BadOffer out.

Not here: which codecs and extensions are taken (`media.codecs`), the answer (`media.answer`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from media.face import BadOffer

#: 25 video and 6 audio slots with trimmed codecs are 52 kB.
MAX_OFFER_BYTES = 64 * 1024
#: 25 video and 6 audio slots, 4 publications, a data channel, and some that were stopped.
MAX_MEDIA = 40
MAX_CANDIDATES = 50
MAX_CODECS = 64
MAX_RIDS = 4
MAX_DIGITS = 10

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
FINGERPRINT_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,16}")
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_HEX_PAIRS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2})*")


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of an m-line. `name` is lower case (opus, vp8, h264, rtx …)."""

    pt: int
    name: str
    clock_hz: int
    channels: int
    fmtp: Mapping[str, str] = field(default_factory=dict)
    feedback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """A header extension of an m-line (RFC 8285 §6). `direction` is empty where the offer names none."""

    id: int
    direction: str


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line. `rids` in the offer's order; `ssrcs`: (ssrc, its retransmission SSRC or 0). `gathered`: it names candidates."""

    index: int
    kind: str
    mid: str
    protocol: str
    formats: tuple[str, ...]
    direction: str
    stopped: bool
    codecs: tuple[Codec, ...]
    extensions: Mapping[str, Extension]
    rids: tuple[str, ...]
    ssrcs: tuple[tuple[int, int], ...]
    gathered: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole offer. `fingerprints`: (algorithm, value in upper case) of the BUNDLE's transport."""

    sections: tuple[Section, ...]
    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    allow_mixed: bool

    def section(self, mid: str) -> Section | None:
        """The live m-line with this mid."""
        return next((s for s in self.sections if s.mid == mid and not s.stopped), None)


@dataclass(slots=True)
class _Block:
    """The session's part of an offer, or an m-line with what follows it: attributes by name, each with its values in order."""

    head: str
    attributes: dict[str, list[str]] = field(default_factory=dict)

    def take(self, line: str) -> None:
        if line[0] == "a":
            name, _, value = line[2:].partition(":")
            if (values := self.attributes.get(name)) is not None:
                values.append(value)
            else:
                self.attributes[name] = [value]

    def all(self, name: str) -> list[str]:
        return self.attributes.get(name, [])


class _Tables:
    """Codecs and extensions of one offer's m-lines: a browser writes the same for each of a kind, so most are read once."""

    def __init__(self) -> None:
        self._codecs: dict[tuple[tuple[str, ...], ...], tuple[Codec, ...]] = {}
        self._extensions: dict[tuple[str, ...], Mapping[str, Extension]] = {}

    def codecs(self, formats: tuple[str, ...], block: _Block) -> tuple[Codec, ...]:
        key = (formats, *(tuple(block.all(name)) for name in ("rtpmap", "fmtp", "rtcp-fb")))
        if (found := self._codecs.get(key)) is None:
            found = self._codecs[key] = _codecs(*key)
        return found

    def extensions(self, block: _Block) -> Mapping[str, Extension]:
        key = tuple(block.all("extmap"))
        if (found := self._extensions.get(key)) is None:
            found = self._extensions[key] = _extensions(key)
        return found


def read_offer(text: str) -> Offer:
    """The offer as values. BadOffer: too_large, malformed, no_fingerprint, no_ice, too_many_media, no_bundle."""
    if len(text) > MAX_OFFER_BYTES or len(text.encode("utf-8", "replace")) > MAX_OFFER_BYTES:
        raise BadOffer("too_large")
    session, blocks = _blocks(text)
    if len(blocks) > MAX_MEDIA:
        raise BadOffer("too_many_media")
    if sum(len(b.all("candidate")) for b in (session, *blocks)) > MAX_CANDIDATES:
        raise BadOffer("too_large")
    tables = _Tables()
    sections = tuple(_section(i, block, tables) for i, block in enumerate(blocks))
    live = [s for s in sections if not s.stopped]
    _check_mids(sections, live, session)
    transport = blocks[live[0].index]
    return Offer(
        sections=sections,
        ufrag=_ice(session, transport),
        fingerprints=_fingerprints(session, transport),
        allow_mixed="extmap-allow-mixed" in session.attributes,
    )


def _blocks(text: str) -> tuple[_Block, list[_Block]]:
    """The session's part, and each m-line's."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    if not lines or lines[0] != "v=0":
        raise BadOffer("malformed")
    session = current = _Block(lines[0])
    blocks: list[_Block] = []
    for line in lines:
        if len(line) < 2 or line[1] != "=" or not line.isprintable():
            raise BadOffer("malformed")
        if line[0] == "m":
            current = _Block(line)
            blocks.append(current)
        else:
            current.take(line)
    if not blocks:
        raise BadOffer("malformed")
    return session, blocks


def _number(text: str, top: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS) or (number := int(text)) > top:
        raise BadOffer("malformed")
    return number


def _section(index: int, block: _Block, tables: _Tables) -> Section:
    parts = block.head[2:].split(" ")
    if len(parts) < 4 or len(parts) > 3 + MAX_CODECS:
        raise BadOffer("malformed")
    kind, port, protocol = parts[:3]
    formats = tuple(parts[3:])
    mids = block.all("mid")
    if len(mids) != 1 or not _TOKEN.fullmatch(mids[0]) or not _TOKEN.fullmatch(kind):
        raise BadOffer("malformed")
    stopped = _number(port, 65535) == 0 and "bundle-only" not in block.attributes
    media = kind in ("audio", "video")
    if media and not stopped and protocol not in ("UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"):
        raise BadOffer("malformed")
    return Section(
        index=index,
        kind=kind,
        mid=mids[0],
        protocol=protocol,
        formats=formats,
        direction=next((name for name in block.attributes if name in DIRECTIONS), "sendrecv"),
        stopped=stopped,
        codecs=tables.codecs(formats, block) if media else (),
        extensions=tables.extensions(block),
        rids=_rids(block),
        ssrcs=_ssrcs(block),
        gathered="candidate" in block.attributes,
    )


def _codecs(
    formats: tuple[str, ...], rtpmaps: tuple[str, ...], fmtps: tuple[str, ...], feedbacks: tuple[str, ...]
) -> tuple[Codec, ...]:
    """The payload types that have an rtpmap, in the m-line's order."""
    order = [_number(f, 127) for f in formats]
    maps: dict[int, tuple[str, int, int]] = {}
    for value in rtpmaps:
        pt, _, codec = value.partition(" ")
        name, _, rest = codec.partition("/")
        clock, _, channels = rest.partition("/")
        if not _TOKEN.fullmatch(name):
            raise BadOffer("malformed")
        maps[_number(pt, 127)] = (name.lower(), _number(clock, 1 << 31), _number(channels or "1", 255))
    fmtp = {pt: params for pt, params in (_pt_and_text(v) for v in fmtps) if pt is not None}
    feedback: dict[int, list[str]] = {}
    for value in feedbacks:
        one, what = _pt_and_text(value)
        for each in maps if one is None else (one,):
            feedback.setdefault(each, []).append(what)
    return tuple(
        Codec(pt, *maps[pt], _parameters(fmtp.get(pt, "")), tuple(feedback.get(pt, ())))
        for pt in dict.fromkeys(order)
        if pt in maps
    )


def _pt_and_text(value: str) -> tuple[int | None, str]:
    """`96 nack pli` → (96, "nack pli"); None for the wildcard `*`."""
    pt, _, text = value.partition(" ")
    return (None if pt == "*" else _number(pt, 127)), text.strip()


def _parameters(text: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in text.split(";") if part.strip())
    return {key.lower(): value for key, _, value in pairs}


def _extensions(extmaps: tuple[str, ...]) -> dict[str, Extension]:
    """By URI. An id given twice is refused; a URI keeps its first id."""
    found: dict[str, Extension] = {}
    ids: set[int] = set()
    for value in extmaps:
        number, _, rest = value.partition(" ")
        ident, _, direction = number.partition("/")
        extension = Extension(_number(ident, 4351), direction)
        if extension.id in ids or direction not in ("", *DIRECTIONS):
            raise BadOffer("malformed")
        ids.add(extension.id)
        found.setdefault(rest.partition(" ")[0], extension)
    return found


def _rids(block: _Block) -> tuple[str, ...]:
    """Rids that are sent, in the order of a=simulcast (RFC 8853); the first of alternatives."""
    declared = {v.split(" ")[0] for v in block.all("rid") if v.split(" ")[1:2] == ["send"]}
    for value in block.all("simulcast"):
        words = value.split(" ")
        for direction, streams in zip(words[::2], words[1::2], strict=False):
            if direction != "send":
                continue
            rids = tuple(s.partition(",")[0].removeprefix("~") for s in streams.split(";"))
            if len(rids) > MAX_RIDS or len(set(rids)) != len(rids):
                raise BadOffer("malformed")
            if not all(_RID.fullmatch(r) and r in declared for r in rids):
                raise BadOffer("malformed")
            return rids
    return ()


def _ssrcs(block: _Block) -> tuple[tuple[int, int], ...]:
    """Media SSRCs with their retransmission SSRC, by a=ssrc and a=ssrc-group:FID (RFC 5576)."""
    top = (1 << 32) - 1
    named = list(dict.fromkeys(_number(v.partition(" ")[0], top) for v in block.all("ssrc")))
    rtx: dict[int, int] = {}
    for value in block.all("ssrc-group"):
        words = value.split(" ")
        if words[0] == "FID" and len(words) == 3:
            rtx[_number(words[1], top)] = _number(words[2], top)
    repairs = set(rtx.values())
    return tuple((ssrc, rtx.get(ssrc, 0)) for ssrc in named if ssrc not in repairs and ssrc != 0)


def _check_mids(sections: tuple[Section, ...], live: list[Section], session: _Block) -> None:
    if not live:
        raise BadOffer("malformed")
    if len({s.mid for s in sections}) != len(sections):
        raise BadOffer("malformed")
    groups = [v.split(" ")[1:] for v in session.all("group") if v.split(" ")[0] == "BUNDLE"]
    if len(groups) != 1 or not {s.mid for s in live} <= set(groups[0]):
        raise BadOffer("no_bundle")


def _ice(session: _Block, transport: _Block) -> str:
    ufrags = transport.all("ice-ufrag") or session.all("ice-ufrag")
    passwords = transport.all("ice-pwd") or session.all("ice-pwd")
    if not ufrags or not passwords:
        raise BadOffer("no_ice")
    if not _ICE.fullmatch(ufrags[0]) or not _ICE.fullmatch(passwords[0]):
        raise BadOffer("no_ice")
    return ufrags[0]


def _fingerprints(session: _Block, transport: _Block) -> tuple[tuple[str, str], ...]:
    """The supported fingerprints, and a DTLS role that leaves us the server's (we answer `passive`)."""
    found = []
    for value in transport.all("fingerprint") or session.all("fingerprint"):
        algorithm, _, digest = value.partition(" ")
        size = FINGERPRINT_BYTES.get(algorithm.lower())
        if size is None:
            continue
        digest = digest.upper()
        if not _HEX_PAIRS.fullmatch(digest) or len(digest) != size * 3 - 1:
            raise BadOffer("no_fingerprint")
        found.append((algorithm.lower(), digest))
    if not found:
        raise BadOffer("no_fingerprint")
    setup = transport.all("setup") or session.all("setup")
    if setup and setup[0] not in ("actpass", "active"):
        raise BadOffer("dtls_role")
    return tuple(found)

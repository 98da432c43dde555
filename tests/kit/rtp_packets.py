"""RTP and RTCP as a test client needs them: build, read, packetise VP8. Deliberately independent of the relay's own code."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

ONE_BYTE_PROFILE = 0xBEDE
MAX_PAYLOAD = 1100


@dataclass
class RtpPacket:
    """RFC 3550 §5.1 with one-byte header extensions (RFC 8285) by id."""

    pt: int
    seq: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    extensions: Mapping[int, bytes] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        first = 0x80 | (0x10 if self.extensions else 0)
        head = struct.pack(
            "!BBHII", first, self.pt | (0x80 if self.marker else 0), self.seq, self.timestamp & 0xFFFFFFFF, self.ssrc
        )
        if self.extensions:
            body = b"".join(bytes([i << 4 | len(v) - 1]) + v for i, v in self.extensions.items())
            body += bytes(-len(body) % 4)
            head += struct.pack("!HH", ONE_BYTE_PROFILE, len(body) // 4) + body
        return head + self.payload


def read_rtp(data: bytes) -> RtpPacket:
    first, second, seq, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    at = 12 + 4 * (first & 0x0F)
    extensions: dict[int, bytes] = {}
    if first & 0x10:
        profile, words = struct.unpack_from("!HH", data, at)
        at += 4
        if profile == ONE_BYTE_PROFILE:
            extensions = dict(_one_byte(data[at : at + words * 4]))
        at += words * 4
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return RtpPacket(second & 0x7F, seq, timestamp, ssrc, data[at:end], bool(second & 0x80), extensions)


def _one_byte(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(body):
        if body[at] == 0:
            at += 1
            continue
        length = (body[at] & 0x0F) + 1
        yield body[at] >> 4, body[at + 1 : at + 1 + length]
        at += 1 + length


@dataclass
class RtcpPacket:
    """One packet of a compound: type, format or count, and everything after the four-byte header."""

    pt: int
    count: int
    body: bytes

    def to_bytes(self) -> bytes:
        return struct.pack("!BBH", 0x80 | self.count, self.pt, len(self.body) // 4) + self.body


def read_rtcp(data: bytes) -> list[RtcpPacket]:
    found, at = [], 0
    while at + 4 <= len(data):
        first, pt, words = struct.unpack_from("!BBH", data, at)
        found.append(RtcpPacket(pt, first & 0x1F, data[at + 4 : at + 4 + words * 4]))
        at += 4 + words * 4
    return found


def sender_report(ssrc: int, ntp: int, rtp: int, packets: int, octets: int) -> bytes:
    body = struct.pack("!IQIII", ssrc, ntp, rtp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return RtcpPacket(200, 0, body).to_bytes() + _cname(ssrc)


def receiver_report(ssrc: int, about: int, fraction_lost: int = 0, highest_seq: int = 0) -> bytes:
    block = struct.pack("!IIIIII", about, fraction_lost << 24, highest_seq, 0, 0, 0)
    return RtcpPacket(201, 1, struct.pack("!I", ssrc) + block).to_bytes() + _cname(ssrc)


def picture_loss(ssrc: int, media: int) -> bytes:
    """PLI, RFC 4585 §6.3.1."""
    return RtcpPacket(206, 1, struct.pack("!II", ssrc, media)).to_bytes()


def generic_nack(ssrc: int, media: int, seqs: list[int]) -> bytes:
    """RFC 4585 §6.2.1, one entry per sequence number."""
    entries = b"".join(struct.pack("!HH", seq, 0) for seq in seqs)
    return RtcpPacket(205, 1, struct.pack("!II", ssrc, media) + entries).to_bytes()


def nacked(body: bytes) -> list[int]:
    """Sequence numbers of a generic NACK's body."""
    found = []
    for at in range(8, len(body), 4):
        first, mask = struct.unpack_from("!HH", body, at)
        found += [first, *((first + 1 + i) & 0xFFFF for i in range(16) if mask >> i & 1)]
    return found


def _cname(ssrc: int) -> bytes:
    items = struct.pack("!I", ssrc) + b"\x01\x04test"
    items += bytes(4 - len(items) % 4)
    return RtcpPacket(202, 1, items).to_bytes()


def vp8_payloads(frame: bytes, picture_id: int, tl0: int, tid: int = 0) -> list[bytes]:
    """RFC 7741: X, then I+L+T, 15-bit picture id, TL0PICIDX, TID; S on the first packet of the frame."""
    tail = struct.pack("!BHBB", 0xE0, 0x8000 | picture_id & 0x7FFF, tl0 & 0xFF, tid << 6)
    chunks = [frame[i : i + MAX_PAYLOAD] for i in range(0, len(frame), MAX_PAYLOAD)]
    return [bytes([0x90 if i == 0 else 0x80]) + tail + chunk for i, chunk in enumerate(chunks)]


def vp8_frame_of(payload: bytes) -> tuple[bool, int, bytes]:
    """(starts a frame, picture id, what follows the descriptor) of a payload made as above or by a browser."""
    at, picture_id = 1, -1
    if payload[0] & 0x80:
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if payload[at] & 0x80:
                picture_id = struct.unpack_from("!H", payload, at)[0] & 0x7FFF
                at += 2
            else:
                picture_id = payload[at]
                at += 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    return payload[0] & 0x1F == 0x10, picture_id, payload[at:]


def fake_vp8(key: bool, size: int = 600, width: int = 320, height: int = 180) -> bytes:
    """A frame that looks like VP8 (RFC 6386 §9.1) from outside: tag, start code and size on a keyframe, then filling."""
    tag = 0 if key else 1
    head = struct.pack("<I", tag | 1 << 4 | size << 5)[:3]
    if key:
        head += b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return head + bytes(i & 0xFF for i in range(size - len(head)))

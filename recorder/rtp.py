"""RTP headers (RFC 3550 §5.1) and putting packets back into their order. Not here: what the payload means."""

from __future__ import annotations

import struct
from typing import NamedTuple

_HEADER = struct.Struct(">BBHII")


class Packet(NamedTuple):
    """A parsed packet; `payload` without header, extensions and padding."""

    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes
    arrival_us: int


def parse(data: bytes, arrival_us: int) -> Packet | None:
    """The packet, or None if the bytes are no RTP."""
    if len(data) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if first & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return Packet(sequence, timestamp, ssrc, bool(second & 0x80), data[start:end], arrival_us)


def unwrap(value: int, near: int, bits: int) -> int:
    """The number ≡ value (mod 2**bits) nearest to `near`: counts on through wraps, backwards too."""
    span = 1 << bits
    offset = (value - near) % span
    return near + (offset if offset < span // 2 else offset - span)


class Reordering:
    """Gives packets out in sequence; waits `wait_us` (arrival time) for missing ones, then goes on without them.

    `push` and `due` return `(lost, packet)` pairs: `lost` packets are missing right before this one.
    """

    def __init__(self, wait_us: int, max_packets: int = 2_048) -> None:
        self._wait_us = wait_us
        self._max_packets = max_packets
        self._next: int | None = None
        self._held: dict[int, Packet] = {}

    def push(self, packet: Packet) -> list[tuple[int, Packet]]:
        if self._next is None:
            self._next = packet.sequence
        number = unwrap(packet.sequence, self._next, 16)
        if number < self._next or number in self._held:
            return []
        if number == self._next and not self._held:
            self._next += 1
            return [(0, packet)]
        self._held[number] = packet
        return self._ready() + self.due(packet.arrival_us)

    def due(self, now_us: int) -> list[tuple[int, Packet]]:
        """What can be given out because the wait for what is missing is over."""
        out: list[tuple[int, Packet]] = []
        while self._held and (
            len(self._held) > self._max_packets
            or min(p.arrival_us for p in self._held.values()) <= now_us - self._wait_us
        ):
            out += self._skip()
        return out

    def flush(self) -> list[tuple[int, Packet]]:
        """Everything left: nothing more will come."""
        out: list[tuple[int, Packet]] = []
        while self._held:
            out += self._skip()
        return out

    def _skip(self) -> list[tuple[int, Packet]]:
        assert self._next is not None
        lowest = min(self._held)
        lost, self._next = lowest - self._next, lowest
        (_, first), *rest = self._ready()
        return [(lost, first), *rest]

    def _ready(self) -> list[tuple[int, Packet]]:
        out: list[tuple[int, Packet]] = []
        assert self._next is not None
        while (packet := self._held.pop(self._next, None)) is not None:
            out.append((0, packet))
            self._next += 1
        return out

"""RTP headers, wrapping numbers and order."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.rtp import Packet, Reordering, parse, unwrap


def packet(number: int, arrival_us: int = 0) -> Packet:
    return Packet(number & 0xFFFF, 0, 1, False, b"x", arrival_us)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_packet_or_nothing(data: bytes) -> None:
    found = parse(data, 5)
    assert found is None or (found.arrival_us == 5 and len(found.payload) <= len(data))


def test_header_extension_csrcs_and_padding_are_not_payload() -> None:
    header = struct.pack(">BBHII", 0x80 | 0x20 | 0x10 | 1, 0x80 | 96, 7, 9, 11) + b"CSRC"
    extension = struct.pack(">HH", 0xBEDE, 1) + b"\x10\xff\x00\x00"
    found = parse(header + extension + b"payload" + b"\x00\x00\x03", 0)
    assert found is not None
    assert (found.payload, found.marker, found.sequence, found.timestamp, found.ssrc) == (b"payload", True, 7, 9, 11)


@settings(deadline=None)
@given(st.integers(0, 2**40), st.integers(-30_000, 30_000))
def test_unwrapping_finds_the_near_number(near: int, offset: int) -> None:
    assert unwrap((near + offset) % 65_536, near, 16) == near + offset


@settings(deadline=None)
@given(st.permutations(range(30)), st.integers(0, 65_535))
def test_packets_in_any_order_within_the_wait_come_out_in_order(order: list[int], first: int) -> None:
    held = Reordering(wait_us=1_000)
    out = held.push(packet(first))
    for number in order:
        out += held.push(packet(first + 1 + number))
    assert [(lost, p.sequence) for lost, p in out] == [(0, (first + n) & 0xFFFF) for n in range(31)]


def test_a_packet_that_never_comes_is_given_up_after_the_wait_and_counted() -> None:
    held = Reordering(wait_us=100)
    assert len(held.push(packet(10, 0))) == 1
    assert held.push(packet(13, 10)) == []
    assert held.push(packet(14, 50)) == []
    assert held.due(109) == []
    assert [(lost, p.sequence) for lost, p in held.due(110)] == [(2, 13), (0, 14)]
    assert held.push(packet(11, 120)) == []


def test_repeated_packets_come_out_once() -> None:
    held = Reordering(wait_us=100)
    out = (
        held.push(packet(1)) + held.push(packet(1)) + held.push(packet(3)) + held.push(packet(3)) + held.push(packet(2))
    )
    assert [p.sequence for _, p in out] == [1, 2, 3]

"""Bytes of the link ↔ frames. No I/O: both ends feed bytes and get frames. The layout is told in recorder/link_messages.py."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from recorder.link_messages import KIND_CONTROL, KIND_MEDIA, MAX_FRAME_BYTES, Down, DownMessage, Up, UpMessage

_LENGTH = struct.Struct(">I")
_BATCH = struct.Struct(">IH")
_PACKET = struct.Struct(">QH")
_KINDS = frozenset({KIND_CONTROL, KIND_MEDIA})
#: Ids become parts of file names: nothing that could leave the folder.
_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}\Z")

_encoder = msgspec.json.Encoder()
_down: msgspec.json.Decoder[DownMessage] = msgspec.json.Decoder(DownMessage)
_up: msgspec.json.Decoder[UpMessage] = msgspec.json.Decoder(UpMessage)


class LinkError(Exception):
    """The other end does not keep to the layout; the connection is of no use any more."""


class MediaBatch(NamedTuple):
    """Packets of one publication: (arrival in Unix µs, RTP bytes)."""

    publication: int
    packets: list[tuple[int, bytes]]


class FrameReader:
    """Cuts a byte stream into frames `(kind, payload)`; holds at most one unfinished frame."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self._buffer = bytearray()
        self._max_bytes = max_bytes

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames completed by `data`. Raises LinkError for a frame that is empty, too long or of an unknown kind."""
        self._buffer += data
        frames = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            length = _LENGTH.unpack_from(self._buffer, start)[0]
            if not 1 <= length <= self._max_bytes:
                raise LinkError(f"frame of {length} bytes")
            body = start + _LENGTH.size
            if len(self._buffer) > body and self._buffer[body] not in _KINDS:
                raise LinkError(f"frame of kind {self._buffer[body]}")
            if len(self._buffer) < body + length:
                break
            frames.append((self._buffer[body], bytes(self._buffer[body + 1 : body + length])))
            start = body + length
        del self._buffer[:start]
        return frames


def frame(kind: int, payload: bytes) -> bytes:
    """One frame. `length` counts the kind byte and the payload."""
    if len(payload) + 1 > MAX_FRAME_BYTES:
        raise LinkError(f"payload of {len(payload)} bytes")
    return _LENGTH.pack(len(payload) + 1) + bytes((kind,)) + payload


def control(message: Down | Up) -> bytes:
    return frame(KIND_CONTROL, _encoder.encode(message))


def media(publication: int, packets: Sequence[tuple[int, bytes]]) -> bytes:
    """A media batch. Packets longer than RTP on a network can be (65,535 bytes) are a mistake of the caller: LinkError."""
    parts = [_BATCH.pack(publication, len(packets))]
    for arrival_us, packet in packets:
        if len(packet) > 0xFFFF:
            raise LinkError(f"packet of {len(packet)} bytes")
        parts += (_PACKET.pack(arrival_us, len(packet)), packet)
    return frame(KIND_MEDIA, b"".join(parts))


def decode_media(payload: bytes) -> MediaBatch:
    """Raises LinkError when counts and lengths do not fit the payload exactly."""
    try:
        publication, count = _BATCH.unpack_from(payload)
        at = _BATCH.size
        packets = []
        for _ in range(count):
            arrival_us, length = _PACKET.unpack_from(payload, at)
            at += _PACKET.size
            packet = payload[at : at + length]
            if len(packet) != length:
                raise LinkError("media batch is cut short")
            packets.append((arrival_us, packet))
            at += length
    except struct.error as error:
        raise LinkError("media batch is cut short") from error
    if at != len(payload):
        raise LinkError("media batch with bytes left over")
    return MediaBatch(publication, packets)


def decode_down(payload: bytes) -> DownMessage:
    """A control message of the server. Raises LinkError for anything else, and for ids that could not be file names."""
    try:
        message = _down.decode(payload)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise LinkError(f"control message: {error}") from error
    for name in ("lesson", "person", "role", "snapshot"):
        value = getattr(message, name, None)
        if value is not None and not is_safe(value):
            raise LinkError(f"{name} is not an id")
    return message


def decode_up(payload: bytes) -> UpMessage:
    try:
        return _up.decode(payload)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise LinkError(f"control message: {error}") from error


def is_safe(name: str) -> bool:
    """Whether an id may be part of a file name."""
    return _SAFE.match(name) is not None


def chunks(packets: Sequence[tuple[int, bytes]], limit: int = 512) -> Iterable[Sequence[tuple[int, bytes]]]:
    """Batches small enough for one frame (512 packets of at most 1,500 bytes are 0.8 MiB)."""
    for start in range(0, len(packets), limit):
        yield packets[start : start + limit]

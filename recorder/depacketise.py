"""RTP payloads → frames, one class per codec: VP8 (RFC 7741), H264 (RFC 6184), Opus (RFC 7587). The only user of aiortc's parsers.

Video comes out only as whole frames that a decoder can follow: after a loss everything waits for the next keyframe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aiortc.codecs.h264 import H264PayloadDescriptor
from aiortc.codecs.vpx import VpxPayloadDescriptor

from recorder import rtp

VIDEO_CODECS = frozenset({"vp8", "h264"})
CODECS = VIDEO_CODECS | {"opus"}
#: A frame larger than this is nonsense or an attack (a 4K VP8 keyframe is below 2 MiB).
MAX_FRAME_BYTES = 4 << 20
_H264_IDR = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded frame. `timestamp` as in RTP (32 bit); `width` and `height` of VP8 keyframes, else 0."""

    timestamp: int
    arrival_us: int
    data: bytes
    key: bool
    width: int = 0
    height: int = 0


class Depacketiser(Protocol):
    """`lost` packets are missing right before `packet`. `broken`: waiting for a keyframe."""

    broken: bool

    def push(self, lost: int, packet: rtp.Packet) -> list[Frame]: ...


def depacketiser(codec: str) -> Depacketiser:
    """KeyError for a codec that cannot be recorded."""
    kinds: dict[str, type[Depacketiser]] = {"opus": Opus, "vp8": Vp8, "h264": H264}
    return kinds[codec]()


def starts_keyframe(codec: str, data: bytes) -> bool:
    """Whether this RTP packet begins a keyframe (for dropping up to the next one)."""
    packet = rtp.parse(data, 0)
    if packet is None or not packet.payload:
        return False
    try:
        if codec == "vp8":
            descriptor, payload = VpxPayloadDescriptor.parse(packet.payload)
            return bool(descriptor.partition_start and descriptor.partition_id == 0 and payload and not payload[0] & 1)
        return codec == "h264" and any(kind in (_H264_IDR, 7) for kind in _nal_kinds(packet.payload))
    except ValueError:
        return False


def opus_duration_us(packet: bytes) -> int:
    """How long an Opus packet lasts (RFC 6716 §3.1, table 2 and the frame count code)."""
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame_us = (10_000, 20_000, 40_000, 60_000)[config & 3]
    elif config < 16:
        frame_us = (10_000, 20_000)[config & 1]
    else:
        frame_us = (2_500, 5_000, 10_000, 20_000)[config & 3]
    count = (1, 2, 2, packet[1] & 0x3F if len(packet) > 1 else 0)[code]
    return min(frame_us * count, 120_000)


class Opus:
    """One packet, one frame."""

    broken = False

    def push(self, lost: int, packet: rtp.Packet) -> list[Frame]:
        if not packet.payload or opus_duration_us(packet.payload) == 0:
            return []
        return [Frame(packet.timestamp, packet.arrival_us, packet.payload, key=True)]


class _Video:
    """Gathers the payloads of one RTP time up to the marker; subclasses know keyframes."""

    def __init__(self) -> None:
        self.broken = True
        self._timestamp: int | None = None
        self._data = bytearray()

    def push(self, lost: int, packet: rtp.Packet) -> list[Frame]:
        if lost:
            self._spoil()
        if not packet.payload:
            return []
        try:
            starts, payload = self._unpack(packet.payload)
        except (ValueError, IndexError):
            self._spoil()
            return []
        if packet.timestamp != self._timestamp:
            if self._data:
                self._spoil()
            if not starts:
                self.broken = True
                return []
            self._timestamp = packet.timestamp
        self._data += payload
        if len(self._data) > MAX_FRAME_BYTES:
            self._spoil()
        return self._finish(packet) if packet.marker and self._data else []

    def _finish(self, packet: rtp.Packet) -> list[Frame]:
        data = bytes(self._data)
        self._data.clear()
        self._timestamp = None
        key, width, height = self._look(data)
        if self.broken and not key:
            return []
        self.broken = False
        return [Frame(packet.timestamp, packet.arrival_us, data, key, width, height)]

    def _spoil(self) -> None:
        self._data.clear()
        self._timestamp = None
        self.broken = True

    def _unpack(self, payload: bytes) -> tuple[bool, bytes]:
        """Whether a frame may begin here, and the bytes for the decoder."""
        raise NotImplementedError

    def _look(self, data: bytes) -> tuple[bool, int, int]:
        """keyframe, width, height."""
        raise NotImplementedError


class Vp8(_Video):
    def _unpack(self, payload: bytes) -> tuple[bool, bytes]:
        descriptor, data = VpxPayloadDescriptor.parse(payload)
        return bool(descriptor.partition_start and descriptor.partition_id == 0), data

    def _look(self, data: bytes) -> tuple[bool, int, int]:
        # RFC 6386 §9.1: bit 0 of the tag is 0 for keyframes; then a start code and two 14-bit sizes.
        if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
            return False, 0, 0
        width = int.from_bytes(data[6:8], "little") & 0x3FFF
        height = int.from_bytes(data[8:10], "little") & 0x3FFF
        return width > 0 and height > 0, width, height


class H264(_Video):
    """Annex B out. A keyframe is an access unit with an IDR slice."""

    def _unpack(self, payload: bytes) -> tuple[bool, bytes]:
        descriptor, data = H264PayloadDescriptor.parse(payload)
        return bool(descriptor.first_fragment), data

    def _look(self, data: bytes) -> tuple[bool, int, int]:
        return any(kind == _H264_IDR for kind in annex_b_kinds(data)), 0, 0


def annex_b_kinds(data: bytes) -> list[int]:
    """NAL unit types of an Annex B access unit with 4-byte start codes (what the parser above makes)."""
    parts = data.split(b"\x00\x00\x00\x01")
    return [part[0] & 0x1F for part in parts if part]


def parameter_sets(data: bytes) -> bytes:
    """SPS and PPS of an access unit, in order: they tell whether the picture format changed."""
    parts = data.split(b"\x00\x00\x00\x01")
    return b"".join(part for part in parts if part and part[0] & 0x1F in (7, 8))


def _nal_kinds(payload: bytes) -> list[int]:
    kind = payload[0] & 0x1F
    if kind == 28:
        return [payload[1] & 0x1F] if len(payload) > 1 and payload[1] & 0x80 else []
    if kind != 24:
        return [kind]
    kinds, at = [], 1
    while at + 2 < len(payload):
        kinds.append(payload[at + 2] & 0x1F)
        at += 2 + int.from_bytes(payload[at : at + 2], "big")
    return kinds

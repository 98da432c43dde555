"""Real media for recorder tests: VP8, H264 and Opus encoded here, packed into RTP, with a flash and a beep at the same moments."""

from __future__ import annotations

import array
import functools
import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import VpxPayloadDescriptor
from PIL import Image

RATE = {"vp8": 90_000, "h264": 90_000, "opus": 48_000}
PAYLOAD_BYTES = 1_100
FLASH_S = 0.1


@dataclass(frozen=True, slots=True)
class Encoded:
    """at_us from the beginning of the take."""

    at_us: int
    data: bytes
    key: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """An RTP packet and when it arrives."""

    arrival_us: int
    data: bytes


@functools.cache
def video(
    codec: str = "vp8",
    seconds: float = 4,
    size: tuple[int, int] = (320, 180),
    flash_every_s: float = 0,
    color: tuple[int, int, int] = (20, 60, 140),
    fps: int = 30,
    key_every: int = 30,
) -> tuple[Encoded, ...]:
    """A coloured picture with noise, white for 0.1 s every `flash_every_s`."""
    name = {"vp8": "libvpx", "h264": "libx264"}[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, fps)
    encoder.framerate = Fraction(fps)
    encoder.bit_rate = 300_000
    encoder.gop_size = key_every
    encoder.options = (
        {"deadline": "realtime", "cpu-used": "8"}
        if codec == "vp8"
        else {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "x264-params": "sliced-threads=0"}
    )
    plain, white = Image.new("RGB", size, color), Image.new("RGB", size, (255, 255, 255))
    found = []
    for number in range(round(seconds * fps)):
        at_s = number / fps
        flash = flash_every_s and at_s % flash_every_s < FLASH_S and at_s >= flash_every_s
        frame = picture(white if flash else plain).reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, fps)
        found += [(p.pts, bytes(p), p.is_keyframe) for p in encoder.encode(frame)]
    found += [(p.pts, bytes(p), p.is_keyframe) for p in encoder.encode(None)]
    return tuple(Encoded(round((pts or 0) * 1e6 / fps), data, bool(key)) for pts, data, key in found)


def picture(image: Image.Image) -> av.VideoFrame:
    make: Any = av.VideoFrame.from_image
    frame: av.VideoFrame = make(image)
    return frame


@functools.cache
def audio(seconds: float = 4, beep_every_s: float = 0) -> tuple[Encoded, ...]:
    """Opus packets of 20 ms: silence, with 1 kHz for 0.1 s every `beep_every_s`."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", av.AudioFormat("s16")
    encoder.bit_rate = 32_000
    encoder.options = {"application": "lowdelay"}
    found: list[bytes] = []
    for number in range(round(seconds * 50)):
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        frame.planes[0].update(_samples(number * 960, beep_every_s))
        found += [bytes(p) for p in encoder.encode(frame)]
    return tuple(Encoded(20_000 * n, data, True) for n, data in enumerate(found))


def _samples(start: int, beep_every_s: float) -> bytes:
    values = array.array("h")
    for number in range(start, start + 960):
        at_s = number / 48_000
        on = beep_every_s and at_s >= beep_every_s and at_s % beep_every_s < FLASH_S
        value = round(16_000 * math.sin(2 * math.pi * 1_000 * at_s)) if on else 0
        values.extend((value, value))
    return values.tobytes()


def packets(
    codec: str,
    take: Sequence[Encoded],
    start_us: int,
    *,
    ssrc: int = 7,
    first_rtp: int = 4_294_900_000,
    sequence: int = 65_500,
    delay_us: int = 0,
) -> Iterator[Sent]:
    """RTP of a take that began at `start_us`; sequence numbers and times wrap soon, as they do in life."""
    for frame in take:
        timestamp = (first_rtp + frame.at_us * RATE[codec] // 1_000_000) & 0xFFFF_FFFF
        parts = payloads(codec, frame.data)
        for number, payload in enumerate(parts):
            marker = codec != "opus" and number == len(parts) - 1
            yield Sent(
                start_us + frame.at_us + delay_us,
                struct.pack(">BBHII", 0x80, (0x80 if marker else 0) | 96, sequence & 0xFFFF, timestamp, ssrc) + payload,
            )
            sequence += 1


def payloads(codec: str, data: bytes) -> list[bytes]:
    if codec == "opus":
        return [data]
    if codec == "h264":
        nals = H264Encoder._split_bitstream(data)
        return list(H264Encoder._packetize(nals))
    cut = [data[i : i + PAYLOAD_BYTES] for i in range(0, len(data), PAYLOAD_BYTES)]
    return [
        bytes(VpxPayloadDescriptor(partition_start=1 if n == 0 else 0, partition_id=0, picture_id=n & 0x7FFF)) + part
        for n, part in enumerate(cut)
    ]


def repeated(take: Sequence[Encoded], times: int, length_us: int) -> list[Encoded]:
    """The take again and again (it begins with a keyframe)."""
    return [Encoded(e.at_us + n * length_us, e.data, e.key) for n in range(times) for e in take]


def brightness_over_time(path: Path) -> list[tuple[float, float]]:
    """(seconds, mean luma) of each decoded picture."""
    found = []
    with av.open(path) as container:
        for frame in container.decode(video=0):
            grey = bytes(frame.reformat(format="gray").planes[0])
            found.append((float(frame.time or 0), sum(grey) / len(grey)))
    return found


def loudness_over_time(path: Path) -> list[tuple[float, float]]:
    """(seconds, mean amplitude) per 2.5 ms of decoded sound."""
    found = []
    with av.open(path) as container:
        to_mono = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for frame in container.decode(audio=0):
            began = float(frame.time or 0)
            for part in to_mono.resample(frame):
                samples = array.array("h", bytes(part.planes[0])[: part.samples * 2])
                for at in range(0, len(samples) - 119, 120):
                    piece = samples[at : at + 120]
                    found.append((began + at / 48_000, sum(abs(s) for s in piece) / 120))
    return found


def onsets(series: Sequence[tuple[float, float]], threshold: float) -> list[float]:
    """The moments at which the value passes the threshold upwards."""
    before = threshold
    found = []
    for at, value in series:
        if value > threshold >= before and before < threshold:
            found.append(at)
        before = value
    return found

"""Real VP8 and Opus, encoded here: a moving picture and a tone, for tests whose receivers decode."""

from __future__ import annotations

import array
import math
from collections.abc import Iterator
from fractions import Fraction

import av

OPUS_FRAME = 960


def vp8_frames(
    width: int = 320, height: int = 180, count: int = 50, fps: int = 25, key_every: int = 25
) -> Iterator[tuple[bool, bytes]]:
    """(is keyframe, frame) of a bright bar that moves over grey."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(fps), Fraction(1, fps)
    encoder.bit_rate = 300_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": str(key_every)}
    for n in range(count):
        frame = av.VideoFrame(width, height, "yuv420p")
        bar = n * 8 % (width - 24)
        line = bytes([90]) * bar + bytes([220]) * 24 + bytes([90]) * (width - 24 - bar)
        for plane, luma in zip(frame.planes, (line, None, None), strict=True):
            row = luma if luma is not None else bytes([128]) * plane.width
            plane.update(row.ljust(plane.line_size, b"\0") * plane.height)
        frame.pts = n
        for packet in encoder.encode(frame):
            yield packet.is_keyframe, bytes(packet)


def opus_frames(count: int = 50, hz: float = 440.0) -> Iterator[bytes]:
    """20 ms frames of a tone, stereo, 48 kHz."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48000, "stereo", "s16"
    encoder.options = {"frame_duration": "20", "application": "voip"}
    for n in range(count):
        samples = array.array("h")
        for i in range(OPUS_FRAME):
            value = round(8000 * math.sin(2 * math.pi * hz * (n * OPUS_FRAME + i) / 48000))
            samples.extend((value, value))
        frame = av.AudioFrame("s16", "stereo", OPUS_FRAME)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts = 48000, n * OPUS_FRAME
        for packet in encoder.encode(frame):
            yield bytes(packet)

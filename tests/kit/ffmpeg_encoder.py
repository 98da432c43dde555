"""FFmpeg's WHIP muxer as a process: url, key, options as JSON. It sends until it is ended; its own process, because it blocks."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from fractions import Fraction
from typing import NoReturn

import av

RATE, WIDTH, HEIGHT, LUMA = 25, 640, 360, 160
SAMPLES = 960


def main(url: str, key: str, options: Mapping[str, str]) -> NoReturn:
    """A grey picture as H264 baseline, and silence as Opus."""
    out = av.open(url, "w", format="whip", options={"authorization": key, **options})
    fast = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "g": "25", "bf": "0"}
    video = out.add_stream("libx264", rate=RATE, options=fast)
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    sound = out.add_stream("libopus", rate=48000)
    sound.layout = "stereo"
    begun = time.time()
    n = 0
    while True:
        for packet in video.encode(_picture(n)):
            out.mux(packet)
        for k in range(2):
            for packet in sound.encode(_silence(2 * n + k)):
                out.mux(packet)
        n += 1
        time.sleep(max(0.0, begun + n / RATE - time.time()))


def _picture(n: int) -> av.VideoFrame:
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, value in zip(picture.planes, (LUMA, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    picture.pts, picture.time_base = n, Fraction(1, RATE)
    return picture


def _silence(n: int) -> av.AudioFrame:
    silence = av.AudioFrame("s16", "stereo", SAMPLES)
    silence.planes[0].update(bytes(SAMPLES * 4))
    silence.sample_rate, silence.pts = 48000, n * SAMPLES
    return silence


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))

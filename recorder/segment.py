"""One segment file: Matroska, never re-encoded, readable up to the last second whatever kills the process.

Clusters of 1 s are written at once; a file without its end stays readable (measured: 19.99 of 20 s). Not here: when to begin a segment.
"""

from __future__ import annotations

import functools
import io
import os
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream

from recorder.depacketise import Frame

TIME_BASE = Fraction(1, 1_000_000)
_OPTIONS = {"cluster_time_limit": "1000", "flush_packets": "1"}
#: A 20 ms CELT frame that decodes to silence (RFC 6716: TOC 0xF8, then "nothing coded").
OPUS_SILENCE = b"\xf8\xff\xfe"
OPUS_SILENCE_US = 20_000


class SegmentFile(io.RawIOBase):
    """The file under the muxer. Unbuffered: what was written is the kernel's, and outlives the process."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        self.size = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        view = memoryview(data)
        done = 0
        while done < len(view):
            done += os.write(self._fd, view[done:])
        self.size = max(self.size, self.tell())
        return done

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._fd, offset, whence)

    def tell(self) -> int:
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


class SegmentWriter:
    """Writes frames of one publication at times on the lesson's time line (µs from its origin).

    Raises OSError (and its PyAV children) when the file cannot be written; the segment should then be closed.
    """

    def __init__(self, path: Path, codec: str, first: Frame) -> None:
        self.path = path
        self.codec = codec
        self.file = SegmentFile(path)
        self.width, self.height = first.width, first.height
        self.frames = 0
        self.first_us: int | None = None
        self.end_us = 0
        #: Arrival of the oldest frame that may still be in memory only; 0: all is in the file.
        self.pending_us = 0
        #: At least one cluster is in the file.
        self.flushed = False
        self._last_us = -1_000
        self._container = av.open(self.file, "w", format="matroska", options=_OPTIONS)
        self._stream = self._add_stream(first)

    def write(self, at_us: int, frame: Frame, duration_us: int) -> None:
        """`at_us` never goes back within the file: it is moved behind the last frame if it would."""
        before = self.file.size
        if self.codec == "opus" and self.first_us is not None:
            self._fill_silence(at_us)
        self._mux(max(at_us, self._last_us + 1_000), frame.data, frame.key, duration_us)
        cluster_written = self.frames > 0 and self.file.size > before
        self.flushed = self.flushed or cluster_written
        if cluster_written or not self.pending_us:
            self.pending_us = frame.arrival_us
        self.frames += 1

    def close(self) -> None:
        """Write the end. The file is closed even if that fails (then it reads like one that crashed)."""
        try:
            self._container.close()
            self.pending_us = 0
        finally:
            self.file.close()

    def _add_stream(self, first: Frame) -> Stream:
        if self.codec == "vp8":
            return self._container.add_mux_stream("vp8", 30, width=first.width, height=first.height)
        if self.codec == "h264":
            with av.open(io.BytesIO(first.data), format="h264") as template:
                video = template.streams.video[0]
                self.width, self.height = video.codec_context.width, video.codec_context.height
                return self._container.add_stream_from_template(video)
        with av.open(io.BytesIO(opus_template())) as template:
            return self._container.add_stream_from_template(template.streams.audio[0])

    def _fill_silence(self, until_us: int) -> None:
        """Opus in DTX sends nothing for a while; players would close the gap and lose step (measured: 21.4 s became 9.6 s)."""
        while until_us - self.end_us >= OPUS_SILENCE_US:
            self._mux(self.end_us, OPUS_SILENCE, True, OPUS_SILENCE_US)

    def _mux(self, at_us: int, data: bytes, key: bool, duration_us: int) -> None:
        packet = av.Packet(data)
        packet.stream = self._stream
        packet.time_base = TIME_BASE
        packet.pts = packet.dts = at_us
        packet.is_keyframe = key
        if duration_us:
            packet.duration = duration_us
        self._container.mux(packet)
        if self.first_us is None:
            self.first_us = at_us
        self._last_us = at_us
        self.end_us = at_us + duration_us


@functools.cache
def opus_template() -> bytes:
    """A tiny file with an OpusHead: PyAV can give a stream its codec header only by copying it from another stream."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("libopus", rate=48_000)
        stream.layout = "stereo"
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.sample_rate = 48_000
        frame.pts = 0
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@functools.cache
def opus_head() -> bytes:
    """The OpusHead (RFC 7845 §5.1) of all our Opus segments."""
    with av.open(io.BytesIO(opus_template()), "r") as template:
        return template.streams.audio[0].codec_context.extradata or b""


def readable(path: Path) -> tuple[int, int, int]:
    """(first µs, end µs, frames) of what can be read of a file, finished or not; (0, 0, 0) if nothing can."""
    first, end, frames = None, 0, 0
    try:
        with av.open(path) as container:
            _check_input(container)
            for packet in container.demux():
                if packet.pts is None or packet.time_base is None or packet.is_corrupt:
                    continue
                at = round(packet.pts * packet.time_base / TIME_BASE)
                first = at if first is None else first
                end = max(end, at + round((packet.duration or 0) * packet.time_base / TIME_BASE))
                frames += 1
    except (av.FFmpegError, OSError, IndexError):
        pass
    return first or 0, end, frames


def _check_input(container: InputContainer) -> None:
    if not container.streams:
        raise IndexError("file without streams")

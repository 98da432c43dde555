"""One tapped publication: packets in, frames to segments, keyframes to whoever takes a picture. When to begin a segment is decided here.

A publication may change its SSRC (a better layer, a new encoder): each SSRC has its own order, frames and clock, and the stream of
the last keyframe is the one that is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from recorder import rtp
from recorder.depacketise import VIDEO_CODECS, Frame, depacketiser, opus_duration_us, parameter_sets
from recorder.link_messages import OpenTap
from recorder.records import ReportPair
from recorder.segment import SegmentWriter
from recorder.timeline import PublisherClocks, StreamClock

VIDEO_WAIT_US = 700_000
AUDIO_WAIT_US = 300_000
#: No packet for so long (camera off, microphone released): the segment is closed, the next packet begins a new one.
PAUSE_US = 5_000_000
NOTED_GAP_US = 1_000_000
KEYFRAME_EVERY_US = 1_000_000
MAX_STREAMS = 8
MAX_REPORTS = 400


class TrackOwner(Protocol):
    """The recording that a track writes to."""

    origin_us: int
    segment_us: int

    def open_segment(self, track: Track, first: Frame, from_us: int) -> SegmentWriter | None: ...

    def close_segment(self, track: Track, reason: str) -> None: ...

    def gap(self, publication: int | None, from_us: int, to_us: int, reason: str) -> None: ...

    def written(self, at_us: int) -> None: ...

    def write_failed(self, track: Track, error: Exception) -> None: ...


class KeyframeAsker(Protocol):
    def __call__(self, publication: int) -> None: ...


class _Stream:
    """One SSRC."""

    def __init__(self, tap: OpenTap, clocks: PublisherClocks) -> None:
        video = tap.codec in VIDEO_CODECS
        self.order = rtp.Reordering(VIDEO_WAIT_US if video else AUDIO_WAIT_US)
        self.frames = depacketiser(tap.codec)
        self.clock = StreamClock(tap.clock_hz, tap.person, clocks)


class Track:
    """`owner` None: nothing is written, keyframes are kept for pictures only."""

    def __init__(self, tap: OpenTap, clocks: PublisherClocks, owner: TrackOwner | None, ask: KeyframeAsker) -> None:
        self.tap = tap
        self.video = tap.codec in VIDEO_CODECS
        self.owner = owner
        self.writer: SegmentWriter | None = None
        self.reports: list[ReportPair] = []
        #: A report that fitted no stream yet: a new layer's report comes before its packets.
        self._report: tuple[int, int, int] | None = None
        self.last_keyframe: Frame | None = None
        self._keyframe_waiters: list[asyncio.Future[Frame]] = []
        self._clocks = clocks
        self._ask = ask
        self._asked_us = 0
        self._streams: dict[int, _Stream] = {}
        self._current: _Stream | None = None
        self._newest_us = 0
        self._good_us = 0
        self._parameter_sets = b""

    def media(self, packets: Sequence[tuple[int, bytes]]) -> None:
        for arrival_us, data in packets:
            packet = rtp.parse(data, arrival_us)
            if packet is None:
                continue
            self._newest_us = max(self._newest_us, arrival_us)
            stream = self._stream_of(packet.ssrc)
            self._take(stream, stream.order.push(packet))

    def report(self, ntp_us: int, rtp_time: int, now_us: int) -> None:
        """A sender report: kept for the sidecar, used by the stream whose RTP time it fits."""
        self._report = ntp_us, rtp_time, now_us
        fits = [stream.clock.report(*self._report) for stream in self._streams.values()]
        if any(fits):
            self._report = None
            self.reports.append(ReportPair(ntp_us=ntp_us, rtp=rtp_time, at_us=now_us))
            del self.reports[:-MAX_REPORTS]

    def tick(self, now_us: int) -> None:
        """Each second: give up waiting for lost packets, close what has paused, ask for a keyframe that is missing."""
        for stream in self._streams.values():
            self._take(stream, stream.order.due(now_us))
        if self.writer and now_us - self._newest_us > PAUSE_US and self.owner:
            self.owner.close_segment(self, "pause")
        if self.video and self._waits_for_keyframe() and now_us - self._newest_us < PAUSE_US:
            self.ask_keyframe(now_us)

    def finish(self, reason: str) -> None:
        """The publication (or the recording) ended."""
        for stream in self._streams.values():
            self._take(stream, stream.order.flush())
        if self.writer and self.owner:
            self.owner.close_segment(self, reason)
        for waiter in self._keyframe_waiters:
            waiter.cancel()

    def next_keyframe(self, not_before_us: int) -> asyncio.Future[Frame]:
        """The kept keyframe if it is recent enough, else the next one. Cancelled when the publication ends."""
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        if self.last_keyframe and self.last_keyframe.arrival_us >= not_before_us:
            future.set_result(self.last_keyframe)
        else:
            self._keyframe_waiters.append(future)
        return future

    def ask_keyframe(self, now_us: int) -> None:
        if now_us - self._asked_us >= KEYFRAME_EVERY_US:
            self._asked_us = now_us
            self._ask(self.tap.publication)

    def _waits_for_keyframe(self) -> bool:
        return self._current is None or self._current.frames.broken or (self.owner is not None and not self.writer)

    def _stream_of(self, ssrc: int) -> _Stream:
        stream = self._streams.get(ssrc)
        if stream is None:
            if len(self._streams) >= MAX_STREAMS:
                self._streams.pop(next(s for s, known in self._streams.items() if known is not self._current))
            stream = self._streams[ssrc] = _Stream(self.tap, self._clocks)
        return stream

    def _take(self, stream: _Stream, packets: list[tuple[int, rtp.Packet]]) -> None:
        for lost, packet in packets:
            for frame in stream.frames.push(lost, packet):
                self._frame(stream, frame, lost)
            if self.video and stream is self._current and stream.frames.broken:
                self.ask_keyframe(packet.arrival_us)

    def _frame(self, stream: _Stream, frame: Frame, lost: int) -> None:
        if stream is not self._current:
            if not frame.key:
                return
            self._current = stream
        if self.video and frame.key:
            self._keep_keyframe(frame)
        if self.owner is None:
            return
        at_us = stream.clock.server_us(frame.timestamp, frame.arrival_us)
        if self._report and stream.clock.report(*self._report):
            self._report = None
        if self._good_us and (lost or self.video) and self.writer and frame.arrival_us - self._good_us > NOTED_GAP_US:
            self._note_gap(frame, lost)
        self._write(self.owner, at_us, frame)
        self._good_us = frame.arrival_us

    def _note_gap(self, frame: Frame, lost: int) -> None:
        """Audio after lost packets; video only at the keyframe that ends a broken stretch, not after a still picture."""
        assert self.owner is not None
        if not self.video or (frame.key and self._asked_us >= self._good_us):
            self.owner.gap(self.tap.publication, self._good_us, frame.arrival_us, "loss")

    def _keep_keyframe(self, frame: Frame) -> None:
        self.last_keyframe = frame
        waiters, self._keyframe_waiters = self._keyframe_waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(frame)

    def _write(self, owner: TrackOwner, at_us: int, frame: Frame) -> None:
        on_line_us = at_us - owner.origin_us
        if on_line_us < 0:
            return
        try:
            reason = self._reason_to_rotate(owner, on_line_us, frame)
            if reason:
                owner.close_segment(self, reason)
            if self.writer is None:
                if not frame.key:
                    self.ask_keyframe(frame.arrival_us)
                    return
                self.writer = owner.open_segment(self, frame, at_us)
                self._parameter_sets = parameter_sets(frame.data) if self.tap.codec == "h264" else b""
            if self.writer:
                self.writer.write(on_line_us, frame, 0 if self.video else opus_duration_us(frame.data))
                owner.written(frame.arrival_us)
        except OSError as error:
            owner.write_failed(self, error)

    def _reason_to_rotate(self, owner: TrackOwner, on_line_us: int, frame: Frame) -> str:
        writer = self.writer
        if writer is None or not frame.key:
            return ""
        if frame.width and (frame.width, frame.height) != (writer.width, writer.height):
            return "format"
        if self.tap.codec == "h264" and parameter_sets(frame.data) not in (b"", self._parameter_sets):
            return "format"
        began = on_line_us if writer.first_us is None else writer.first_us
        return "rotated" if on_line_us - began >= owner.segment_us else ""

"""The server's end of the link: connects (again), sends control messages and media, hands messages up. Never blocks its caller.

The queue for media is bounded: when the recorder is slow or away, video is dropped up to its next keyframe, audio only far later, and
each hole is told as `Overflow`. After a reconnect the recorder is told anew what goes on (`greeting`), then the queued media follow.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from recorder.depacketise import VIDEO_CODECS, starts_keyframe
from recorder.framing import FrameReader, LinkError, chunks, control, decode_up, media
from recorder.link_messages import KIND_CONTROL, Down, Overflow, UpMessage

log = structlog.get_logger("recorder.link")

#: About 8 s of 25 small cameras. Audio may fill four times as much before it is dropped too.
MAX_QUEUED_BYTES = 8 << 20
AUDIO_FACTOR = 4
RETRY_FROM_S, RETRY_TO_S = 0.05, 1.0
READ_BYTES = 64 << 10


@dataclass(slots=True)
class _Hole:
    """Packets of a publication are being dropped since `from_us`."""

    from_us: int
    to_us: int
    asked_us: int = 0


@dataclass(frozen=True, slots=True)
class LinkEvents:
    """What the link tells. All are called on the event loop.

    message: from the recorder. connected: True after the greeting was sent, False when the connection is gone.
    greeting: what the recorder must know first. keyframe_needed: dropping a video can end at its next keyframe.
    """

    message: Callable[[UpMessage], None]
    connected: Callable[[bool], None]
    greeting: Callable[[], Sequence[Down]]
    keyframe_needed: Callable[[int], None]


@dataclass(slots=True)
class _Queue:
    frames: deque[tuple[bool, bytes]] = field(default_factory=deque)
    media_bytes: int = 0
    filled: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, frame: bytes, is_media: bool) -> None:
        self.frames.append((is_media, frame))
        self.media_bytes += len(frame) if is_media else 0
        self.filled.set()

    def take(self) -> bytes:
        is_media, frame = self.frames.popleft()
        self.media_bytes -= len(frame) if is_media else 0
        if not self.frames:
            self.filled.clear()
        return frame

    def keep_media_only(self) -> None:
        """Control messages of the old connection mean nothing on a new one."""
        self.frames = deque(entry for entry in self.frames if entry[0])
        if not self.frames:
            self.filled.clear()


class RecorderLink:
    """`run` connects and stays connected until cancelled."""

    def __init__(self, socket: Path, events: LinkEvents, max_queued_bytes: int = MAX_QUEUED_BYTES) -> None:
        self._socket = socket
        self._events = events
        self._max_bytes = max_queued_bytes
        self._queue = _Queue()
        self._holes: dict[int, _Hole] = {}
        self.connected = False

    def send(self, message: Down) -> None:
        """Queue a control message. Dropped while not connected: the greeting tells the state instead."""
        if self.connected:
            self._queue.put(control(message), is_media=False)

    def send_media(self, publication: int, codec: str, packets: Sequence[tuple[int, bytes]]) -> None:
        """Queue packets (arrival in Unix µs, RTP), or drop them as told above."""
        kept = self._admit(publication, codec, packets)
        for part in chunks(kept):
            self._queue.put(media(publication, part), is_media=True)

    def forget(self, publication: int) -> None:
        """The publication ended: a hole in it is told now."""
        if hole := self._holes.pop(publication, None):
            self._tell_hole(publication, hole)

    async def run(self) -> None:
        wait_s = RETRY_FROM_S
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._socket)
            except OSError:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, RETRY_TO_S)
                continue
            wait_s = RETRY_FROM_S
            try:
                await self._talk(reader, writer)
            except (OSError, LinkError) as error:
                log.warning("link lost", reason=str(error))
            finally:
                self.connected = False
                writer.close()
            self._events.connected(False)
            await asyncio.sleep(RETRY_FROM_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._queue.keep_media_only()
        for message in self._events.greeting():
            writer.write(control(message))
        self.connected = True
        self._events.connected(True)
        sending = asyncio.create_task(self._send(writer))
        try:
            await self._receive(reader)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while data := await reader.read(READ_BYTES):
            for kind, payload in frames.feed(data):
                if kind != KIND_CONTROL:
                    raise LinkError("media from the recorder")
                message = decode_up(payload)
                try:
                    self._events.message(message)
                except Exception:
                    log.exception("message not handled", message=type(message).__name__)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=256 << 10)
        while True:
            await self._queue.filled.wait()
            writer.write(self._queue.take())
            await writer.drain()

    def _admit(self, publication: int, codec: str, packets: Sequence[tuple[int, bytes]]) -> Sequence[tuple[int, bytes]]:
        if not packets:
            return packets
        video = codec in VIDEO_CODECS
        limit = self._max_bytes if video else self._max_bytes * AUDIO_FACTOR
        hole = self._holes.get(publication)
        if hole is None:
            if self._queue.media_bytes < limit:
                return packets
            hole = self._holes[publication] = _Hole(packets[0][0], packets[0][0])
            log.warning("packets dropped before the recorder", publication=publication)
        return self._end_hole(publication, codec, hole, packets, limit)

    def _end_hole(
        self, publication: int, codec: str, hole: _Hole, packets: Sequence[tuple[int, bytes]], limit: int
    ) -> Sequence[tuple[int, bytes]]:
        """From the keyframe on, if there is room again; else nothing."""
        hole.to_us = packets[-1][0]
        if self._queue.media_bytes > limit // 2:
            return []
        video = codec in VIDEO_CODECS
        start = next((i for i, (_, p) in enumerate(packets) if not video or starts_keyframe(codec, p)), None)
        if start is None:
            if hole.to_us - hole.asked_us >= 1_000_000:
                hole.asked_us = hole.to_us
                self._events.keyframe_needed(publication)
            return []
        hole.to_us = packets[start][0]
        del self._holes[publication]
        self._tell_hole(publication, hole)
        return packets[start:]

    def _tell_hole(self, publication: int, hole: _Hole) -> None:
        self.send(Overflow(publication=publication, from_us=hole.from_us, to_us=hole.to_us))

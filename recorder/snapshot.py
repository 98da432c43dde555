"""Takes evidence pictures: one keyframe per wanted publication, decoded once, drawn, written. Nothing is decoded continuously."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import av
import structlog
from PIL import Image

from recorder import clock, files, picture
from recorder.depacketise import Frame
from recorder.link_messages import SnapshotFailed, SnapshotTaken, SnapshotTile, TakeSnapshot, Up
from recorder.track import Track

log = structlog.get_logger("recorder")

#: A keyframe that arrived this shortly before the wish shows the same moment.
FRESH_US = 1_000_000
#: Should no newer one come (the lesson just ended, the line broke), the last one counts this long: the relay asks for one each 10 s.
LATELY_US = 12_000_000
MAX_WAIT_MS = 10_000
MAX_TILES = 250
MAX_PIXELS = 4096 * 4096

#: publication → its track and the keyframe to come.
Asked = dict[int, tuple[Track, asyncio.Future[Frame]]]


class Snapshots:
    """One picture after the other per recorder, in a thread: stills never slow the writing of files."""

    def __init__(self, data: Path, tell: Callable[[Up], None]) -> None:
        self._data = data
        self._tell = tell
        self._one_at_a_time = asyncio.Semaphore(1)

    def ask(self, wish: TakeSnapshot, tracks: Mapping[int, Track]) -> Asked:
        """Ask for the keyframes now: one that arrives right behind the wish counts already."""
        now_us = clock.now_us()
        found: Asked = {}
        for tile in [*wish.big, *wish.tiles][:MAX_TILES]:
            track = tracks.get(tile.publication) if tile.publication is not None else None
            if track and track.video:
                found[track.tap.publication] = (track, track.next_keyframe(now_us - FRESH_US))
                track.ask_keyframe(now_us)
        return found

    async def take(self, wish: TakeSnapshot, asked: Asked) -> None:
        """Answers `SnapshotTaken` or `SnapshotFailed`, whatever happens."""
        try:
            if len(wish.big) + len(wish.tiles) > MAX_TILES:
                raise ValueError("too many tiles")
            frames = await _arrived(asked, wish.wait_ms)
            captured_us = clock.now_us()
            async with self._one_at_a_time:
                taken = await asyncio.to_thread(_make, self._data, wish, frames, captured_us)
        except OSError as error:
            log.error("picture not written", lesson=wish.lesson, error=str(error))
            self._tell(SnapshotFailed(lesson=wish.lesson, snapshot=wish.snapshot, reason="io"))
        except (ValueError, av.FFmpegError) as error:
            log.error("picture not drawn", lesson=wish.lesson, error=str(error))
            self._tell(SnapshotFailed(lesson=wish.lesson, snapshot=wish.snapshot, reason="invalid"))
        else:
            self._tell(taken)


async def _arrived(asked: Asked, wait_ms: int) -> dict[int, tuple[str, Frame]]:
    """The keyframes that came in time, or lately."""
    futures = [future for _, future in asked.values()]
    if futures:
        await asyncio.wait(futures, timeout=min(max(wait_ms, 0), MAX_WAIT_MS) / 1_000)
    not_before_us = clock.now_us() - LATELY_US
    found = {}
    for publication, (track, future) in asked.items():
        frame = future.result() if future.done() and not future.cancelled() else track.last_keyframe
        if frame and frame.arrival_us >= not_before_us:
            found[publication] = (track.tap.codec, frame)
        future.cancel()
    return found


def decode(codec: str, frame: Frame) -> Image.Image | None:
    """The picture of one keyframe; None if it does not decode (a damaged frame must not cost the whole picture)."""
    try:
        decoder = av.VideoCodecContext.create(codec, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.thread_count = 1
        packet = av.Packet(frame.data)
        pictures = decoder.decode(packet) or decoder.decode(None)
        if not pictures or pictures[0].width * pictures[0].height > MAX_PIXELS:
            return None
        shown: Any = pictures[0]
        return cast(Image.Image, shown.to_image())
    except (av.FFmpegError, ValueError) as error:
        log.warning("keyframe does not decode", codec=codec, error=str(error))
        return None


def _make(data: Path, wish: TakeSnapshot, frames: dict[int, tuple[str, Frame]], captured_us: int) -> SnapshotTaken:
    shown = {publication: decode(codec, frame) for publication, (codec, frame) in frames.items()}

    def tile(asked: SnapshotTile) -> picture.Tile:
        return picture.Tile(asked.caption, shown.get(asked.publication) if asked.publication is not None else None)

    big, tiles = [tile(t) for t in wish.big], [tile(t) for t in wish.tiles]
    content = picture.compose(wish.header, big, tiles)
    folder = files.evidence_folder(data, wish.lesson)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{wish.snapshot}.jpg"
    files.write_atomically(folder / name, content)
    return SnapshotTaken(
        lesson=wish.lesson,
        snapshot=wish.snapshot,
        file_name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        captured_us=captured_us,
        decoded=sum(t.picture is not None for t in [*big, *tiles]),
        tiles=len(big) + len(tiles),
    )

"""What a dead recorder left behind: unfinished segments are measured, digested and closed. Blocking: runs in a thread."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from recorder import files
from recorder.records import LessonState, Sidecar
from recorder.segment import readable

log = structlog.get_logger("recorder")

#: Segments that ended this close to the last sign of life were being written when the recorder died.
TOGETHER_US = 5_000_000


class Found(NamedTuple):
    """`crashed_us`: when the recorder stopped writing, None if everything had been closed properly."""

    segments: list[Sidecar]
    crashed_us: int | None


def next_number(folder: Path) -> int:
    """The first segment number not used yet. Quick: names only."""
    numbers = [int(p.name.split("-")[0]) for p in folder.glob("[0-9]*-*.json") if p.name.split("-")[0].isdigit()]
    return max(numbers, default=0) + 1


def load_state(folder: Path) -> LessonState | None:
    try:
        return files.read(folder / "lesson.json", LessonState)
    except FileNotFoundError:
        return None


def sign_of_life(folder: Path, now_us: int) -> None:
    """Each second: the state file's time says until when this recorder lived, should it be killed while nothing is being written."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(folder / "lesson.json", ns=(now_us * 1_000, now_us * 1_000))


def died_us(folder: Path, state: LessonState) -> int:
    """The last sign of life of a recorder that neither finished nor suspended this recording; 0 if it did."""
    if state.ended_us or state.open_gap_us:
        return 0
    return (folder / "lesson.json").stat().st_mtime_ns // 1_000


def recover(folder: Path, before: int) -> Found:
    """All segments numbered below `before`, the unfinished ones closed with end_reason crash."""
    segments, ends = [], []
    for path in sorted(folder.glob("[0-9]*-*.json")):
        try:
            sidecar = files.read(path, Sidecar)
        except (msgspec.DecodeError, OSError) as error:
            log.error("sidecar unreadable", file=path.name, error=str(error))
            continue
        if sidecar.number >= before:
            continue
        if not sidecar.sha256:
            sidecar = close_crashed(folder, sidecar)
            ends.append(sidecar.to_us)
        segments.append(sidecar)
    newest = max(ends, default=0)
    return Found(segments, min((e for e in ends if e > newest - TOGETHER_US), default=None))


def close_crashed(folder: Path, sidecar: Sidecar) -> Sidecar:
    """The sidecar completed with what can be read of its file; the file itself is not touched."""
    media = folder / sidecar.file_name
    if not media.exists():
        media.touch()
    first, end, frames = readable(media)
    digest, size = files.sha256_of(media)
    began = sidecar.origin_us + first if frames else sidecar.from_us
    closed = msgspec.structs.replace(
        sidecar,
        from_us=began,
        to_us=max(sidecar.origin_us + end, began),
        frames=frames,
        size=size,
        sha256=digest,
        end_reason="crash",
    )
    files.write_atomically(media.with_suffix(".json"), files.canonical(closed))
    log.warning("unfinished segment closed", file=sidecar.file_name, readable_ms=(end - first) // 1_000)
    return closed

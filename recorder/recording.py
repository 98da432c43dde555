"""The recording of one lesson: its segments, gaps and state on disk, from the first packet to the manifest.

Runs on the event loop; digests, fsync and recovery run in threads. What is written is told through `tell` (messages to the server);
everything told can be told again from disk, so that a lost connection loses nothing.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

from recorder import clock, files, playback, recovery
from recorder.depacketise import Frame
from recorder.link_messages import Failed, Finished, Gap, SegmentDone, Up, Writing
from recorder.records import GapRecord, LessonState, Manifest, Sidecar
from recorder.segment import SegmentWriter
from recorder.track import NOTED_GAP_US, Track

log = structlog.get_logger("recorder")

FSYNC_EVERY_S = 3.0
RETRY_AFTER_S = 5.0
MAX_GAPS = 20_000
_INTERRUPTED = frozenset({"crash", "server_gone"})


@dataclass(frozen=True, slots=True)
class Settings:
    """segment_s: length of a file. reserve_bytes: disk space that is left alone (the ledger needs it)."""

    segment_s: float = 300.0
    reserve_bytes: int = 256 << 20


class Recording:
    """Implements `track.TrackOwner`."""

    def __init__(self, data: Path, lesson: str, origin_us: int, settings: Settings, tell: Callable[[Up], None]) -> None:
        self.lesson = lesson
        self.folder = files.recording_folder(data, lesson)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.segment_us = round(settings.segment_s * 1e6)
        self._settings = settings
        self._tell = tell
        known = recovery.load_state(self.folder)
        self.origin_us = known.origin_us if known else origin_us
        self._state = known or LessonState(lesson=lesson, origin_us=origin_us)
        self._dirty = known is None
        self._died_us = 0 if known is None else recovery.died_us(self.folder, known)
        self._first_number = self._number = recovery.next_number(self.folder)
        self._open: dict[int, tuple[Track, SegmentWriter, Sidecar]] = {}
        self._done: list[Sidecar] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._first_write_us = 0
        #: The first segment of each person and role since this process took over, until it is compared with the last one before.
        self._begun: dict[tuple[str, str], Sidecar] = {}
        self._before: dict[tuple[str, str], Sidecar] = {}
        self._closed_bytes = 0
        self._has_written = False
        self._confirmed_us = 0
        self._blocked: str = ""
        self._blocked_until = 0.0
        self._synced = clock.mono_s()
        self._recovered = self._start(self._recover())

    # --- segments (called by tracks) ---

    def open_segment(self, track: Track, first: Frame, from_us: int) -> SegmentWriter | None:
        if self._blocked:
            return None
        number, self._number = self._number, self._number + 1
        name = f"{number:05d}-{track.tap.role}.mkv"
        writer = SegmentWriter(self.folder / name, track.tap.codec, first)
        sidecar = Sidecar(
            lesson=self.lesson, number=number, publication=track.tap.publication, person=track.tap.person,
            role=track.tap.role, codec=track.tap.codec, file_name=name, width=writer.width, height=writer.height,
            origin_us=self.origin_us, from_us=from_us,
        )  # fmt: skip
        writer.path.with_suffix(".json").write_bytes(files.canonical(sidecar))
        self._open[number] = (track, writer, sidecar)
        self._begun.setdefault((sidecar.person, sidecar.role), sidecar)
        self._tell_resumption()
        return writer

    def close_segment(self, track: Track, reason: str) -> None:
        number = next(n for n, (known, _, _) in self._open.items() if known is track)
        _, writer, sidecar = self._open.pop(number)
        track.writer = None
        reports, track.reports = track.reports, []
        try:
            writer.close()
        except OSError as error:
            log.error("segment could not be ended", file=sidecar.file_name, error=str(error))
        self._closed_bytes += writer.file.size
        self._has_written = True
        sidecar = msgspec.structs.replace(
            sidecar,
            from_us=self.origin_us + (writer.first_us or 0),
            to_us=self.origin_us + writer.end_us,
            frames=writer.frames,
            end_reason=reason,
            reports=reports,
        )
        self._start(self._complete(sidecar))

    def gap(self, publication: int | None, from_us: int, to_us: int, reason: str) -> None:
        found = GapRecord(publication=publication, from_us=from_us, to_us=to_us, reason=reason)
        if len(self._state.gaps) < MAX_GAPS:
            self._change(gaps=[*self._state.gaps, found])
        self._tell_gap(found)

    def written(self, at_us: int) -> None:
        if not self._first_write_us:
            self._first_write_us = at_us
        if self._state.open_gap_us and self._recovered.done():
            self._close_gap(at_us)

    def write_failed(self, track: Track, error: Exception) -> None:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        log.error("cannot write", lesson=self.lesson, error=str(error))
        self._block("disk_full" if full else "io", [track] if not full else None)

    # --- time passes ---

    def tick(self, now_us: int) -> None:
        """Each second, after the tracks' own tick: space, fsync, the sign of life for the server."""
        self._watch_space()
        if self._dirty:
            self._save()
        recovery.sign_of_life(self.folder, now_us)
        if clock.mono_s() - self._synced >= FSYNC_EVERY_S and self._open:
            self._synced = clock.mono_s()
            self._start(self._sync([os.dup(w.file.fileno()) for _, w, _ in self._open.values()]))
        if not self._blocked:
            self._tell(Writing(lesson=self.lesson, confirmed_us=self.confirmed_us(now_us), bytes=self._bytes()))

    def confirmed_us(self, now_us: int) -> int:
        """Everything that arrived before this moment is in the files; 0 if this process has not written anything yet."""
        if not self._has_written and not any(w.flushed for _, w, _ in self._open.values()):
            return 0
        pending = [w.pending_us for _, w, _ in self._open.values() if w.pending_us]
        self._confirmed_us = max(self._confirmed_us, min(pending, default=now_us))
        return self._confirmed_us

    def suspend(self, now_us: int, reason: str) -> None:
        """The server is gone: nothing will arrive until it is back (tracks are finished by the caller)."""
        if not self._state.open_gap_us:
            self._change(open_gap_us=now_us, open_gap_reason=reason)
        self._save()

    async def settle(self) -> None:
        """Wait until all closed segments have their digests."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def finish(self, ended_us: int) -> None:
        """After all tracks are finished: manifest, playback files, `Finished`. Runs again harmlessly after a crash."""
        await self.settle()
        ended_us = self._state.ended_us or ended_us
        if self._state.open_gap_us:
            self._close_gap(max(ended_us, self._state.open_gap_us))
        self._change(ended_us=ended_us)
        self._save()
        segments = sorted(self._done, key=lambda s: (s.from_us, s.number))
        manifest = Manifest(
            lesson=self.lesson, origin_us=self.origin_us, ended_us=ended_us, segments=segments, gaps=self._state.gaps
        )
        digest = await asyncio.to_thread(_write_manifest, self.folder, manifest)
        await asyncio.to_thread(playback.build, self.folder, manifest)
        self._tell(
            Finished(
                lesson=self.lesson,
                manifest_file="manifest.json",
                manifest_sha256=digest,
                segments=len(segments),
                gaps=len(self._state.gaps),
            )
        )

    # --- inside ---

    async def _recover(self) -> None:
        found = await asyncio.to_thread(recovery.recover, self.folder, self._first_number)
        for sidecar in found.segments:
            self._closed_bytes += sidecar.size
            self._tell_done(sidecar)
            self._before[sidecar.person, sidecar.role] = sidecar
        for gap in self._state.gaps:
            self._tell_gap(gap)
        died_us = found.crashed_us or self._died_us
        if died_us and not self._state.open_gap_us:
            self._change(open_gap_us=died_us, open_gap_reason="recorder_down")
        if self._state.open_gap_us and self._first_write_us:
            self._close_gap(self._first_write_us)
        self._tell_resumption()
        self._save()

    def _tell_resumption(self) -> None:
        """A video goes on at its next keyframe only: its own hole may be longer than the recording's."""
        for key in self._before.keys() & self._begun.keys():
            last, now = self._before.pop(key), self._begun.pop(key)
            if last.end_reason in _INTERRUPTED and now.from_us - last.to_us > NOTED_GAP_US:
                reason = "recorder_down" if last.end_reason == "crash" else "server_down"
                self.gap(now.publication, last.to_us, now.from_us, reason)

    async def _complete(self, sidecar: Sidecar) -> None:
        self._tell_done(await asyncio.to_thread(_digest, self.folder, sidecar))

    async def _sync(self, fds: list[int]) -> None:
        await asyncio.to_thread(_sync_all, fds)

    def _tell_done(self, s: Sidecar) -> None:
        self._done.append(s)
        self._tell(
            SegmentDone(
                lesson=s.lesson, publication=s.publication, person=s.person, role=s.role, codec=s.codec,
                file_name=s.file_name, sha256=s.sha256, size=s.size, from_us=s.from_us, to_us=s.to_us,
                end_reason=s.end_reason,
            )
        )  # fmt: skip

    def _tell_gap(self, gap: GapRecord) -> None:
        self._tell(
            Gap(
                lesson=self.lesson,
                publication=gap.publication,
                from_us=gap.from_us,
                to_us=gap.to_us,
                reason=gap.reason,
            )
        )

    def _close_gap(self, to_us: int) -> None:
        from_us, reason = self._state.open_gap_us, self._state.open_gap_reason
        self._change(open_gap_us=0, open_gap_reason="")
        if to_us > from_us:
            self.gap(None, from_us, to_us, reason)

    def _watch_space(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if not self._blocked and free < self._settings.reserve_bytes:
            self._block("disk_full", None)
        elif self._blocked and clock.mono_s() >= self._blocked_until and free >= self._settings.reserve_bytes:
            log.info("writing again", lesson=self.lesson)
            self._blocked = ""

    def _block(self, reason: str, tracks: list[Track] | None) -> None:
        """Stop cleanly: close the files (all, or the failed ones), tell the server, try again later."""
        for track in [t for t, _, _ in self._open.values() if tracks is None or t in tracks]:
            self.close_segment(track, reason)
        if self._blocked:
            return
        self._blocked, self._blocked_until = reason, clock.mono_s() + RETRY_AFTER_S
        since_us = self._confirmed_us or clock.now_us()
        if not self._state.open_gap_us:
            self._change(open_gap_us=since_us, open_gap_reason=reason)
        self._tell(Failed(lesson=self.lesson, since_us=since_us, reason=reason))

    def _bytes(self) -> int:
        return self._closed_bytes + sum(w.file.size for _, w, _ in self._open.values())

    def _change(self, **values: Any) -> None:
        self._state = msgspec.structs.replace(self._state, **values)
        self._dirty = True

    def _save(self) -> None:
        self._dirty = False
        try:
            files.write_atomically(self.folder / "lesson.json", files.canonical(self._state))
        except OSError as error:
            self._dirty = True
            log.error("state not saved", lesson=self.lesson, error=str(error))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("recording task failed", lesson=self.lesson, exc_info=error)
            self._tell(Failed(lesson=self.lesson, since_us=self._confirmed_us, reason="io"))


def _digest(folder: Path, sidecar: Sidecar) -> Sidecar:
    media = folder / sidecar.file_name
    digest, size = files.sha256_of(media)
    complete = msgspec.structs.replace(sidecar, sha256=digest, size=size)
    files.write_atomically(media.with_suffix(".json"), files.canonical(complete))
    return complete


def _sync_all(fds: list[int]) -> None:
    for fd in fds:
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _write_manifest(folder: Path, manifest: Manifest) -> str:
    path = folder / "manifest.json"
    files.write_atomically(path, files.canonical(manifest))
    return files.sha256_of(path)[0]

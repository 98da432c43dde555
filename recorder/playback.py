"""Segments → files a browser plays, without re-encoding: WebM for VP8 and Opus, MP4 for H264. Blocking: runs in a thread.

The segments stay as they are. One file per person, role and stretch: a pause, another codec or another shape of the picture begins a new
file; the player puts files on the lesson's time line by `start_ms`. Cues stand in front, so that seeking needs one range request.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import structlog
from av.container import OutputContainer
from av.stream import Stream

from recorder import files, webm
from recorder.records import Manifest, Playback, PlaybackTrack, Sidecar
from recorder.segment import OPUS_SILENCE, OPUS_SILENCE_US, TIME_BASE, opus_head
from recorder.webm import Format, Joined, NotOurs

log = structlog.get_logger("recorder")

#: Segments nearer than this are joined; a longer hole is a new file (its silence would only be weight).
JOIN_US = 8_000_000
SHAPE_TOLERANCE = 0.02


def build(folder: Path, manifest: Manifest) -> Playback:
    """Make all playback files and `playback.json`. A stretch that cannot be read is left out and logged."""
    tracks = []
    for number, stretch in enumerate(stretches(manifest.segments), start=1):
        try:
            track = join(folder, f"play-{number:04d}", stretch, manifest.origin_us)
        except (av.FFmpegError, OSError) as error:
            log.error("no playback file", segments=[s.file_name for s in stretch], error=str(error))
            continue
        if track:
            tracks.append(track)
    duration_ms = max([(manifest.ended_us - manifest.origin_us) // 1_000, 0, *(track.end_ms for track in tracks)])
    index = Playback(lesson=manifest.lesson, duration_ms=duration_ms, tracks=tracks)
    files.write_atomically(folder / "playback.json", files.canonical(index))
    return index


def stretches(segments: list[Sidecar]) -> Iterator[list[Sidecar]]:
    """Segments that become one file each, in order of time."""
    readable = [s for s in segments if s.frames]
    by_source = sorted(readable, key=lambda s: (s.person, s.role, s.codec, s.from_us, s.number))
    for _, group in groupby(by_source, key=lambda s: (s.person, s.role, s.codec)):
        stretch: list[Sidecar] = []
        for segment in group:
            if stretch and not _continues(stretch[-1], segment):
                yield stretch
                stretch = []
            stretch.append(segment)
        yield stretch


def _continues(last: Sidecar, following: Sidecar) -> bool:
    if not -JOIN_US < following.from_us - last.to_us < JOIN_US:
        return False
    if last.codec == "opus":
        return True
    if last.codec == "h264":
        return (last.width, last.height) == (following.width, following.height)
    if not (last.height and following.height):
        return False
    return abs(last.width / last.height - following.width / following.height) < SHAPE_TOLERANCE


def join(folder: Path, stem: str, stretch: list[Sidecar], origin_us: int) -> PlaybackTrack | None:
    """One playback file of a stretch. None if nothing in it can be read."""
    first = stretch[0]
    largest = max(stretch, key=lambda s: s.width * s.height)
    is_mp4, kind = first.codec == "h264", "audio" if first.codec == "opus" else "video"
    target = folder / (stem + (".mp4" if is_mp4 else ".webm"))
    partial = target.with_suffix(".part")
    sources = [folder / segment.file_name for segment in stretch]
    joined = _remuxed(partial, sources, first.codec) if is_mp4 else _copied(partial, sources, largest)
    if joined is None:
        partial.unlink(missing_ok=True)
        return None
    partial.replace(target)
    files.sync_folder(folder)
    return PlaybackTrack(
        file_name=target.name,
        person=first.person,
        role=first.role,
        kind=kind,
        mime=f"{kind}/mp4" if is_mp4 else f"{kind}/webm",
        width=largest.width,
        height=largest.height,
        start_ms=joined.first_ms,
        end_ms=joined.end_ms,
        size=target.stat().st_size,
    )


def _copied(partial: Path, sources: list[Path], like: Sidecar) -> Joined | None:
    """Cluster by cluster; should a file be laid out differently, packet by packet."""
    video = like.codec == "vp8"
    form = Format("V_VP8", b"", like.width, like.height) if video else Format("A_OPUS", opus_head())
    try:
        return webm.join(partial, sources, form)
    except NotOurs as error:
        log.warning("segments joined the slow way", file=partial.name, reason=str(error))
        return _remuxed(partial, sources, like.codec)


def _remuxed(partial: Path, sources: list[Path], codec: str) -> Joined | None:
    form, options = ("mp4", {"movflags": "faststart"}) if codec == "h264" else ("webm", {"cues_to_front": "1"})
    with av.open(partial, "w", format=form, options=options) as out:
        copy = _Copy(out, silence=codec == "opus")
        for source in sources:
            copy.append(source)
    return None if copy.first_us is None else Joined(copy.first_us // 1_000, copy.end_us // 1_000)


class _Copy:
    """Packets of one file after the other into a new one, times moved to begin at 0."""

    def __init__(self, out: OutputContainer, silence: bool) -> None:
        self._out = out
        self._silence = silence
        self._stream: Stream | None = None
        self._last_us = -1_000
        self.first_us: int | None = None
        self.end_us = 0

    def append(self, path: Path) -> None:
        with av.open(path) as source:
            if not source.streams:
                return
            stream = source.streams[0]
            if self._stream is None:
                self._stream = self._out.add_stream_from_template(stream)
            try:
                for packet in source.demux(stream):
                    if packet.pts is not None and packet.size:
                        self._copy(packet)
            except av.FFmpegError as error:
                # The tail of a file whose writer was killed; everything before it has been copied.
                log.warning("segment read up to its damage", file=path.name, error=str(error))

    def _copy(self, packet: av.Packet[Any]) -> None:
        assert packet.time_base is not None and packet.pts is not None
        at_us = round(packet.pts * packet.time_base / TIME_BASE)
        duration_us = round((packet.duration or 0) * packet.time_base / TIME_BASE) if self._silence else 0
        if self.first_us is None:
            self.first_us = at_us
        while self._silence and self.end_us and at_us - self.end_us >= OPUS_SILENCE_US:
            self._mux(av.Packet(OPUS_SILENCE), self.end_us, OPUS_SILENCE_US, key=True)
        if at_us <= self._last_us:
            if self._silence:
                return
            at_us = self._last_us + 1_000
        self._mux(packet, at_us, duration_us, packet.is_keyframe)

    def _mux(self, packet: av.Packet[Any], at_us: int, duration_us: int, key: bool) -> None:
        assert self.first_us is not None
        packet.stream = self._stream
        packet.time_base = TIME_BASE
        packet.pts = packet.dts = at_us - self.first_us
        packet.duration = duration_us
        packet.is_keyframe = key
        self._out.mux(packet)
        self._last_us = at_us
        self.end_us = max(self.end_us, at_us + duration_us)

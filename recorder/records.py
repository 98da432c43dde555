"""What the recorder writes beside the media, as JSON: sidecars, the lesson's state, the manifest, the playback index.

Ids only. Times are Unix microseconds. `gaps` here and in the manifest are what `Gap` messages told.
"""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Something written as canonical JSON."""


class ReportPair(Record, frozen=True, kw_only=True):
    """A sender report as received: publisher's NTP (Unix µs) ↔ RTP time, `at_us` by the recorder's clock."""

    ntp_us: int
    rtp: int
    at_us: int


class Sidecar(Record, frozen=True, kw_only=True):
    """One segment. Written when it begins (`sha256` empty) and again when it is complete.

    end_reason ∈ rotated, format, pause, closed, ended, server_gone, disk_full, io, crash.
    """

    lesson: str
    number: int
    publication: int
    person: str
    role: str
    codec: str
    file_name: str
    width: int
    height: int
    origin_us: int
    from_us: int
    to_us: int = 0
    frames: int = 0
    size: int = 0
    sha256: str = ""
    end_reason: str = ""
    reports: list[ReportPair] = []


class GapRecord(Record, frozen=True, kw_only=True):
    publication: int | None
    from_us: int
    to_us: int
    reason: str


class LessonState(Record, frozen=True, kw_only=True):
    """`open_gap_us`: since then nothing is written, until the next packet closes the gap. `ended_us` 0: not ended."""

    lesson: str
    origin_us: int
    gaps: list[GapRecord] = []
    open_gap_us: int = 0
    open_gap_reason: str = ""
    ended_us: int = 0


class Manifest(Record, frozen=True, kw_only=True):
    """The whole recording. Its digest stands in the ledger (`RecordingFinished`)."""

    version: int = 1
    lesson: str
    origin_us: int
    ended_us: int
    segments: list[Sidecar]
    gaps: list[GapRecord]


class PlaybackTrack(Record, frozen=True, kw_only=True):
    """A file that a browser plays. kind ∈ video, audio; times on the lesson's time line from its origin."""

    file_name: str
    person: str
    role: str
    kind: str
    mime: str
    width: int
    height: int
    start_ms: int
    end_ms: int
    size: int


class Playback(Record, frozen=True, kw_only=True):
    version: int = 1
    lesson: str
    duration_ms: int
    tracks: list[PlaybackTrack]

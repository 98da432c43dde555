"""Messages between the server and the recorder process over a Unix stream socket.

Framing: u32 length (big endian, ≤ 4 MiB), u8 kind, payload. kind 1 = JSON control (these structs), kind 2 = media batch:
u32 publication, u16 count, then per packet u64 arrival_us, u16 length, RTP bytes. The server connects; the recorder listens on a path
it is given. The server names everything; the recorder owns files below its storage folder: `lessons/{lesson}/recording/`.
"""

from __future__ import annotations

import msgspec

MAX_FRAME_BYTES = 4 << 20
KIND_CONTROL = 1
KIND_MEDIA = 2


class Down(msgspec.Struct, frozen=True, kw_only=True, tag_field="t"):
    """Server → recorder."""


class StartRecording(Down, frozen=True, kw_only=True, tag="start_recording"):
    """Begin (or go on with, after a crash) the recording of a lesson. `origin_us`: zero of its time line."""

    lesson: str
    origin_us: int


class OpenTap(Down, frozen=True, kw_only=True, tag="open_tap"):
    """A publication begins. `person` is an id, never a name. `record` false: for snapshots only."""

    lesson: str
    publication: int
    person: str
    role: str
    codec: str
    clock_hz: int
    record: bool


class CloseTap(Down, frozen=True, kw_only=True, tag="close_tap"):
    lesson: str
    publication: int
    reason: str


class SenderReport(Down, frozen=True, kw_only=True, tag="sender_report"):
    publication: int
    ntp_us: int
    rtp: int


class Overflow(Down, frozen=True, kw_only=True, tag="overflow"):
    """Packets of this publication were dropped before they reached the recorder."""

    publication: int
    from_us: int
    to_us: int


class SnapshotTile(msgspec.Struct, frozen=True, kw_only=True):
    """One tile: `caption` is what to print below (the server knows names; the recorder only draws). publication None: no camera."""

    publication: int | None
    caption: str


class TakeSnapshot(Down, frozen=True, kw_only=True, tag="take_snapshot"):
    """Compose one evidence picture from the next keyframe of each tile (≤ `wait_ms`), else an initials card.

    `header` lines are drawn on top (lesson, server time, present/enrolled). Screens come first and larger (`big`).
    """

    lesson: str
    snapshot: str
    header: list[str]
    big: list[SnapshotTile]
    tiles: list[SnapshotTile]
    wait_ms: int


class StopRecording(Down, frozen=True, kw_only=True, tag="stop_recording"):
    """The lesson ended: close segments, write the manifest, prepare playback."""

    lesson: str
    ended_us: int


class Ping(Down, frozen=True, kw_only=True, tag="ping"):
    n: int


class Up(msgspec.Struct, frozen=True, kw_only=True, tag_field="t"):
    """Recorder → server."""


class Pong(Up, frozen=True, kw_only=True, tag="pong"):
    n: int


class Writing(Up, frozen=True, kw_only=True, tag="writing"):
    """Each second while a lesson is recorded: last confirmed (flushed) write; 0 if nothing has arrived yet."""

    lesson: str
    confirmed_us: int
    bytes: int


class SegmentDone(Up, frozen=True, kw_only=True, tag="segment_done"):
    """A file is complete, flushed and digested. `file_name` is below the lesson's recording folder."""

    lesson: str
    publication: int
    person: str
    role: str
    codec: str
    file_name: str
    sha256: str
    size: int
    from_us: int
    to_us: int
    end_reason: str


class Gap(Up, frozen=True, kw_only=True, tag="gap"):
    lesson: str
    publication: int | None
    from_us: int
    to_us: int
    reason: str


class KeyframeWanted(Up, frozen=True, kw_only=True, tag="keyframe_wanted"):
    """The recorder can write nothing of this video before its next keyframe (loss, a new segment, a picture to take)."""

    lesson: str
    publication: int


class Failed(Up, frozen=True, kw_only=True, tag="failed"):
    """Cannot write. reason ∈ disk_full, io."""

    lesson: str
    since_us: int
    reason: str


class SnapshotTaken(Up, frozen=True, kw_only=True, tag="snapshot_taken"):
    """`file_name` below `lessons/{lesson}/evidence/`; `decoded` tiles showed a real picture."""

    lesson: str
    snapshot: str
    file_name: str
    sha256: str
    size: int
    captured_us: int
    decoded: int
    tiles: int


class SnapshotFailed(Up, frozen=True, kw_only=True, tag="snapshot_failed"):
    lesson: str
    snapshot: str
    reason: str


class Finished(Up, frozen=True, kw_only=True, tag="finished"):
    """All segments closed, manifest and playback files stand."""

    lesson: str
    manifest_file: str
    manifest_sha256: str
    segments: int
    gaps: int


DownMessage = StartRecording | OpenTap | CloseTap | SenderReport | Overflow | TakeSnapshot | StopRecording | Ping
UpMessage = Pong | Writing | SegmentDone | Gap | KeyframeWanted | Failed | SnapshotTaken | SnapshotFailed | Finished

"""Joins Matroska segments into one WebM file by copying whole clusters: a three-hour track takes a second, not a minute.

Only for segments that recorder/segment.py wrote: one track, SimpleBlocks, clusters of known size (EBML, RFC 8794; Matroska, RFC 9559).

Input: segment files in order of time. Steps: find each file's clusters and their keyframes; give each cluster its new time; write header,
Cues (fixed size, in front, so that a browser seeks with one range request), clusters. A cluster cut off by a crash is left out.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from recorder.segment import OPUS_SILENCE, OPUS_SILENCE_US

SEGMENT, CLUSTER, CUES, INFO, TRACKS, SEEK_HEAD = (
    0x18538067, 0x1F43B675, 0x1C53BB6B, 0x1549A966, 0x1654AE6B, 0x114D9B74,
)  # fmt: skip
TIMESTAMP, SIMPLE_BLOCK = 0xE7, 0xA3
#: Children of a cluster that say nothing once it is copied: CRC-32, Position, PrevSize, Void.
_DROPPED = frozenset({0xBF, 0xA7, 0xAB, 0xEC})
_KEYFRAME = 0x80
_UNKNOWN = -1
#: Seek points of sound.
AUDIO_CUE_EVERY_MS = 5_000
#: A block's time is a signed 16-bit number of ms from its cluster's.
SILENCE_PER_CLUSTER = 250


class NotOurs(ValueError):
    """The file is not laid out as recorder/segment.py does."""


@dataclass(frozen=True, slots=True)
class Format:
    """What the track is; `codec_private` of Opus, sizes of VP8."""

    codec_id: str
    codec_private: bytes = b""
    width: int = 0
    height: int = 0

    @property
    def is_video(self) -> bool:
        return self.codec_private == b""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Blocks of about a second: bytes of `source` from `start` to `end`. Times in ms on the lesson's line.

    `last_ms` is that of the last block that was looked at.
    """

    source: mmap.mmap | bytes
    start: int
    end: int
    at_ms: int
    first_ms: int
    last_ms: int
    keyframe_ms: int | None

    @property
    def size(self) -> int:
        return _HEAD_BYTES + self.end - self.start


@dataclass(frozen=True, slots=True)
class Joined:
    """Times in ms on the lesson's line."""

    first_ms: int
    end_ms: int


_HEAD_BYTES = 4 + 8 + 1 + 1 + 8


def join(target: Path, segments: Sequence[Path], form: Format) -> Joined | None:
    """Write the WebM file. None (and no file) if no cluster can be read. Raises OSError, NotOurs."""
    with ExitStack() as opened:
        clusters: list[Cluster] = []
        for path in segments:
            file = opened.enter_context(path.open("rb"))
            if path.stat().st_size == 0:
                continue
            source = opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            _append(clusters, list(clusters_of(source, form.is_video)), form)
        if not clusters:
            return None
        first_ms = clusters[0].first_ms
        end_ms = max(c.last_ms for c in clusters) + (0 if form.is_video else OPUS_SILENCE_US // 1_000)
        with target.open("wb") as out:
            _write(out, clusters, form, first_ms, end_ms)
        return Joined(first_ms, end_ms)


def clusters_of(source: mmap.mmap | bytes, is_video: bool = True) -> Iterator[Cluster]:
    """The whole clusters of a segment file. Of sound every block is a keyframe, so only the last cluster is read block by block."""
    places = list(_places(source))
    for number, (body, end) in enumerate(places, start=1):
        yield _cluster(source, body, end, every_block=is_video or number == len(places))


def _places(source: mmap.mmap | bytes) -> Iterator[tuple[int, int]]:
    """Where the bodies of the whole clusters lie."""
    at, end = 0, len(source)
    while at < end:
        kind, body, size = _element(source, at, end)
        if kind is None:
            return
        if kind == SEGMENT:
            at = body
            continue
        if size == _UNKNOWN:
            raise NotOurs(f"element {kind:x} of unknown size")
        if body + size > end:
            return
        if kind == CLUSTER:
            yield body, body + size
        at = body + size


def _cluster(source: mmap.mmap | bytes, at: int, end: int, every_block: bool) -> Cluster:
    time_ms = None
    while at < end:
        kind, body, size = _element(source, at, end)
        if kind == TIMESTAMP:
            time_ms = int.from_bytes(source[body : body + size], "big")
        elif kind not in _DROPPED:
            break
        at = body + size
    if time_ms is None:
        raise NotOurs("cluster without time")
    offsets = list(islice(_blocks(source, at, end), None if every_block else 1))
    if not offsets:
        raise NotOurs("cluster without blocks")
    keyframe = next((time_ms + offset for offset, is_key in offsets if is_key), None)
    times = [offset for offset, _ in offsets]
    return Cluster(source, at, end, time_ms, time_ms + times[0], time_ms + max(times), keyframe)


def _blocks(source: mmap.mmap | bytes, at: int, end: int) -> Iterator[tuple[int, bool]]:
    """(ms from the cluster's time, is keyframe) of each block."""
    while at < end:
        kind, body, size = _element(source, at, end)
        if kind != SIMPLE_BLOCK or body + size > end or size < 4:
            raise NotOurs("cluster with something else than blocks")
        offset, flags = struct.unpack_from(">hB", source, body + 1)
        yield offset, bool(flags & _KEYFRAME)
        at = body + size


def _append(clusters: list[Cluster], more: list[Cluster], form: Format) -> None:
    """Sound: silence up to the next segment, so that its blocks follow one another without a hole."""
    if clusters and more and not form.is_video:
        clusters += _silence(clusters[-1].last_ms + OPUS_SILENCE_US // 1_000, more[0].first_ms)
    clusters += more


def _silence(from_ms: int, to_ms: int) -> Iterator[Cluster]:
    step_ms = OPUS_SILENCE_US // 1_000
    while to_ms - from_ms >= step_ms:
        count = min((to_ms - from_ms) // step_ms, SILENCE_PER_CLUSTER)
        blocks = b"".join(
            _make(SIMPLE_BLOCK, b"\x81" + struct.pack(">hB", n * step_ms, _KEYFRAME) + OPUS_SILENCE)
            for n in range(count)
        )
        last_ms = from_ms + (count - 1) * step_ms
        yield Cluster(blocks, 0, len(blocks), from_ms, from_ms, last_ms, from_ms)
        from_ms = last_ms + step_ms


def _write(out: BinaryIO, clusters: Sequence[Cluster], form: Format, first_ms: int, end_ms: int) -> None:
    cue_clusters = _cued(clusters, form)
    info, tracks = _info(end_ms - first_ms), _tracks(form)
    seek_size = len(_seek_head(0, 0, 0))
    cues_at = seek_size + len(info) + len(tracks)
    cues_size = len(_cues([(0, 0)] * len(cue_clusters)))
    positions, at = [], cues_at + cues_size
    for cluster in clusters:
        positions.append(at)
        at += cluster.size
    cues = _cues([(max(0, (clusters[i].keyframe_ms or 0) - first_ms), positions[i]) for i in cue_clusters])
    out.write(_make(0x1A45DFA3, _EBML))
    out.write(_number(SEGMENT) + _long_size(at))
    out.write(_seek_head(seek_size, seek_size + len(info), cues_at) + info + tracks + cues)
    before_ms = -1
    for cluster in clusters:
        # Never before the cluster in front: files of one publication may overlap by the reordering of a few packets.
        at_ms = max(cluster.at_ms - first_ms, before_ms + 1, 0)
        before_ms = at_ms
        out.write(_number(CLUSTER) + _long_size(cluster.end - cluster.start + 10))
        out.write(b"\xe7\x88" + at_ms.to_bytes(8, "big"))
        out.write(memoryview(cluster.source)[cluster.start : cluster.end])


def _cued(clusters: Sequence[Cluster], form: Format) -> list[int]:
    """Which clusters get a seek point: those with a keyframe; of sound one in five seconds."""
    found: list[int] = []
    last_ms: int | None = None
    for index, cluster in enumerate(clusters):
        if cluster.keyframe_ms is None:
            continue
        if form.is_video or last_ms is None or cluster.keyframe_ms - last_ms >= AUDIO_CUE_EVERY_MS:
            found.append(index)
            last_ms = cluster.keyframe_ms
    return found


_EBML = bytes.fromhex("42868101 42f78101 42f28104 42f38108 4282847765626d 42878104 42858102".replace(" ", ""))


def _info(duration_ms: int) -> bytes:
    name = b"giangduong"
    scale = _make(0x2AD7B1, (1_000_000).to_bytes(3, "big"))
    return _make(
        INFO, scale + _make(0x4489, struct.pack(">d", duration_ms)) + _make(0x4D80, name) + _make(0x5741, name)
    )


def _tracks(form: Format) -> bytes:
    entry = _make(0xD7, b"\x01") + _make(0x73C5, b"\x01") + _make(0x9C, b"\x00") + _make(0x86, form.codec_id.encode())
    if form.is_video:
        size = _make(0xB0, form.width.to_bytes(2, "big")) + _make(0xBA, form.height.to_bytes(2, "big"))
        return _make(TRACKS, _make(0xAE, entry + _make(0x83, b"\x01") + _make(0xE0, size)))
    # The pre-skip of OpusHead is the codec's delay (48 kHz samples → ns); 80 ms before a seek point the decoder has converged.
    delay_ns = int.from_bytes(form.codec_private[10:12], "little") * 1_000_000_000 // 48_000
    sound = _make(0xB5, struct.pack(">d", 48_000.0)) + _make(0x9F, b"\x02")
    entry += _make(0x83, b"\x02") + _make(0x63A2, form.codec_private)
    entry += _make(0x56AA, delay_ns.to_bytes(4, "big")) + _make(0x56BB, (80_000_000).to_bytes(4, "big"))
    return _make(TRACKS, _make(0xAE, entry + _make(0xE1, sound)))


def _cues(points: Sequence[tuple[int, int]]) -> bytes:
    """(ms, position from the segment's body): fixed lengths, so that the size is known before the positions are."""
    if not points:
        return b""
    return _make(
        CUES,
        b"".join(
            _make(
                0xBB,
                b"\xb3\x88"
                + at.to_bytes(8, "big")
                + _make(0xB7, b"\xf7\x81\x01\xf1\x88" + position.to_bytes(8, "big")),
            )
            for at, position in points
        ),
    )


def _seek_head(info: int, tracks: int, cues: int) -> bytes:
    places = ((INFO, info), (TRACKS, tracks), (CUES, cues))
    return _make(
        SEEK_HEAD,
        b"".join(
            _make(0x4DBB, _make(0x53AB, _number(k)) + b"\x53\xac\x88" + at.to_bytes(8, "big")) for k, at in places
        ),
    )


def _make(kind: int, payload: bytes) -> bytes:
    return _number(kind) + (0x1000_0000 | len(payload)).to_bytes(4, "big") + payload


def _number(kind: int) -> bytes:
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big")


def _long_size(size: int) -> bytes:
    return (1 << 56 | size).to_bytes(8, "big")


def _element(source: mmap.mmap | bytes, at: int, end: int) -> tuple[int | None, int, int]:
    """(id, begin of the body, size or _UNKNOWN) of the element at `at`; (None, …) if it is cut off."""
    first = source[at]
    id_length = 9 - first.bit_length()
    if not 1 <= id_length <= 4:
        raise NotOurs("not EBML")
    if at + id_length >= end:
        return None, end, 0
    size_at = at + id_length
    length = 9 - source[size_at].bit_length()
    if length > 8:
        raise NotOurs("not EBML")
    if size_at + length > end:
        return None, end, 0
    size = int.from_bytes(source[size_at : size_at + length], "big") & ((1 << 7 * length) - 1)
    body = size_at + length
    return int.from_bytes(source[at:size_at], "big"), body, _UNKNOWN if size == (1 << 7 * length) - 1 else size

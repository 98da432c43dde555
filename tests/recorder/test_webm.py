"""Joining by clusters gives what joining packet by packet gives, and takes next to no time."""

from __future__ import annotations

import contextlib
import functools
import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.depacketise import Frame
from recorder.segment import SegmentWriter, opus_head
from recorder.webm import Format, NotOurs, clusters_of, join
from tests.recorder.studio import Encoded, audio, repeated, video

VP8 = Format("V_VP8", b"", 320, 180)
OPUS = Format("A_OPUS", opus_head())
BEGIN_US = 40 * 60 * 1_000_000


def write(path: Path, codec: str, take: list[Encoded] | tuple[Encoded, ...], at_us: int, close: bool = True) -> Path:
    frames = [
        Frame(0, e.at_us, e.data, e.key, 320 if codec == "vp8" else 0, 180 if codec == "vp8" else 0) for e in take
    ]
    writer = SegmentWriter(path, codec, frames[0])
    for frame in frames:
        writer.write(at_us + frame.arrival_us, frame, 20_000 if codec == "opus" else 0)
    if close:
        writer.close()
    else:
        writer.file.close()
        with contextlib.suppress(OSError, ValueError):
            writer.close()
    return path


def read(path: Path) -> tuple[list[int], float]:
    """Times of all packets in ms, and the duration in s."""
    with av.open(path, mode="r") as container:
        [stream] = container.streams
        times = [
            round(float(p.pts * p.time_base) * 1_000)
            for p in container.demux(stream)
            if p.pts is not None and p.time_base
        ]
        return times, (container.duration or 0) / 1e6


def test_two_segments_become_one_file_that_begins_at_zero(tmp_path: Path) -> None:
    take = video(seconds=5)
    one = write(tmp_path / "1.mkv", "vp8", take, BEGIN_US)
    two = write(tmp_path / "2.mkv", "vp8", take, BEGIN_US + 5_000_000)
    joined = join(tmp_path / "out.webm", [one, two], VP8)
    assert joined is not None
    assert (joined.first_ms, joined.end_ms) == (BEGIN_US // 1_000, BEGIN_US // 1_000 + 9_967)
    times, duration = read(tmp_path / "out.webm")
    assert times == [round(n * 1_000 / 30) for n in range(300)]
    assert duration == pytest.approx(9.967, abs=0.01)
    with av.open(tmp_path / "out.webm", mode="r") as container:
        opened: Any = container
        assert sum(1 for _ in opened.decode(video=0)) == 300
        assert opened.format.name == "matroska,webm"


def test_sound_has_no_hole_between_segments(tmp_path: Path) -> None:
    one = write(tmp_path / "1.mkv", "opus", audio(3), BEGIN_US)
    two = write(tmp_path / "2.mkv", "opus", audio(3), BEGIN_US + 9_500_000)
    joined = join(tmp_path / "out.webm", [one, two], OPUS)
    assert joined is not None and joined.end_ms - joined.first_ms == 12_500
    times, duration = read(tmp_path / "out.webm")
    assert max(b - a for a, b in itertools.pairwise(times)) <= 21
    assert duration == pytest.approx(12.5, abs=0.03)


def test_a_file_cut_off_anywhere_gives_its_whole_clusters(tmp_path: Path) -> None:
    whole = write(tmp_path / "1.mkv", "vp8", video(seconds=6), 0).read_bytes()
    last = 0
    for size in range(0, len(whole), 997):
        (tmp_path / "cut.mkv").write_bytes(whole[:size])
        joined = join(tmp_path / "out.webm", [tmp_path / "cut.mkv"], VP8)
        end = joined.end_ms if joined else 0
        assert end >= last
        last = end
        if joined:
            assert read(tmp_path / "out.webm")[0][-1] == end
    assert last > 4_000


def test_nothing_readable_gives_no_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mkv").touch()
    assert join(tmp_path / "out.webm", [tmp_path / "empty.mkv"], VP8) is None
    assert not (tmp_path / "out.webm").exists()


@given(st.binary(max_size=600))
def test_any_bytes_are_clusters_or_not_ours(data: bytes) -> None:
    with contextlib.suppress(NotOurs):
        list(clusters_of(data))


@settings(deadline=None)
@given(st.data())
def test_a_damaged_segment_is_clusters_or_not_ours(data: st.DataObject) -> None:
    content = bytearray(_segment())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NotOurs):
        list(clusters_of(bytes(content)))


@functools.cache
def _segment() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder) / "1.mkv", "opus", audio(1), 0).read_bytes()


def test_an_hour_of_sound_and_picture_is_joined_in_seconds(tmp_path: Path) -> None:
    pictures, sounds = [], []
    for part in range(3):
        at_us = part * 1_200_000_000
        pictures.append(write(tmp_path / f"v{part}.mkv", "vp8", repeated(video(seconds=10), 120, 10_000_000), at_us))
        sounds.append(write(tmp_path / f"a{part}.mkv", "opus", repeated(audio(10), 120, 10_000_000), at_us))
    began = time.process_time()
    assert join(tmp_path / "v.webm", pictures, VP8)
    assert join(tmp_path / "a.webm", sounds, OPUS)
    took = time.process_time() - began
    assert took < 5
    assert len(read(tmp_path / "v.webm")[0]) == 108_000

"""Real media through the real process: what stands in the files afterwards."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import av
import pytest

from recorder.clock import now_us
from recorder.framing import frame
from recorder.link_messages import (
    Finished,
    Gap,
    KeyframeWanted,
    Overflow,
    Ping,
    Pong,
    SegmentDone,
    SenderReport,
    Writing,
)
from recorder.segment import readable
from tests.recorder.process import LECTURER, LESSON, RecorderProcess, recorder, start, stop, tap
from tests.recorder.studio import (
    RATE,
    Sent,
    audio,
    brightness_over_time,
    loudness_over_time,
    onsets,
    packets,
    repeated,
    video,
)


async def finish(process: RecorderProcess, ended_us: int) -> Finished:
    await process.send(stop(ended_us))
    return await process.until(Finished)


def track_file(process: RecorderProcess, role: str) -> Path:
    [track] = [t for t in process.playback().tracks if t.role == role]
    return process.folder / track.file_name


def duration_s(path: Path) -> float:
    with av.open(path) as container:
        return (container.duration or 0) / 1e6


def decoded(path: Path) -> int:
    with av.open(path) as container:
        return sum(1 for _ in container.decode(video=0))


async def test_a_lesson_of_camera_and_microphone_plays_with_every_frame(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "camera", "vp8"), tap(2, "microphone", "opus"))
        await process.send_media(1, packets("vp8", video(seconds=10), began + 100_000))
        await process.send_media(2, packets("opus", audio(10), began + 100_000))
        writing = await process.until(Writing, lambda w: w.confirmed_us > 0)
        assert writing.lesson == LESSON and writing.bytes > 0
        done = await finish(process, began + 10_100_000)
        assert (done.segments, done.gaps) == (2, 0)
        camera, microphone = track_file(process, "camera"), track_file(process, "microphone")
        assert camera.suffix == microphone.suffix == ".webm"
        assert decoded(camera) == 300
        assert duration_s(camera) == pytest.approx(10, abs=0.1)
        assert duration_s(microphone) == pytest.approx(10, abs=0.1)
        # A browser leaves out the Opus decoder's delay (6.5 ms): the file's zero is that much later.
        assert [t.start_ms for t in process.playback().tracks] == [100, 107]


async def test_flash_and_beep_stay_together_within_40_ms_though_they_travelled_differently(tmp_path: Path) -> None:
    """The picture takes 150 ms longer than the sound; sender reports say when both were captured."""
    began = now_us()
    seconds, wrong_us = 14, 55_000_000
    picture = list(
        packets("vp8", video(seconds=seconds, flash_every_s=2), began, ssrc=1, first_rtp=77, delay_us=170_000)
    )
    sound = list(packets("opus", audio(seconds, beep_every_s=2), began, ssrc=2, first_rtp=99, delay_us=20_000))
    async with recorder(tmp_path) as process:
        await process.send(start(began - 1_000_000), tap(1, "camera", "vp8"), tap(2, "microphone", "opus"))
        for second in range(seconds):
            part = range(began + second * 1_000_000, began + (second + 1) * 1_000_000)
            await process.send_media(1, [s for s in picture if s.arrival_us - 170_000 in part])
            await process.send_media(2, [s for s in sound if s.arrival_us - 20_000 in part])
            at_us = (second + 1) * 1_000_000 - 100_000
            for publication, codec, first in ((1, "vp8", 77), (2, "opus", 99)):
                rtp = first + at_us * RATE[codec] // 1_000_000
                await process.send(SenderReport(publication=publication, ntp_us=began + at_us + wrong_us, rtp=rtp))
        await finish(process, began + seconds * 1_000_000)
        camera, microphone = sorted(process.playback().tracks, key=lambda t: t.role)
        flashes = [
            camera.start_ms / 1e3 + t for t in onsets(brightness_over_time(process.folder / camera.file_name), 150)
        ]
        beeps = [
            microphone.start_ms / 1e3 + t
            for t in onsets(loudness_over_time(process.folder / microphone.file_name), 2_000)
        ]
        assert len(flashes) == len(beeps) == 6
        apart_ms = [round((f - b) * 1e3) for f, b in zip(flashes, beeps, strict=True)]
        assert all(abs(ms) <= 40 for ms in apart_ms[3:]), apart_ms
        assert all(len(s.reports) > 10 for s in process.manifest().segments)


async def test_a_silent_microphone_is_confirmed_second_by_second(tmp_path: Path) -> None:
    """In DTX most of what is written is filled in: it counts as written all the same."""
    began = now_us()
    take = [e for e in audio(10) if e.at_us % 400_000 == 0]
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(2, "microphone", "opus"))
        await process.send_media(2, packets("opus", take, began))
        await process.until(Writing, lambda w: w.confirmed_us >= began + 8_000_000, 5)


async def test_silence_of_dtx_keeps_its_length(tmp_path: Path) -> None:
    began = now_us()
    take = [
        e
        for e in audio(8, beep_every_s=3)
        if not (e.at_us > 400_000 and 0.12 < e.at_us / 1e6 % 3 < 2.9) or e.at_us % 400_000 == 0
    ]
    assert len(take) < 100
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(2, "microphone", "opus"))
        await process.send_media(2, packets("opus", take, began))
        await finish(process, began + 8_000_000)
        beeps = onsets(loudness_over_time(track_file(process, "microphone")), 2_000)
        assert beeps == pytest.approx([3, 6], abs=0.03)


async def test_sidecars_and_manifest_carry_the_right_digests_and_ids_only(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "camera", "vp8"), tap(2, "microphone", "opus"))
        await process.send_media(1, packets("vp8", video(seconds=3), began))
        await process.send_media(2, packets("opus", audio(3), began))
        done = await finish(process, began + 3_000_000)
        manifest = process.manifest()
        assert hashlib.sha256((process.folder / done.manifest_file).read_bytes()).hexdigest() == done.manifest_sha256
        assert [s.number for s in process.sidecars()] == [1, 2]
        for sidecar in process.sidecars():
            content = (process.folder / sidecar.file_name).read_bytes()
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (sidecar.sha256, sidecar.size)
            assert sidecar in manifest.segments
            assert (sidecar.person, sidecar.lesson, sidecar.end_reason) == (LECTURER, LESSON, "ended")
            told = await process.until(SegmentDone, lambda m, s=sidecar: m.file_name == s.file_name)  # type: ignore[misc]
            assert (told.sha256, told.from_us, told.to_us) == (sidecar.sha256, sidecar.from_us, sidecar.to_us)
            assert sidecar.from_us == pytest.approx(began, abs=1_000)


async def test_segments_rotate_at_keyframes_and_play_as_one_file(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path, "--segment-s", "2") as process:
        await process.send(start(began), tap(1, "camera", "vp8"), tap(2, "microphone", "opus"))
        await process.send_media(1, packets("vp8", video(seconds=9), began))
        await process.send_media(2, packets("opus", audio(9), began))
        await finish(process, began + 9_000_000)
        cameras = [s for s in process.sidecars() if s.role == "camera"]
        assert len(cameras) in (4, 5)
        assert {s.end_reason for s in cameras[:-1]} == {"rotated"}
        assert sum(s.frames for s in cameras) == 270
        assert decoded(track_file(process, "camera")) == 270
        assert duration_s(track_file(process, "microphone")) == pytest.approx(9, abs=0.1)


async def test_another_picture_size_begins_another_segment_of_the_same_playback_file(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "camera", "vp8"))
        await process.send_media(1, packets("vp8", video(seconds=3, size=(320, 180)), began, ssrc=1))
        await process.send_media(
            1, packets("vp8", video(seconds=3, size=(640, 360)), began + 3_000_000, ssrc=2, first_rtp=5)
        )
        await process.send_media(
            1, packets("vp8", video(seconds=3, size=(320, 240)), began + 6_000_000, ssrc=3, first_rtp=9)
        )
        await finish(process, began + 9_000_000)
        assert [(s.width, s.height, s.frames) for s in process.sidecars()] == [
            (320, 180, 90),
            (640, 360, 90),
            (320, 240, 90),
        ]
        wide, narrow = process.playback().tracks
        assert (wide.width, wide.height, narrow.width, narrow.height) == (640, 360, 320, 240)
        assert decoded(process.folder / wide.file_name) == 180
        assert narrow.start_ms == pytest.approx(6_000, abs=50)


async def test_h264_plays_as_mp4(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "screen", "h264"))
        await process.send_media(1, packets("h264", video("h264", seconds=5), began))
        await finish(process, began + 5_000_000)
        [track] = process.playback().tracks
        assert (track.mime, track.role, track.width) == ("video/mp4", "screen", 320)
        path = process.folder / track.file_name
        assert decoded(path) == 150
        assert duration_s(path) == pytest.approx(5, abs=0.1)
        assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")


async def test_webm_cues_stand_in_front_so_that_a_browser_can_seek(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "camera", "vp8"))
        await process.send_media(1, packets("vp8", video(seconds=10), began))
        await finish(process, began + 10_000_000)
        path = track_file(process, "camera")
        content = path.read_bytes()
        assert 0 < content.index(bytes.fromhex("1c53bb6b")) < content.index(bytes.fromhex("1f43b675"))
        with av.open(path) as container:
            container.seek(6_500_000)
            first = next(container.decode(video=0))
            assert 5.9 <= (first.time or 0) <= 6.5


async def test_lost_video_waits_for_the_keyframe_asks_for_it_and_notes_the_gap(tmp_path: Path) -> None:
    began = now_us()
    sent = list(packets("vp8", video(seconds=6, key_every=90), began))
    lost = [s for s in sent if began + 1_000_000 <= s.arrival_us < began + 1_100_000]
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "camera", "vp8"))
        await process.send_media(1, [s for s in sent if s not in lost])
        assert (await process.until(KeyframeWanted)).publication == 1
        await finish(process, began + 6_000_000)
        [gap] = process.manifest().gaps
        assert (gap.publication, gap.reason) == (1, "loss")
        assert gap.to_us - gap.from_us == pytest.approx(2_000_000, abs=100_000)
        assert decoded(track_file(process, "camera")) == 30 + 90


async def test_packets_out_of_order_and_twice_are_written_once_in_order(tmp_path: Path) -> None:
    began = now_us()
    sent = list(packets("opus", audio(4), began))
    mixed: list[Sent] = []
    for at in range(0, len(sent), 4):
        mixed += [*reversed(sent[at : at + 4]), sent[at]]
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(2, "microphone", "opus"))
        await process.send_media(2, [sent[0], *mixed])
        await finish(process, began + 4_000_000)
        assert process.manifest().segments[0].frames == 200


async def test_a_microphone_released_for_long_becomes_two_files_on_the_time_line(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(2, "microphone", "opus"))
        await process.send_media(2, packets("opus", audio(2), began - 20_000_000 + 20_000_000))
        await process.send_media(2, [])
        await process.until(SegmentDone, lambda s: s.end_reason == "pause")
        later = now_us() + 20_000_000
        await process.send_media(2, packets("opus", audio(2), later, ssrc=9))
        await finish(process, later + 2_000_000)
        first, second = process.playback().tracks
        assert first.start_ms == pytest.approx(0, abs=30)
        assert second.start_ms == pytest.approx((later - began) / 1_000, abs=30)


async def test_packets_dropped_before_the_recorder_are_a_gap(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(1, "camera", "vp8"))
        await process.send(Overflow(publication=1, from_us=began, to_us=began + 5))
        gap = await process.until(Gap)
        assert (gap.publication, gap.reason, gap.from_us, gap.to_us) == (1, "overflow", began, began + 5)


async def test_a_snapshot_only_tap_writes_no_file(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(tap(1, "camera", "vp8", record=False))
        await process.send_media(1, packets("vp8", video(seconds=2), began))
        await process.send(Ping(n=1))
        await process.until(Pong)
        assert not process.folder.exists()


async def test_a_malformed_frame_closes_that_connection_and_nothing_else(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await process.send(start(began), tap(2, "microphone", "opus"))
        await process.send_media(2, packets("opus", audio(2), began))
        await process.send_bytes(frame(2, b"\x00\x00"))
        await process.until_closed()
        await process.connect()
        await process.send(start(began), Ping(n=7))
        await process.until(Pong, lambda p: p.n == 7)
        done = await process.until(SegmentDone)
        assert done.end_reason == "server_gone"


async def test_two_minutes_are_finished_within_ten_seconds(tmp_path: Path) -> None:
    began = now_us()
    picture = repeated(video(seconds=10, size=(640, 360)), 12, 10_000_000)
    sound = repeated(audio(10), 12, 10_000_000)
    async with recorder(tmp_path) as process:
        await process.send(start(began))
        for person in range(2):
            await process.send(
                tap(2 * person + 1, "camera", "vp8", f"person-{person}"),
                tap(2 * person + 2, "microphone", "opus", f"person-{person}"),
            )
            await process.send_media(2 * person + 1, packets("vp8", picture, began))
            await process.send_media(2 * person + 2, packets("opus", sound, began))
        await process.send(Ping(n=1))
        await process.until(Pong)
        asked = time.monotonic()
        await finish(process, began + 120_000_000)
        assert time.monotonic() - asked < 10
        tracks = process.playback().tracks
        assert len(tracks) == 4
        assert all(t.end_ms - t.start_ms == pytest.approx(120_000, abs=100) for t in tracks)
        assert readable(process.folder / tracks[0].file_name)[2] == 3_600

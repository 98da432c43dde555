"""Whatever dies: what was written stays, plays, and the hole is told."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.clock import now_us
from recorder.link_messages import Failed, Finished, Gap, SegmentDone, Writing
from recorder.segment import readable
from tests.recorder.process import RecorderProcess, recorder, start, stop, tap
from tests.recorder.studio import Sent, audio, brightness_over_time, packets, repeated, video


class Live:
    """Camera and microphone in real time, from a moment on, whoever listens."""

    def __init__(self, began: int) -> None:
        picture = packets("vp8", repeated(video(seconds=4), 10, 4_000_000), began)
        sound = packets("opus", repeated(audio(4), 10, 4_000_000), began)
        self._rest: dict[int, list[Sent]] = {1: list(picture), 2: list(sound)}

    async def send_until(self, process: RecorderProcess, moment_us: int) -> None:
        while now_us() < moment_us:
            await self.send_due(process)
            await asyncio.sleep(0.02)

    async def send_due(self, process: RecorderProcess) -> None:
        for publication in (1, 2):
            await process.send_media(publication, self.take_due(publication))

    def take_due(self, publication: int) -> Iterator[Sent]:
        now, rest = now_us(), self._rest[publication]
        count = next((i for i, s in enumerate(rest) if s.arrival_us > now), len(rest))
        due, self._rest[publication] = rest[:count], rest[count:]
        return iter(due)


def prepared() -> tuple[Live, int]:
    """Everything is encoded before the first moment."""
    Live(0)
    began = now_us()
    return Live(began), began


async def open_lesson(process: RecorderProcess, began: int) -> None:
    await process.send(start(began), tap(1, "camera", "vp8"), tap(2, "microphone", "opus"))


async def test_kill_9_of_the_recorder_costs_at_most_four_seconds_and_the_file_plays(tmp_path: Path) -> None:
    process = RecorderProcess(tmp_path)
    await process.start()
    await process.connect()
    live, began = prepared()
    await open_lesson(process, began)
    await live.send_until(process, began + 6_500_000)
    process.kill()
    killed = now_us()
    assert process.process
    await process.process.wait()
    await process.disconnect()

    await process.start()
    await process.connect()
    await open_lesson(process, began)
    live.take_due(1), live.take_due(2)
    await live.send_until(process, now_us() + 3_000_000)
    crashed = [await process.until(SegmentDone, lambda s, n=n: s.file_name.startswith(n)) for n in ("00001", "00002")]  # type: ignore[misc]
    gap = await process.until(Gap, lambda g: g.publication is None)
    await process.send(stop(now_us()))
    done = await process.until(Finished)
    assert {s.end_reason for s in crashed} == {"crash"}
    for segment in crashed:
        path = process.folder / segment.file_name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == segment.sha256
        assert killed - segment.to_us < 2_500_000
    assert gap.reason == "recorder_down"
    assert gap.from_us <= min(s.to_us for s in crashed) + 1 and gap.to_us > killed
    assert gap.to_us - gap.from_us < 4_000_000
    assert done.segments == 4
    first, second = [s for s in process.manifest().segments if s.role == "camera"]
    own = [(g.from_us, g.to_us) for g in process.manifest().gaps if g.publication == 1]
    assert own == ([(first.to_us, second.from_us)] if second.from_us - first.to_us > 1_000_000 else [])
    camera = next(t for t in process.playback().tracks if t.role == "camera")
    shown = brightness_over_time(process.folder / camera.file_name)
    assert len(shown) > 150
    assert (camera.end_ms - camera.start_ms) / 1_000 > 8
    await process.close()


async def test_a_server_that_dies_leaves_closed_files_and_is_told_again_by_the_next_one(tmp_path: Path) -> None:
    async with recorder(tmp_path) as process:
        live, began = prepared()
        await open_lesson(process, began)
        await live.send_until(process, began + 2_500_000)
        await process.disconnect()
        gone = now_us()
        process.received.clear()
        await process.connect()
        await open_lesson(process, began)
        live.take_due(1), live.take_due(2)
        await live.send_until(process, now_us() + 2_000_000)
        closed = await process.until(SegmentDone)
        gap = await process.until(Gap)
        assert (gap.reason, gap.publication) == ("server_down", None)
        assert gap.from_us == pytest.approx(gone, abs=1_000_000)
        assert readable(process.folder / closed.file_name)[2] > 50
        await process.send(stop(now_us()))
        assert (await process.until(Finished)).segments == 4


async def test_a_recorder_killed_while_everybody_is_silent_leaves_a_gap_too(tmp_path: Path) -> None:
    began = now_us()
    process = RecorderProcess(tmp_path)
    await process.start()
    await process.connect()
    await open_lesson(process, began)
    await process.send_media(2, packets("opus", audio(1), began))
    await process.until(SegmentDone, lambda s: s.end_reason == "pause")
    process.kill()
    killed = now_us()
    assert process.process
    await process.process.wait()
    await process.disconnect()
    await process.start()
    await process.connect()
    await open_lesson(process, began)
    await process.send_media(2, packets("opus", audio(1), now_us(), ssrc=9))
    gap = await process.until(Gap)
    assert (gap.publication, gap.reason) == (None, "recorder_down")
    assert gap.from_us == pytest.approx(killed, abs=3_000_000)
    await process.close()


async def test_a_recorder_without_a_server_ends_by_itself(tmp_path: Path) -> None:
    async with recorder(tmp_path, "--idle-exit-s", "0.3") as process:
        await process.disconnect()
        assert process.process
        assert await asyncio.wait_for(process.process.wait(), 5) == 0


async def test_a_lesson_that_ended_while_nobody_recorded_is_finished_from_its_files(tmp_path: Path) -> None:
    process = RecorderProcess(tmp_path)
    await process.start()
    await process.connect()
    live, began = prepared()
    await open_lesson(process, began)
    await live.send_until(process, began + 3_500_000)
    process.kill()
    assert process.process
    await process.process.wait()
    await process.disconnect()
    await process.start()
    await process.connect()
    ended = now_us()
    await process.send(stop(ended))
    done = await process.until(Finished)
    assert (done.segments, done.gaps) == (2, 1)
    [gap] = process.manifest().gaps
    assert (gap.reason, gap.to_us) == ("recorder_down", ended)
    await process.send(stop(ended + 1))
    await process.until(Finished, lambda f: f is not done)
    assert process.manifest().ended_us == ended
    await process.close()


async def test_finishing_again_gives_the_same_manifest(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await open_lesson(process, began)
        await process.send_media(2, packets("opus", audio(2), began))
        await process.send(stop(began + 2_000_000))
        first = await process.until(Finished)
        await process.send(stop(began + 9_000_000))
        second = await process.until(Finished, lambda f: f is not first)
        assert first == second


async def test_a_full_disk_stops_cleanly_and_says_so(tmp_path: Path) -> None:
    """The space that is left alone is larger than any disk: full from the first check on."""
    began = now_us()
    async with recorder(tmp_path, "--reserve-mib", str(1 << 40)) as process:
        await open_lesson(process, began)
        await process.send_media(2, packets("opus", audio(3), began + 20_000_000))
        failed = await process.until(Failed)
        assert failed.reason == "disk_full"
        done = await process.until(SegmentDone)
        assert done.end_reason == "disk_full"
        assert readable(process.folder / done.file_name)[2] == 150
        await process.send(stop(began + 3_000_000))
        assert (await process.until(Finished)).segments == 1
        assert not [w for w in process.all(Writing) if process.received.index(w) > process.received.index(failed)]


async def test_a_term_signal_closes_the_files(tmp_path: Path) -> None:
    began = now_us()
    async with recorder(tmp_path) as process:
        await open_lesson(process, began)
        await process.send_media(2, packets("opus", audio(2), began))
        await process.until(Writing, lambda w: w.confirmed_us > 0)
        assert process.process
        process.process.terminate()
        assert await asyncio.wait_for(process.process.wait(), 5) == 0
        [sidecar] = process.sidecars()
        assert (sidecar.end_reason, sidecar.frames) == ("server_gone", 100)
        assert sidecar.sha256

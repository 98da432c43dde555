"""The server's end: reconnecting, the bounded queue, the child process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from recorder.child import RecorderChild
from recorder.clock import now_us
from recorder.framing import FrameReader, control, decode_down, decode_media
from recorder.link import LinkEvents, RecorderLink
from recorder.link_messages import KIND_MEDIA, Down, Overflow, Ping, Pong, StartRecording, UpMessage, Writing
from tests.recorder.process import LESSON, start, tap
from tests.recorder.studio import audio, packets, video


class Told:
    """What a link reports."""

    def __init__(self, greeting: Sequence[Down] = ()) -> None:
        self.messages: list[UpMessage] = []
        self.states: list[bool] = []
        self.keyframes: list[int] = []
        self._greeting = greeting
        self._changed = asyncio.Event()

    def events(self) -> LinkEvents:
        return LinkEvents(self._message, self._connected, lambda: self._greeting, self.keyframes.append)

    async def until(self, condition: Callable[[], object], within_s: float = 15) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.05)

    def _message(self, message: UpMessage) -> None:
        self.messages.append(message)
        self._changed.set()

    def _connected(self, is_connected: bool) -> None:
        self.states.append(is_connected)
        self._changed.set()


class SlowRecorder:
    """Accepts the link and reads only when told."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.reader: asyncio.StreamReader | None = None
        self.frames: list[tuple[int, bytes]] = []

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, path=self.socket, limit=4_096)

    async def read_until(self, condition: Callable[[], bool]) -> None:
        reader = FrameReader()
        assert self.reader
        async with asyncio.timeout(10):
            while not condition():
                self.frames += reader.feed(await self.reader.read(65_536))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader

    def batches(self, publication: int) -> list[tuple[int, bytes]]:
        found = [decode_media(p) for kind, p in self.frames if kind == KIND_MEDIA]
        return [packet for batch in found if batch.publication == publication for packet in batch.packets]

    def controls(self) -> list[Down]:
        return [decode_down(p) for kind, p in self.frames if kind != KIND_MEDIA]


@pytest.fixture
def socket() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gd-") as folder:
        yield Path(folder) / "r.sock"


@contextlib.asynccontextmanager
async def running(*jobs: RecorderLink | RecorderChild) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(job.run()) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_killed_recorder_comes_back_by_itself_and_is_greeted_anew(socket: Path, tmp_path: Path) -> None:
    began = now_us()
    told = Told([start(began), tap(2, "microphone", "opus")])
    child, link = RecorderChild(tmp_path, socket), RecorderLink(socket, told.events())
    async with running(child, link):
        await told.until(lambda: link.connected)
        link.send_media(2, "opus", [(s.arrival_us, s.data) for s in packets("opus", audio(2), began)])
        await told.until(lambda: any(isinstance(m, Writing) and m.confirmed_us for m in told.messages))
        first = child.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await told.until(lambda: told.states == [True, False, True])
        assert child.pid not in (None, first)
        told.messages.clear()
        await told.until(lambda: any(isinstance(m, Writing) and m.lesson == LESSON for m in told.messages))
    assert child.pid is None


async def test_overflow_drops_video_to_the_next_keyframe_never_audio_and_says_so(socket: Path) -> None:
    slow, told = SlowRecorder(socket), Told()
    await slow.start()
    link = RecorderLink(socket, told.events(), max_queued_bytes=400_000)
    picture = [
        (s.arrival_us, s.data) for s in packets("vp8", video(seconds=4, size=(640, 360), key_every=30), 1_000_000)
    ]
    sound = [(s.arrival_us, s.data) for s in packets("opus", audio(4), 1_000_000)]
    filler = [(at, data + bytes(900)) for at, data in picture]
    async with running(link):
        await told.until(lambda: link.connected and slow.reader)
        for _ in range(6):
            for at in range(0, len(filler), 10):
                link.send_media(1, "vp8", filler[at : at + 10])
        for at in range(0, len(sound), 10):
            link.send_media(2, "opus", sound[at : at + 10])
        await slow.read_until(lambda: len(slow.batches(2)) == len(sound))
        link.send_media(1, "vp8", picture)
        link.send(Ping(n=1))
        await slow.read_until(lambda: Ping(n=1) in slow.controls())
    assert slow.batches(2) == sound
    received = slow.batches(1)
    assert len(received) < 6 * len(filler)
    [hole] = [c for c in slow.controls() if isinstance(c, Overflow)]
    assert (hole.publication, hole.from_us < hole.to_us or hole.to_us == picture[0][0]) == (1, True)
    assert received[-len(picture) :] == picture


async def test_a_hole_asks_for_a_keyframe_once_there_is_room(socket: Path) -> None:
    slow, told = SlowRecorder(socket), Told()
    await slow.start()
    link = RecorderLink(socket, told.events(), max_queued_bytes=1_000)
    take = [(s.arrival_us, s.data) for s in packets("vp8", video(seconds=2, size=(640, 360), key_every=60), 5_000_000)]
    big = [(at, data + bytes(1_000)) for at, data in take] * 20
    async with running(link):
        await told.until(lambda: link.connected and slow.reader)
        for at in range(0, len(big), 5):
            link.send_media(1, "vp8", big[at : at + 5])
        link.send(Ping(n=1))
        await slow.read_until(lambda: Ping(n=1) in slow.controls())
        link.send_media(1, "vp8", [(9_000_000, take[-1][1])])
        assert told.keyframes == [1]


async def test_a_new_connection_gets_the_greeting_then_what_was_queued(socket: Path) -> None:
    told = Told([StartRecording(lesson=LESSON, origin_us=5)])
    link = RecorderLink(socket, told.events())
    take = [(s.arrival_us, s.data) for s in packets("opus", audio(0.2), 0)]
    link.send(Ping(n=1))
    link.send_media(2, "opus", take)
    slow = SlowRecorder(socket)
    async with running(link):
        await slow.start()
        await told.until(lambda: link.connected and slow.reader)
        await slow.read_until(lambda: len(slow.batches(2)) == len(take))
    assert slow.controls() == [StartRecording(lesson=LESSON, origin_us=5)]
    assert slow.frames[0][0] != KIND_MEDIA


async def test_a_recorder_whose_server_is_killed_ends_with_it(socket: Path, tmp_path: Path) -> None:
    program = (
        "import asyncio,sys;from pathlib import Path;from recorder.child import RecorderChild\n"
        "child=RecorderChild(Path(sys.argv[1]),Path(sys.argv[2]))\n"
        "async def main():\n"
        " task=asyncio.create_task(child.run())\n"
        " while not child.pid: await asyncio.sleep(0.01)\n"
        " print(child.pid,flush=True)\n"
        " await task\n"
        "asyncio.run(main())"
    )
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), str(socket), stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout
    pid = int(await server.stdout.readline())
    told = Told()
    await told.until(socket.exists)
    server.kill()
    await server.wait()
    await told.until(
        lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes(), 5
    )


async def test_pings_are_answered(socket: Path, tmp_path: Path) -> None:
    told = Told()
    child, link = RecorderChild(tmp_path, socket), RecorderLink(socket, told.events())
    async with running(child, link):
        await told.until(lambda: link.connected)
        link.send(Ping(n=41))
        await told.until(lambda: Pong(n=41) in told.messages)


def test_control_bytes_are_one_frame() -> None:
    assert FrameReader().feed(control(Ping(n=1))) == [(1, b'{"t":"ping","n":1}')]

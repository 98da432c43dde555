"""A real recorder process and a plain client of its socket, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import TypeVar

from recorder.files import read, recording_folder
from recorder.framing import FrameReader, chunks, control, decode_up, media
from recorder.link_messages import Down, OpenTap, StartRecording, StopRecording, Up
from recorder.records import Manifest, Playback, Sidecar
from tests.recorder.studio import RATE, Sent

LESSON = "0190aaaa-0000-7000-8000-000000000001"
LECTURER = "0190aaaa-0000-7000-8000-0000000000aa"
M = TypeVar("M", bound=Up)


class RecorderProcess:
    """`python -m recorder`, and one connection to it at a time."""

    def __init__(self, data: Path, *flags: str) -> None:
        self.data = data
        self._flags = flags
        self._folder = tempfile.TemporaryDirectory(prefix="gd-")
        self.socket = Path(self._folder.name) / "r.sock"
        self.process: asyncio.subprocess.Process | None = None
        self.received: list[Up] = []
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recorder", "--socket", str(self.socket), "--data", str(self.data), *self._flags
        )

    async def connect(self) -> None:
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(self.socket)
                break
            except OSError:
                assert self.process and self.process.returncode is None, "the recorder died"
                await asyncio.sleep(0.02)
        self._reading = asyncio.create_task(self._read(reader))

    async def disconnect(self) -> None:
        assert self._writer and self._reading
        self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def until_closed(self) -> None:
        """The recorder closes the connection."""
        assert self._reading
        await asyncio.wait_for(self._reading, 10)

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)

    async def close(self) -> None:
        if self._reading:
            await self.disconnect()
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), 10)
        self._folder.cleanup()

    async def send(self, *messages: Down) -> None:
        await self.send_bytes(b"".join(control(m) for m in messages))

    async def send_bytes(self, data: bytes) -> None:
        assert self._writer
        self._writer.write(data)
        await self._writer.drain()

    async def send_media(self, publication: int, sent: Iterable[Sent]) -> None:
        for part in chunks([(s.arrival_us, s.data) for s in sent], 100):
            await self.send_bytes(media(publication, part))

    async def until(self, kind: type[M], where: Callable[[M], bool] = lambda _: True, within_s: float = 20) -> M:
        """The first message of the kind that fits, received already or to come."""
        async with asyncio.timeout(within_s):
            while True:
                for message in self.received:
                    if isinstance(message, kind) and where(message):
                        return message
                self._changed.clear()
                await self._changed.wait()

    def all(self, kind: type[M]) -> list[M]:
        return [m for m in self.received if isinstance(m, kind)]

    @property
    def folder(self) -> Path:
        return recording_folder(self.data, LESSON)

    def sidecars(self) -> list[Sidecar]:
        return [read(p, Sidecar) for p in sorted(self.folder.glob("[0-9]*.json"))]

    def manifest(self) -> Manifest:
        return read(self.folder / "manifest.json", Manifest)

    def playback(self) -> Playback:
        return read(self.folder / "playback.json", Playback)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while data := await reader.read(65_536):
            self.received += [decode_up(payload) for _, payload in frames.feed(data)]
            self._changed.set()


@contextlib.asynccontextmanager
async def recorder(data: Path, *flags: str) -> AsyncIterator[RecorderProcess]:
    process = RecorderProcess(data, *flags)
    await process.start()
    try:
        await process.connect()
        yield process
    finally:
        await process.close()


def start(origin_us: int) -> StartRecording:
    return StartRecording(lesson=LESSON, origin_us=origin_us)


def tap(publication: int, role: str, codec: str, person: str = LECTURER, record: bool = True) -> OpenTap:
    return OpenTap(
        lesson=LESSON,
        publication=publication,
        person=person,
        role=role,
        codec=codec,
        clock_hz=RATE[codec],
        record=record,
    )


def stop(ended_us: int) -> StopRecording:
    return StopRecording(lesson=LESSON, ended_us=ended_us)

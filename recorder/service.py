"""The recorder's end of the link: one Unix socket, one server at a time, a sign of life each second."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import structlog

from recorder.desk import Desk
from recorder.framing import FrameReader, LinkError, control, decode_down, decode_media
from recorder.link_messages import KIND_CONTROL, Up
from recorder.recording import Settings

log = structlog.get_logger("recorder")

READ_BYTES = 256 << 10
TICK_S = 1.0
TURN_S = 5.0
#: What may wait for a server that does not read; beyond, the connection is closed and everything is told again.
MAX_UNSENT_BYTES = 8 << 20


class Service:
    """`idle_exit_s`: how long to wait for a server (again) before `run` returns."""

    def __init__(self, data: Path, socket: Path, settings: Settings, idle_exit_s: float) -> None:
        self._socket = socket
        self._idle_exit_s = idle_exit_s
        self._desk = Desk(data, settings, self._tell)
        self._writer: asyncio.StreamWriter | None = None
        self._served = asyncio.Event()
        self._free = asyncio.Event()
        self._turn = asyncio.Lock()
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Close the files and return from `run`."""
        self._stop.set()

    async def run(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._free.set()
        server = await asyncio.start_unix_server(self._serve, path=self._socket)
        self._socket.chmod(0o600)
        ticking = asyncio.create_task(self._tick())
        try:
            await self._until_idle()
        finally:
            server.close()
            ticking.cancel()
            if self._writer:
                self._writer.close()
            async with self._turn:
                await self._desk.server_gone()
            self._socket.unlink(missing_ok=True)

    async def _until_idle(self) -> None:
        while not self._stop.is_set():
            await self._first_of(self._stop, self._free)
            if self._stop.is_set():
                return
            self._served.clear()
            if not self._free.is_set():
                continue
            if not await self._first_of(self._stop, self._served, timeout_s=self._idle_exit_s):
                log.info("no server", waited_s=self._idle_exit_s)
                return

    async def _first_of(self, *events: asyncio.Event, timeout_s: float | None = None) -> bool:
        tasks = [asyncio.create_task(event.wait()) for event in events]
        done, _ = await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        return bool(done)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection after the other: the next waits until the files of the last one are closed."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError:
            log.warning("a second server was refused")
            writer.close()
            return
        try:
            if not self._stop.is_set():
                await self._talk(reader, writer)
        finally:
            self._turn.release()
            self._free.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._free.clear()
        self._served.set()
        self._writer = writer
        try:
            await self._read(reader)
        except LinkError as error:
            log.error("connection closed", reason=str(error))
        except OSError as error:
            log.warning("connection lost", reason=str(error))
        finally:
            self._writer = None
            writer.close()
            await self._desk.server_gone()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while data := await reader.read(READ_BYTES):
            for kind, payload in frames.feed(data):
                if kind == KIND_CONTROL:
                    self._desk.receive(decode_down(payload))
                else:
                    self._desk.media(decode_media(payload))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                self._desk.tick()
            except Exception:
                log.exception("tick failed")

    def _tell(self, message: Up) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            log.error("the server does not read")
            writer.transport.abort()
            return
        with contextlib.suppress(LinkError):
            writer.write(control(message))

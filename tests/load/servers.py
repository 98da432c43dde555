"""Servers under test, each in a process of its own so that its CPU and memory can be read apart from the load's."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from media.load.peers import Signalling
from media.load.whip import WhipSignalling
from tests.load.janus import JanusRoom, JanusSignalling, configure


@dataclass
class Server:
    """One that runs. `publisher` and `subscriber` make a peer's signalling; `reserved`: video m-lines that stay empty."""

    pid: int
    publisher: Callable[[], Signalling]
    subscriber: Callable[[], Signalling]
    reserved: int = 0

    def cpu_ns(self) -> int:
        """CPU time of all threads, user and system, the kernel's work on their behalf included."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total

    def main_thread_cpu_ns(self) -> int:
        """CPU time of the first thread alone: Python's."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[0])

    def pss_kb(self) -> int:
        """Proportional set size, kB."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
        raise RuntimeError("no Pss in smaps_rollup")


@asynccontextmanager
async def _child(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe, quiet = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=quiet)
    try:
        yield process
    finally:
        assert process.stdin
        process.stdin.close()
        if "janus" in command[0]:
            process.terminate()
        try:
            await asyncio.wait_for(process.communicate(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def whip_server(module: str, ip: str, *options: str, reserved: int = 0) -> AsyncIterator[Server]:
    """A Python module that serves WHIP and WHEP by `tests.load.http_face`."""
    async with _child(sys.executable, "-m", module, ip, *options) as process, aiohttp.ClientSession() as http:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        base = f"http://{ip}:{json.loads(line)['port']}"
        yield Server(
            process.pid,
            lambda: WhipSignalling(http, f"{base}/whip"),
            lambda: WhipSignalling(http, f"{base}/whep"),
            reserved,
        )


@asynccontextmanager
async def janus_server(interface: str, event_loops: int) -> AsyncIterator[Server]:
    """Janus with a configuration of its own."""
    with tempfile.TemporaryDirectory() as name:
        url = configure(Path(name), interface, event_loops)
        connector = aiohttp.TCPConnector(limit=0)
        async with _child("janus", "-F", name) as process, aiohttp.ClientSession(connector=connector) as http:
            assert process.stdout
            drain = asyncio.get_running_loop().create_task(_drain(process.stdout))
            room = JanusRoom(http, url)
            await room.open()
            yield Server(process.pid, lambda: JanusSignalling(room), lambda: JanusSignalling(room))
            await room.close()
            drain.cancel()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        continue

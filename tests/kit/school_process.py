"""A school as its users meet it: the real `giangduong serve --demo` in a process of its own, on loopback, in a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

START_TIMEOUT_S = 60.0


def free_tcp_port() -> int:
    """A loopback TCP port that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_media_ports(count: int = 4) -> int:
    """The first of so many loopback ports in a row, UDP and TCP, that nobody is bound to now. Below those that the kernel gives out."""
    while True:
        first = random.randrange(20_000, 32_000, count)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    stack.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            return first


def children_of(pid: int) -> list[int]:
    """Direct child processes of `pid`, by /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
            found.append(int(entry.name))
    return found


def command_of(pid: int) -> str:
    """The command line of a process, or nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@dataclass
class SchoolProcess:
    """A running demo school. `links` are sign-in addresses by role."""

    base_url: str
    data: Path
    process: asyncio.subprocess.Process
    log_file: Path
    links: dict[str, str] = field(default_factory=dict)

    def server_pid(self) -> int:
        """The server below its supervisor."""
        (child,) = [p for p in children_of(self.process.pid) if "server" in command_of(p)]
        return child

    def recorder_pid(self) -> int:
        """The recorder below the server."""
        (child,) = [p for p in children_of(self.server_pid()) if "recorder" in command_of(p)]
        return child

    async def is_ready(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as client,
                client.get(self.base_url + "/readyz", timeout=aiohttp.ClientTimeout(total=1)) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def wait_until_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        async with asyncio.timeout(timeout_s):
            while not await self.is_ready():
                if self.process.returncode is not None:
                    raise RuntimeError("the school ended at start:\n" + self.log_file.read_text()[-4000:])
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 15)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


@asynccontextmanager
async def running_school(data: Path, env: Mapping[str, str] | None = None) -> AsyncIterator[SchoolProcess]:
    """Start a demo school in `data`, hand it over when it is ready, stop it afterwards."""
    port = free_tcp_port()
    data.mkdir(parents=True, exist_ok=True)
    log_file = data / "serve.log"
    settings = {
        "GD_DATA_DIR": str(data),
        "GD_PORT": str(port),
        "GD_UDP_PORT": str(free_media_ports()),
        **(env or {}),
    }
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", "--demo",
            stdout=log, stderr=log, env={**os.environ, **settings},
        )  # fmt: skip
    school = SchoolProcess(f"http://localhost:{port}", data, process, log_file)
    try:
        await school.wait_until_ready()
        school.links = json.loads((data / "demo-links.json").read_text())
        yield school
    finally:
        await school.stop()

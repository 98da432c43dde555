"""Somebody at the other end of a slow line: a network namespace whose only way out is a line with a rate, a delay and a queue.

Everything passes it: pages, sockets, STUN, media. Two TUN devices, one on either side; `tests.load.far_line` carries packets between them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

#: Our end, where the school is reached.
NEAR = "10.98.0.1"
#: What waits in front of a narrow line, as home routers have it, seconds.
QUEUE_S = 0.25


@dataclass(frozen=True)
class LineShape:
    """The same both ways. `rtt_s` without any queueing."""

    rate_bps: int
    rtt_s: float

    def __str__(self) -> str:
        return f"{self.rate_bps / 1e6:g} Mbit/s, {self.rtt_s * 1000:.0f} ms"


def far_address(line: int) -> str:
    return f"10.98.{line}.2"


@asynccontextmanager
async def far_side(shape: LineShape, lines: int = 1) -> AsyncIterator[list[str]]:
    """Yields the words to put in front of a command so that it runs at the far end. Needs to be in a namespace of its own (`namespace.enter`).

    Of several lines of the same shape the first is up, until `roam` takes to the second.
    """
    words = ["-m", "tests.load.far_line", json.dumps(asdict(shape)), str(lines)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stdout=pipe)
    try:
        assert process.stdout
        if not await asyncio.wait_for(process.stdout.readline(), 10):
            raise RuntimeError("the line could not be made")
        yield [shutil.which("nsenter") or "nsenter", f"--net=/proc/{process.pid}/ns/net", "--"]
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def roam(prefix: list[str]) -> None:
    """The far end loses its first line with the address it had there and comes up on the second, with another."""
    steps = "ip link set far0 down; ip addr flush dev far0; ip link set far1 up; ip route replace default dev far1"
    process = await asyncio.create_subprocess_exec(*prefix, "sh", "-ec", steps)
    if await process.wait():
        raise RuntimeError("the far end could not change its line")


def launcher(folder: Path, prefix: list[str], program: str) -> Path:
    """A program file that starts another one at the far end, for those who can only be told a file's name."""
    path = folder / "at-the-far-end"
    path.write_text(f'#!/bin/sh\nexec {" ".join(prefix)} {program} "$@"\n')
    path.chmod(0o755)
    return path

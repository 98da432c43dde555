"""A relay in a process of its own, so that its CPU and memory can be read without the load that is put on it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from media.config import MediaSettings
from media.face import Admission, Publish
from media.relay import MediaRelay

LECTURER = Admission(frozenset({"microphone", "camera", "screen", "screen_audio"}), 2)
STUDENT = Admission(frozenset({"microphone", "camera"}), 0)


async def serve() -> None:
    """Commands on standard input, one JSON object a line; one answer line each."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    relay = MediaRelay(MediaSettings(bind_ips=("127.0.0.1",), tcp=False, udp_port=0))
    await relay.start()
    router = relay.open_router(lambda notice: None)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 22)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        wish = json.loads(line)
        answer: Any = None
        if wish["do"] == "add":
            media = [Publish(**each) for each in wish["publish"]]
            answer = router.add_peer(wish["peer"], wish["offer"], media, LECTURER if media else STUDENT)
        elif wish["do"] == "counters":
            answer = relay.counters()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    router.close()
    await relay.close()


@dataclass
class RelayProcess:
    """The far end of `serve`."""

    process: asyncio.subprocess.Process

    async def ask(self, **wish: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write((json.dumps(wish) + "\n").encode())
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the relay process ended")
        return json.loads(line)

    def cpu_ns(self) -> int:
        """CPU time of all threads, user and system, nanoseconds (/proc/PID/task/*/schedstat)."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def main_thread_cpu_ns(self) -> int:
        """CPU time of Python's thread alone."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])

    def rss_kb(self) -> int:
        """Proportional set size, kB."""
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
        raise RuntimeError("no Pss in smaps_rollup")


@asynccontextmanager
async def relay_process() -> AsyncIterator[RelayProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.relay_process",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22, env=dict(os.environ),
    )  # fmt: skip
    try:
        yield RelayProcess(process)
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    asyncio.run(serve())

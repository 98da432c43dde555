"""The recorder as a child process of the server: started, watched, started again when it dies. Found by its pid only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

from recorder import clock

log = structlog.get_logger("recorder.child")

#: A child that lived this long died of something new: it is started again at once.
HEALTHY_S = 10.0
RESTART_FROM_S, RESTART_TO_S = 0.1, 5.0
CLOSE_S = 8.0


@dataclass(frozen=True, slots=True)
class ChildOptions:
    """Flags of `python -m recorder`."""

    segment_s: float = 300.0
    reserve_mib: int = 256


class RecorderChild:
    """`run` keeps one recorder alive until cancelled; then it is told to close its files and waited for."""

    def __init__(self, data: Path, socket: Path, options: ChildOptions | None = None) -> None:
        self._data = data
        self._socket = socket
        self._options = options or ChildOptions()
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def kill(self) -> None:
        """End a recorder that no longer answers; `run` starts another one."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def run(self) -> None:
        wait_s = RESTART_FROM_S
        try:
            while True:
                began = clock.mono_s()
                try:
                    self._process = await self._start()
                    code = await self._process.wait()
                    log.error("recorder ended", code=code)
                except OSError as error:
                    log.error("recorder not started", error=str(error))
                wait_s = RESTART_FROM_S if clock.mono_s() - began > HEALTHY_S else min(wait_s * 2, RESTART_TO_S)
                await asyncio.sleep(wait_s)
        finally:
            await self._end()

    async def _start(self) -> asyncio.subprocess.Process:
        self.starts += 1
        house = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [house, os.environ.get("PYTHONPATH")]))
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recorder",
            "--socket", str(self._socket),
            "--data", str(self._data),
            "--segment-s", str(self._options.segment_s),
            "--reserve-mib", str(self._options.reserve_mib),
            "--parent", str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), CLOSE_S)
        except TimeoutError:
            self.kill()
            await process.wait()

"""`python -m recorder --socket PATH --data DIR`: the recorder process. Ends when told, or when no server comes back."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import fcntl
import os
import signal
import sys
from pathlib import Path
from typing import TextIO

import structlog

from recorder import clock
from recorder.recording import Settings
from recorder.service import Service

log = structlog.get_logger("recorder")

_PR_SET_PDEATHSIG = 1
LOCK_WAIT_S = 15.0


def main() -> int:
    options = _arguments()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if options.parent and not _die_with(options.parent):
        return 0
    options.data.mkdir(parents=True, exist_ok=True)
    lock = _only_one(options.data)
    if lock is None:
        log.error("another recorder uses this folder")
        return 1
    settings = Settings(segment_s=options.segment_s, reserve_bytes=options.reserve_mib << 20)
    asyncio.run(_run(Service(options.data, options.socket, settings, options.idle_exit_s)))
    lock.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m recorder", description="Write lessons to files.")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument("--data", type=Path, required=True, help="the data folder; files go below lessons/")
    parser.add_argument("--segment-s", type=float, default=300.0, help="length of a segment file, seconds")
    parser.add_argument("--reserve-mib", type=int, default=256, help="disk space that is never used")
    parser.add_argument("--idle-exit-s", type=float, default=10.0, help="end when no server comes for so long")
    parser.add_argument("--parent", type=int, default=0, help="process id to end with (0: none)")
    return parser.parse_args()


async def _run(service: Service) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    await service.run()


def _die_with(parent: int) -> bool:
    """SIGTERM to us when the parent dies (prctl(2)), which closes the files. False: it is dead already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def _only_one(data: Path) -> TextIO | None:
    """The folder's lock: the recorder of a killed server may still be closing its files; wait for it."""
    file = (data / "recorder.lock").open("w")
    deadline = clock.mono_s() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if clock.mono_s() > deadline:
                file.close()
                return None
            signal.sigtimedwait([], 0.05)


if __name__ == "__main__":
    sys.exit(main())

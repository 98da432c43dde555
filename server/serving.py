"""Runs the web application in this process until it is told to stop: listening socket, signals, log lines, links of the demonstration."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys

import structlog
from aiohttp import web

from server import metrics
from server.app import SERVICES, build_app
from server.clock import Clock
from server.settings import Settings
from server.tasks import TaskGroupOf

#: Requests that run when we are told to stop get this long; sockets of live lessons are closed at once.
SHUTDOWN_S = 5.0


async def serve(
    settings: Settings, listener: socket.socket, clock: Clock | None = None, lifeline: int | None = None
) -> None:
    """Serve until SIGTERM, SIGINT or the end of `lifeline` (a pipe that the supervisor holds open)."""
    configure_logs(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        loop.add_reader(lifeline, stop.set)
    app = build_app(settings, clock)
    # Bodies are never unpacked: a kilobyte may hold a gigabyte.
    runner = web.AppRunner(
        app, access_log=None, auto_decompress=False, shutdown_timeout=SHUTDOWN_S, handle_signals=False
    )
    tasks = TaskGroupOf("serve")
    figures: web.AppRunner | None = None
    try:
        await runner.setup()
        await web.SockSite(runner, listener).start()
        tasks.start(metrics.watch_loop(), "loop-lag")
        if settings.metrics_port >= 0:
            figures = await metrics.start(settings.metrics_port, app[SERVICES].relay)
        host, port = listener.getsockname()[:2]
        structlog.get_logger("serve").info("listening", host=host, port=port, url=settings.base_url)
        gc.freeze()
        gc.enable()
        await _announce(app, port)
        await stop.wait()
    finally:
        if lifeline is not None:
            loop.remove_reader(lifeline)
        await tasks.aclose()
        if figures is not None:
            await figures.cleanup()
        await runner.cleanup()


async def _announce(app: web.Application, port: int) -> None:
    links = app[SERVICES].demo
    if links is not None:
        sys.stdout.write(links.page(port))
        sys.stdout.flush()
        await asyncio.to_thread(links.write, app[SERVICES].settings.data_dir, port)


def configure_logs(settings: Settings) -> None:
    """One JSON object per line on the error stream, or plain lines for a person at a terminal.

    Of an error the lines of code are written, never the values in them: those are people's names, tokens and words.
    """
    level = logging.getLevelName(settings.log_level.upper())
    logging.basicConfig(
        stream=sys.stderr, level=max(level, logging.WARNING), format="%(levelname)s %(name)s %(message)s"
    )
    is_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_a_person() if is_terminal else _for_a_collector()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _for_a_person() -> list[structlog.typing.Processor]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _for_a_collector() -> list[structlog.typing.Processor]:
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer(ensure_ascii=False)]


def run(settings: Settings, listener: socket.socket, lifeline: int | None = None) -> None:
    """`serve` on an event loop of its own. Whatever is written is for the server's user alone."""
    os.umask(0o077)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(settings, listener, lifeline=lifeline))
    # Threads of media libraries must not hold up a supervised restart.
    sys.stdout.flush()
    sys.stderr.flush()
    if lifeline is not None:
        os._exit(0)

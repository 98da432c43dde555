"""`/metrics` for Prometheus, on the loopback address and a port of its own: figures are for the operator, not for browsers."""

from __future__ import annotations

import asyncio
import time

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest

from media.face import Relay
from server.relay_metrics import register

log = structlog.get_logger("metrics")

LOOP_LAG = Histogram(
    "gd_loop_lag_seconds",
    "How late the event loop woke up from a short sleep",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
LAG_EVERY_S = 0.5
#: A loop that stands still for so long holds up every lesson: worth a line in the log.
STALL_S = 1.0


async def watch_loop() -> None:
    """Measures the loop's lag for ever. Asks the machine's own clock: this is about the machine."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(LAG_EVERY_S)
        lag_s = max(0.0, time.monotonic() - before - LAG_EVERY_S)
        LOOP_LAG.observe(lag_s)
        if lag_s > STALL_S:
            log.warning("the event loop stood still", lag_ms=round(lag_s * 1000))


async def start(port: int, relay: Relay | None = None) -> web.AppRunner:
    """Serve on 127.0.0.1, the relay's numbers beside the process's. Raises OSError when the port is taken."""
    registry = CollectorRegistry(auto_describe=True)
    if relay is not None:
        register(relay, registry)

    async def metrics(_request: web.Request) -> web.Response:
        body = generate_latest(REGISTRY) + generate_latest(registry)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    log.info("metrics", port=runner.addresses[0][1])
    return runner

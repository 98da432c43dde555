"""One run: a fresh server, publishers and subscribers that join, windows of steady media. What it cost and how it went, as numbers."""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from statistics import median
from typing import Any

from media.load.peers import Audio, Listening, Load, LoadPeer, Video
from tests.load.servers import Server

JOINS_AT_ONCE = 4
WARM_UP_S = 2.0
#: Receivers are drained this often while it is measured.
POLL_US = 3000
#: A run with more loss does not count, nor one in which the load itself was short of time.
MAX_LOSS = 0.001
MAX_LOAD_PERCENT = 80.0
HEARD_TIMEOUT_S = 20.0

CAMERA = Video()


@dataclass(frozen=True)
class Scenario:
    """What is sent to whom. Times in seconds."""

    name: str
    subscribers: int
    publishers: int = 1
    video: Video | None = CAMERA
    audio: Audio | None = None
    seconds: float = 6.0
    windows: int = 1
    #: Receive slots of a subscriber, sound and video; None: as many as are published.
    slots: tuple[int, int] | None = None


@dataclass(frozen=True)
class Run:
    """A run's numbers; `invalid` says why it does not count."""

    cpu_us_per_packet: float
    packets_per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    lost: int
    wrong: int
    join_cpu_ms: float
    kb_per_subscriber: float
    python_percent: float
    load_percent: float
    invalid: str


async def run(server: AbstractAsyncContextManager[Server], scenario: Scenario, ip: str) -> Run:
    """Start the server, join everybody, measure, end it."""
    async with server as under_test, Load(ip) as load:
        publishers = [
            await load.publish(under_test.publisher(), scenario.video, scenario.audio, begin=False)
            for _ in range(scenario.publishers)
        ]
        kb, cpu = under_test.pss_kb(), under_test.cpu_ns()
        await _join_all(load, under_test, scenario)
        join_cpu_ms = (under_test.cpu_ns() - cpu) / 1e6 / scenario.subscribers
        for publisher in publishers:
            load.begin(publisher)
        await _all_heard(load)
        load.engine.set_poll_us(POLL_US)
        await asyncio.sleep(WARM_UP_S)
        windows = [await _window(load, under_test, scenario) for _ in range(scenario.windows)]
        kb_each = (under_test.pss_kb() - kb) / scenario.subscribers
        return _summary(windows, join_cpu_ms, kb_each)


async def _join_all(load: Load, server: Server, scenario: Scenario) -> None:
    gate = asyncio.Semaphore(JOINS_AT_ONCE)
    video = scenario.publishers + server.reserved if scenario.video else 0
    audio = scenario.publishers if scenario.audio else 0
    if scenario.slots:
        audio, video = scenario.slots

    async def join() -> LoadPeer:
        async with gate:
            return await load.subscribe(server.subscriber(), video, Listening(), audio=audio)

    await asyncio.gather(*(join() for _ in range(scenario.subscribers)))


async def _all_heard(load: Load) -> None:
    async with asyncio.timeout(HEARD_TIMEOUT_S):
        while not all(load.heard(peer)[0] for peer in load.subscribers):  # noqa: ASYNC110 - other threads count
            await asyncio.sleep(0.1)


async def _window(load: Load, server: Server, scenario: Scenario) -> dict[str, Any]:
    cpu, python, own, begin = server.cpu_ns(), server.main_thread_cpu_ns(), _own_cpu_s(), time.monotonic()
    load.engine.open_window()
    await asyncio.sleep(scenario.seconds)
    load.engine.close_window()
    seconds = time.monotonic() - begin
    cpu, python, own = server.cpu_ns() - cpu, server.main_thread_cpu_ns() - python, _own_cpu_s() - own
    await asyncio.sleep(0.5)
    found = load.engine.stats()
    return found | {
        "expected": sum(found["sent"]) * scenario.subscribers,
        "cpu_us": cpu / 1e3,
        "python_percent": 100 * python / 1e9 / seconds,
        "load_percent": 100 * own / seconds,
        "seconds": seconds,
    }


def _summary(windows: list[dict[str, Any]], join_cpu_ms: float, kb_each: float) -> Run:
    expected, received = (sum(w[name] for w in windows) for name in ("expected", "received"))
    wrong = sum(w["bad"] + w["unparsed"] + w["duplicates"] for w in windows)
    load_percent = max(w["load_percent"] for w in windows)
    invalid = ""
    if wrong:
        invalid = f"{wrong} packets were not what was sent"
    elif received < expected * (1 - MAX_LOSS):
        invalid = f"{100 * (1 - received / expected):.2f} % lost"
    elif load_percent > MAX_LOAD_PERCENT:
        invalid = f"the load itself took {load_percent:.0f} % of a core"
    return Run(
        cpu_us_per_packet=median(w["cpu_us"] / max(1, w["received"]) for w in windows),
        packets_per_s=median(w["received"] / w["seconds"] for w in windows),
        p50_ms=median(w["p50_us"] for w in windows) / 1e3,
        p99_ms=median(w["p99_us"] for w in windows) / 1e3,
        max_ms=max(w["max_us"] for w in windows) / 1e3,
        lost=expected - received,
        wrong=wrong,
        join_cpu_ms=join_cpu_ms,
        kb_per_subscriber=kb_each,
        python_percent=median(w["python_percent"] for w in windows),
        load_percent=load_percent,
        invalid=invalid,
    )


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

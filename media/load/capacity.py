"""A capacity check: publishers and subscribers join one by one, media flow for a while, and what was lost, late or refused is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from media.load.peers import Audio, JoinFailed, Listening, Load, LoadPeer, Signalling, Video

MAX_PUBLISHERS = 9
MAX_SUBSCRIBERS = 500
MAX_SECONDS = 300.0
JOINS_AT_ONCE = 4
#: Media reach everybody within this time, or some are counted as unheard.
SETTLE_S = 15.0
#: A lesson is fine up to this share of lost packets and this latency of the slowest hundredth, inside the server and this machine.
MAX_LOSS = 0.001
MAX_P99_MS = 100.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be tried. Signalling per peer, ready to join."""

    publishers: Sequence[Signalling]
    subscribers: Sequence[Signalling]
    seconds: float
    video: Video | None
    audio: Audio | None


@dataclass(slots=True)
class Outcome:
    """What was found. Latencies in ms; `unheard`: subscribers that nothing reached."""

    joined: int = 0
    refusals: list[str] = field(default_factory=list)
    unheard: int = 0
    packets_per_s: float = 0.0
    mbps: float = 0.0
    expected: int = 0
    received: int = 0
    wrong: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0

    @property
    def loss(self) -> float:
        """Share of packets that did not arrive."""
        return 1 - self.received / self.expected if self.expected else 1.0

    @property
    def is_enough(self) -> bool:
        """Everybody was let in and got everything in time."""
        everybody = not self.refusals and self.unheard == 0
        is_whole = 0 < self.expected * (1 - MAX_LOSS) <= self.received
        return everybody and is_whole and self.wrong == 0 and self.p99_ms <= MAX_P99_MS


async def check(ip: str, wish: Wish, begin: Callable[[], None], end: Callable[[], None]) -> Outcome:
    """Carry it out on sockets of `ip`; `begin` and `end` are called around the measured time."""
    outcome = Outcome()
    async with Load(ip) as load:
        for signalling in wish.publishers:
            await load.publish(signalling, wish.video, wish.audio)
        await _let_in(load, wish, outcome)
        outcome.joined = len(load.subscribers)
        if not load.subscribers:
            return outcome
        await _settle(load)
        begin()
        load.engine.open_window()
        await asyncio.sleep(wish.seconds)
        load.engine.close_window()
        end()
        await asyncio.sleep(0.5)
        _measure(load, wish, outcome)
    return outcome


async def _let_in(load: Load, wish: Wish, outcome: Outcome) -> None:
    gate = asyncio.Semaphore(JOINS_AT_ONCE)
    # One receive slot more than cameras: the relay keeps the first of several for a shared screen.
    cameras = len(wish.publishers) if wish.video else 0
    video, audio = cameras + (cameras > 1), len(wish.publishers) if wish.audio else 0

    async def join(signalling: Signalling) -> LoadPeer | None:
        async with gate:
            try:
                return await load.subscribe(signalling, video, Listening(), audio=audio)
            except JoinFailed as failure:
                outcome.refusals.append(str(failure))
                return None

    await asyncio.gather(*(join(signalling) for signalling in wish.subscribers))


async def _settle(load: Load) -> None:
    """Wait until media reach everybody; keyframes, routes and the first reports are not what steady media cost."""
    try:
        async with asyncio.timeout(SETTLE_S):
            while not all(load.heard(peer)[0] for peer in load.subscribers):  # noqa: ASYNC110 - other threads count
                await asyncio.sleep(0.1)
    except TimeoutError:
        pass  # who hears nothing is counted afterwards
    await asyncio.sleep(2.0)


def _measure(load: Load, wish: Wish, outcome: Outcome) -> None:
    found = load.engine.stats()
    outcome.unheard = sum(1 for peer in load.subscribers if not load.heard(peer)[0])
    outcome.expected = sum(found["sent"]) * len(load.subscribers)
    outcome.received = found["received"]
    outcome.wrong = found["bad"] + found["unparsed"] + found["duplicates"]
    outcome.packets_per_s = found["received"] / wish.seconds
    outcome.mbps = found["bytes"] * 8 / 1e6 / wish.seconds
    outcome.p50_ms, outcome.p99_ms, outcome.max_ms = (found[f"{name}_us"] / 1e3 for name in ("p50", "p99", "max"))

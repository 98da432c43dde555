"""The only place where time is read. Everything that needs time is handed a Clock; tests hand over a ManualClock."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

SCHOOL_TZ = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Wall time, monotonic time, and waiting by that monotonic time."""

    def now(self) -> datetime:
        """Aware UTC wall time."""
        ...

    def mono_ns(self) -> int:
        """Monotonic nanoseconds; differences are durations, whatever the wall clock does."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def mono_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told. Sleepers wake when `advance` passes their moment."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._mono_ns = 1_000_000_000
        self._order = count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def mono_ns(self) -> int:
        return self._mono_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._mono_ns + round(seconds * 1e9), next(self._order), future))
        await future

    def step_wall(self, seconds: float) -> None:
        """Move the wall clock alone, as an administrator or NTP would."""
        self._now += timedelta(seconds=seconds)

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass; due sleepers wake in order and get the loop before time goes on."""
        target = self._mono_ns + round(seconds * 1e9)
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            self._move_to(max(due, self._mono_ns))
            if not future.done():
                future.set_result(None)
            for _ in range(20):
                await asyncio.sleep(0)
        self._move_to(target)
        await asyncio.sleep(0)

    def _move_to(self, mono_ns: int) -> None:
        self._now += timedelta(microseconds=(mono_ns - self._mono_ns) / 1000)
        self._mono_ns = mono_ns


def micros(at: datetime) -> int:
    """Unix microseconds of an aware time: how times travel in events and on the wire."""
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def from_micros(value: int) -> datetime:
    """Aware UTC time of Unix microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)

"""The relay's two times: the engine's monotonic microseconds, and Unix microseconds for notices. Read nowhere else in media/."""

from __future__ import annotations

import time
from typing import Protocol


class MediaClock(Protocol):
    """Monotonic time and how it stands to the wall clock."""

    def mono_us(self) -> int:
        """CLOCK_MONOTONIC in microseconds, as in the engine's events."""
        ...

    def unix_us(self, mono_us: int) -> int:
        """Unix microseconds of a monotonic time, by the wall clock as it stands now."""
        ...


class SystemMediaClock:
    """The machine's clocks."""

    def mono_us(self) -> int:
        return time.monotonic_ns() // 1000

    def unix_us(self, mono_us: int) -> int:
        return mono_us + (time.time_ns() - time.monotonic_ns()) // 1000

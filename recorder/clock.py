"""The recorder's only reading of time. Everything else is handed a function or a value."""

from __future__ import annotations

import time


def now_us() -> int:
    """Unix microseconds, the unit of the link's times."""
    return time.time_ns() // 1_000


def mono_s() -> float:
    """Monotonic seconds, for durations and deadlines."""
    return time.monotonic()

"""How often somebody may try: token buckets in memory, keyed by what is being protected.

Sign-in is limited by login and address together (a stranger cannot lock a colleague out from elsewhere), by address alone, and slowly by login
alone. The refusal is the same whether the login exists or not.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from server.clock import Clock
from server.errors import Overloaded

#: Buckets kept at most; the longest unused goes first, so a flood of invented logins cannot fill the memory.
MOST_BUCKETS = 50_000


@dataclass(frozen=True)
class Limit:
    """`burst` attempts at once, one more every `refill_s` seconds."""

    burst: int
    refill_s: float


SIGN_IN_PAIR = Limit(burst=8, refill_s=30)
SIGN_IN_ADDRESS = Limit(burst=400, refill_s=0.25)
SIGN_IN_LOGIN = Limit(burst=60, refill_s=10)


class Attempts:
    """Counts attempts; asks the clock, never sleeps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()

    def take(self, limit: Limit, *key: str, code: str = "auth.too_many_attempts") -> None:
        """Use one attempt. Raises Overloaded with `retry_after_s` when none is left."""
        now_ns = self._clock.mono_ns()
        left, since_ns = self._buckets.pop(key, (float(limit.burst), now_ns))
        left = min(float(limit.burst), left + (now_ns - since_ns) / 1e9 / limit.refill_s)
        if left < 1:
            self._put(key, left, now_ns)
            raise Overloaded(code, retry_after_s=max(1, round((1 - left) * limit.refill_s + 0.5)))
        self._put(key, left - 1, now_ns)

    def forget(self, *key: str) -> None:
        """A success: the next attempts start from a full bucket."""
        self._buckets.pop(key, None)

    def _put(self, key: tuple[str, ...], left: float, now_ns: int) -> None:
        self._buckets[key] = (left, now_ns)
        while len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)

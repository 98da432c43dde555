"""Token buckets: a rate with a burst. PURE arithmetic; the caller brings the time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Holds up to `burst` tokens and gains `rate_per_s`. Full at the beginning."""

    rate_per_s: float
    burst: int
    tokens: float
    at_ns: int

    @classmethod
    def full(cls, rate_per_s: float, burst: int, at_ns: int) -> Bucket:
        return cls(rate_per_s, burst, float(burst), at_ns)

    def take(self, at_ns: int, cost: float = 1.0) -> bool:
        """Take `cost` tokens at monotonic time `at_ns`, or none and False."""
        gained = max(0, at_ns - self.at_ns) * self.rate_per_s / 1e9
        self.tokens = min(float(self.burst), self.tokens + gained)
        self.at_ns = max(self.at_ns, at_ns)
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def is_full(self, at_ns: int) -> bool:
        """Nobody has used it for long enough: it can be forgotten."""
        return self.tokens + max(0, at_ns - self.at_ns) * self.rate_per_s / 1e9 >= self.burst

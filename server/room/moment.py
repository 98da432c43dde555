"""What a decision may know of the world besides the state: the time, and one fresh id. So decisions stay pure."""

from __future__ import annotations

from dataclasses import dataclass

from server.clock import Clock, micros
from server.ids import new_id


@dataclass(frozen=True, slots=True)
class Moment:
    """`at_us` is Unix microseconds; `id` is used at most once by a decision."""

    at_us: int
    id: str

    @classmethod
    def of(cls, clock: Clock) -> Moment:
        at_us = micros(clock.now())
        return cls(at_us, new_id(at_us // 1000))

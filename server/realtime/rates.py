"""How often a connection and a person may ask: token buckets, refused with a Problem and never with a closed socket."""

from __future__ import annotations

from dataclasses import dataclass

from server.clock import Clock
from server.errors import Overloaded
from server.fanout.buckets import Bucket

#: Commands of one connection: views change with every scroll of a gallery, the rest is people's clicks.
COMMANDS_PER_S, COMMANDS_BURST = 10.0, 40
#: Messages of one person, over all their connections.
CHAT_PER_S, CHAT_BURST = 1.0, 8
#: Joining is work for the relay (DTLS); a person who reconnects in a loop waits.
JOINS_PER_S, JOINS_BURST = 0.5, 12
#: Connections of one address: a class behind one router joins within seconds.
ADDRESS_PER_S, ADDRESS_BURST = 20.0, 300
#: Buckets remembered before those that are full again are forgotten.
_SWEEP_ABOVE = 4_096


@dataclass(frozen=True, slots=True)
class Rate:
    name: str
    per_s: float
    burst: int


COMMANDS = Rate("commands", COMMANDS_PER_S, COMMANDS_BURST)
CHAT = Rate("chat", CHAT_PER_S, CHAT_BURST)
JOINS = Rate("joins", JOINS_PER_S, JOINS_BURST)
ADDRESS = Rate("address", ADDRESS_PER_S, ADDRESS_BURST)


class Rates:
    """All buckets of this node."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, rate: Rate, whose: str) -> None:
        """Raises Overloaded `room.too_fast` when the bucket is empty."""
        now_ns = self._clock.mono_ns()
        if len(self._buckets) > _SWEEP_ABOVE:
            self._buckets = {key: each for key, each in self._buckets.items() if not each.is_full(now_ns)}
        key = (rate.name, whose)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket.full(rate.per_s, rate.burst, now_ns)
        if not bucket.take(now_ns):
            raise Overloaded("room.too_fast", retry_after_s=max(1, round(1 / rate.per_s)))

    def forget(self, rate: Rate, whose: str) -> None:
        self._buckets.pop((rate.name, whose), None)

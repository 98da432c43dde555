"""The fanout of a single node: dictionaries and direct calls. Messages go through JSON as they would between nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from server.clock import Clock
from server.fanout.buckets import Bucket
from server.fanout.face import LEASE_MS, Lease, LeaseLost, Sink

log = structlog.get_logger("fanout")
#: Above this many remembered keys or buckets, dead ones are looked for.
_SWEEP_ABOVE = 4_096


class InProcessFanout:
    """Implements `Fanout` for one process."""

    def __init__(self, clock: Clock, lease_ms: int = LEASE_MS) -> None:
        self._clock = clock
        self._lease_ns = lease_ms * 1_000_000
        self._sinks: dict[str, list[Sink]] = {}
        self._used: dict[str, int] = {}
        self._owned: dict[str, tuple[Lease, int]] = {}
        self._epochs: dict[str, int] = {}
        self._buckets: dict[str, Bucket] = {}

    async def start(self) -> None: ...

    async def close(self) -> None:
        self._sinks.clear()

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        body = msgspec.json.encode(message)
        for sink in tuple(self._sinks.get(topic, ())):
            try:
                sink(msgspec.json.decode(body))
            except Exception:
                log.exception("a subscriber failed", topic=topic)

    async def subscribe(self, topic: str, sink: Sink) -> Callable[[], None]:
        self._sinks.setdefault(topic, []).append(sink)

        def stop() -> None:
            sinks = self._sinks.get(topic, [])
            if sink in sinks:
                sinks.remove(sink)
            if not sinks:
                self._sinks.pop(topic, None)

        return stop

    async def use_once(self, key: str, ttl_s: int) -> bool:
        now = self._clock.mono_ns()
        if len(self._used) > _SWEEP_ABOVE:
            self._used = {each: until for each, until in self._used.items() if until > now}
        if self._used.get(key, 0) > now:
            return False
        self._used[key] = now + ttl_s * 1_000_000_000
        return True

    async def acquire(self, room: str, node: str, above: int) -> Lease | None:
        now = self._clock.mono_ns()
        held = self._owned.get(room)
        if held is not None and held[0].node != node and held[1] > now:
            return None
        epoch = max(self._epochs.get(room, 0), above) + 1
        self._epochs[room] = epoch
        lease = Lease(room, node, epoch)
        self._owned[room] = (lease, now + self._lease_ns)
        return lease

    async def renew(self, lease: Lease) -> None:
        if self._epochs.get(lease.room) != lease.epoch:
            raise LeaseLost(lease.room)
        self._owned[lease.room] = (lease, self._clock.mono_ns() + self._lease_ns)

    async def release(self, lease: Lease) -> None:
        held = self._owned.get(lease.room)
        if held is not None and held[0] == lease:
            del self._owned[lease.room]

    async def owner(self, room: str) -> str | None:
        held = self._owned.get(room)
        if held is None or held[1] <= self._clock.mono_ns():
            return None
        return held[0].node

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> bool:
        now = self._clock.mono_ns()
        if len(self._buckets) > _SWEEP_ABOVE:
            self._buckets = {key: each for key, each in self._buckets.items() if not each.is_full(now)}
        mine = self._buckets.setdefault(bucket, Bucket.full(rate_per_s, burst, now))
        return mine.take(now)

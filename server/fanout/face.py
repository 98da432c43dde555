"""What a fanout is: the one face that rooms and edges see, whether there is one node or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

#: A room's ownership ends this long after the last renewal (milliseconds); it is renewed at about a third of it.
LEASE_MS = 5_000
LEASE_RENEW_S = 1.5

#: Called on the event loop's thread with one published message; must only hand over.
Sink = Callable[[Mapping[str, Any]], None]


class LeaseLost(Exception):
    """The room belongs to another node (or to nobody): stop writing at once."""


class Unreachable(Exception):
    """The shared store does not answer. Rooms on this node go on; nothing new is placed."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Ownership of one room by one node. `epoch` only ever grows: the ledger refuses writes with an older one."""

    room: str
    node: str
    epoch: int


class Fanout(Protocol):
    """One per process. Every method but `start` and `close` may raise `Unreachable`."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        """Tell every subscriber of the topic on every node, this one included. Not kept for those who come later."""
        ...

    async def subscribe(self, topic: str, sink: Sink) -> Callable[[], None]:
        """After the await, messages reach `sink` in the order of each publisher. Returns how to stop."""
        ...

    async def use_once(self, key: str, ttl_s: int) -> bool:
        """True for the first caller with this key on any node within `ttl_s`, False for all others."""
        ...

    async def acquire(self, room: str, node: str, above: int) -> Lease | None:
        """Own a room, with an epoch greater than `above` (what the ledger has seen) and than any given before.

        None while another node owns it. The node that owns it already gets a new epoch: it has restarted.
        """
        ...

    async def renew(self, lease: Lease) -> None:
        """Keep it for another `LEASE_MS`, or take it up again if it ran out and nobody else had it. Raises `LeaseLost`."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give it up; nothing happens if it is lost already."""
        ...

    async def owner(self, room: str) -> str | None:
        """The node that owns the room now."""
        ...

    async def take(self, bucket: str, rate_per_s: float, burst: int) -> bool:
        """Take one token from a bucket shared by all nodes; False when it is empty."""
        ...

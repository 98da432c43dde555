"""What callers hand in and get back, what can go wrong, and what the ledger needs of its store. No behaviour.

LedgerError
├── Fenced     another owner with a newer epoch writes this chain; whoever sees this must stop acting for the lesson
└── Closed     the lesson's part of the chain is sealed; only what comes after a lesson may be added
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from server.events.base import Event, Origin
from server.events.stored import Append, Entry, Head, Interrupted, Seal, SignOfLife
from server.ids import AccountId, ConnectionId, LogId


class LedgerError(Exception):
    """The ledger did not take the events. Nothing of that call was written."""


class Fenced(LedgerError):
    """A newer epoch owns the chain."""


class Closed(LedgerError):
    """The lesson is sealed and this event belongs into a lesson."""


class NewEvent(msgspec.Struct, frozen=True):
    """A fact to be recorded: who vouches for it, and by which account and connection it came."""

    event: Event
    origin: Origin
    actor: AccountId | None = None
    connection: ConnectionId | None = None


class LedgerStore(Protocol):
    """Where chains are kept. Every method is one transaction; what it returned is durable."""

    async def own(self, log_id: LogId, epoch: int | None, now_us: int) -> Head | None:
        """Take the chain (made if new) under `epoch`, or the next one for None. None: a newer epoch owns it."""
        ...

    async def append(self, appends: Sequence[Append], alive: Sequence[SignOfLife]) -> frozenset[LogId]:
        """Write all appends and signs of life at once. Returns the chains that refused (epoch or head moved on)."""
        ...

    async def entries(self, log_id: LogId, after_seq: int, until_seq: int | None, limit: int) -> list[Entry]: ...

    async def mentioning(
        self, log_id: LogId, words: Sequence[str], after_seq: int, limit: int
    ) -> tuple[list[Entry], int]:
        """At most `limit` entries after `after_seq` whose body has one of these strings, and how many the whole chain has."""
        ...

    async def heads(self) -> list[Head]:
        """Where every chain stands, in the order of their ids."""
        ...

    async def hashes(self, log_id: LogId) -> list[str]: ...

    async def head(self, log_id: LogId) -> Head | None: ...

    async def add_seal(self, seal: Seal, epoch: int) -> bool:
        """Keep a seal; a `seal` (not a checkpoint) also ends the lesson's liveness. False: fenced."""
        ...

    async def seals(self, log_id: LogId) -> list[Seal]: ...

    async def aclose(self) -> None: ...

    async def interrupted(self, node: str, boot_id: str) -> list[Interrupted]:
        """Chains that this node left open in an earlier boot."""
        ...

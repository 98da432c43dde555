"""Group commit: what all chains want written while one commit runs shares the next transaction.

input: batches (one call of `append`, or a sign of life) in order → chain them after their heads → one store transaction →
heads move on, callers wake. A commit takes about a millisecond, so nobody waits for a timer: the previous commit is the timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from server.events.stored import Append, Entry, SignOfLife
from server.ids import LogId
from server.ledger.chain_state import ChainState, Pending
from server.ledger.faces import Fenced, LedgerStore

log = structlog.get_logger("ledger")

#: A transaction takes at most so many events, so that a burst does not hold up its first callers.
MAX_GROUP = 1024


@dataclass(eq=False)
class Batch:
    """What one caller waits for: its events become `entries`, or nothing is written. Without events: a sign of life."""

    state: ChainState
    pending: list[Pending]
    alive_us: int
    done: asyncio.Future[list[Entry]]


class Committer:
    """The only writer to the store's chains in this process. `committed` is called after each durable group."""

    def __init__(self, store: LedgerStore, node: str, committed: Callable[[list[ChainState]], Awaitable[None]]) -> None:
        self._store = store
        self._node = node
        self._committed = committed
        self._queue: list[Batch] = []
        self._undecided: set[asyncio.Future[list[Entry]]] = set()
        self._wake = asyncio.Event()
        self._closed = False

    async def submit(self, state: ChainState, pending: list[Pending], alive_us: int) -> list[Entry]:
        """The durable entries of these events. Raises Fenced, or what the store raised. Safe to cancel: it is written or not."""
        if self._closed:
            raise RuntimeError("the ledger is closed")
        done: asyncio.Future[list[Entry]] = asyncio.get_running_loop().create_future()
        self._undecided.add(done)
        done.add_done_callback(self._undecided.discard)
        self._queue.append(Batch(state, pending, alive_us, done))
        self._wake.set()
        return await done

    async def run(self) -> None:
        """Commit groups for ever; the ledger's task."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(0)
            while self._queue:
                await self._commit(self._take())

    async def drain(self) -> None:
        """Take nothing new and return when everything submitted is decided."""
        self._closed = True
        await asyncio.gather(*self._undecided, return_exceptions=True)

    def _take(self) -> list[Batch]:
        count, events = 0, 0
        while count < len(self._queue) and (count == 0 or events < MAX_GROUP):
            events += len(self._queue[count].pending)
            count += 1
        group, self._queue = self._queue[:count], self._queue[count:]
        return group

    async def _commit(self, group: list[Batch]) -> None:
        try:
            await self._commit_or_raise(group)
        except asyncio.CancelledError:
            _fail(group, RuntimeError("the ledger was closed"))
            raise
        except Exception as error:
            log.error("commit failed", batches=len(group), exc_info=error)
            for batch in group:
                batch.state.uncertain = True
            _fail(group, error)

    async def _commit_or_raise(self, group: list[Batch]) -> None:
        for state in {id(b.state): b.state for b in group}.values():
            if state.uncertain:
                await self._look_again(state)
        plan = [_planned(batches) for batches in _by_state(group)]
        alive = self._signs_of_life(group)
        appends = [p.append for p in plan if p.append.entries]
        refused = await self._store.append(appends, alive) if appends or alive else frozenset[LogId]()
        for p in plan:
            if p.append.log_id in refused:
                p.state.fenced = True
            p.settle()
        await self._committed([p.state for p in plan if not p.state.fenced])

    def _signs_of_life(self, group: list[Batch]) -> list[SignOfLife]:
        last = {b.state.log_id: b for b in group if b.state.beating and not b.state.fenced}
        return [
            SignOfLife(
                log_id=log_id,
                epoch=b.state.epoch,
                node=self._node,
                boot_id=b.state.boot_id,
                alive_us=b.alive_us,
            )
            for log_id, b in sorted(last.items())
        ]

    async def _look_again(self, state: ChainState) -> None:
        head = await self._store.head(state.log_id)
        if head is None:
            raise LookupError(f"chain {state.log_id} is gone")
        state.reload(head, await self._store.hashes(state.log_id))


@dataclass(eq=False)
class _Plan:
    """What one chain writes in this group, and which entries belong to which caller."""

    state: ChainState
    append: Append
    parts: list[tuple[Batch, list[Entry]]]

    def settle(self) -> None:
        """Tell the callers; move the head when the entries are durable."""
        if self.state.fenced:
            _fail([batch for batch, _ in self.parts], Fenced(self.state.log_id))
            return
        if self.append.entries:
            self.state.advance(self.append.entries)
        for batch, entries in self.parts:
            if not batch.done.done():
                batch.done.set_result(entries)


def _planned(batches: list[Batch]) -> _Plan:
    state = batches[0].state
    entries: list[Entry] = []
    parts: list[tuple[Batch, list[Entry]]] = []
    for batch in batches if not state.fenced else []:
        after = (entries[-1].seq, entries[-1].hash) if entries else None
        mine = state.next_entries(batch.pending, after)
        entries += mine
        parts.append((batch, mine))
    if state.fenced:
        parts = [(batch, []) for batch in batches]
    append = Append(log_id=state.log_id, epoch=state.epoch, after_seq=state.seq, entries=entries)
    return _Plan(state, append, parts)


def _by_state(group: list[Batch]) -> list[list[Batch]]:
    """The group's batches per chain, in the order of chain ids: all nodes lock rows in the same order."""
    found: dict[tuple[LogId, int], list[Batch]] = {}
    for batch in group:
        found.setdefault((batch.state.log_id, id(batch.state)), []).append(batch)
    return [found[key] for key in sorted(found)]


def _fail(group: list[Batch], error: Exception) -> None:
    for batch in group:
        if not batch.done.done():
            batch.done.set_exception(error)

"""The ledger of one server process: opens chains for writing, reads and follows them, keeps checkpoints coming."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import structlog

from server.clock import Clock, micros
from server.events.base import Recorded
from server.events.stored import Entry, Head, Interrupted, Seal, recorded_of
from server.ids import LessonId, LogId, new_id
from server.ledger.chain_state import ChainState
from server.ledger.committer import Committer
from server.ledger.faces import Fenced, LedgerError, LedgerStore
from server.ledger.keys import SchoolKey
from server.ledger.merkle import MerkleTree
from server.ledger.writer import LogWriter
from server.tasks import TaskGroupOf

log = structlog.get_logger("ledger")

CHECKPOINT_EVERY_S = 60.0
CHECKPOINT_EVERY_EVENTS = 256
#: Entries fetched at once when reading a chain.
PAGE = 2_000


def lesson_log(lesson: LessonId) -> LogId:
    """The chain of a lesson carries the lesson's id."""
    return LogId(lesson)


def school_log(year: int) -> LogId:
    """The chain for facts outside lessons (accounts, timetable, exports) of one year."""
    return LogId(f"school-{year}")


class Ledger:
    """`start` before use, `aclose` at the end. `node` names this server among others on the same database."""

    def __init__(self, store: LedgerStore, clock: Clock, key: SchoolKey, node: str = "main") -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._node = node
        self.boot_id = new_id(micros(clock.now()) // 1000)
        self._tasks = TaskGroupOf("ledger")
        self._committer = Committer(store, node, self._after_commit)
        self._writers: dict[LogId, tuple[ChainState, LogWriter]] = {}
        self._opening = asyncio.Lock()
        self._grown = asyncio.Condition()
        self._interrupted: list[Interrupted] = []

    @property
    def key(self) -> SchoolKey:
        return self._key

    async def start(self) -> None:
        """Note what an earlier process left open, then accept work."""
        self._interrupted = await self._store.interrupted(self._node, self.boot_id)
        self._tasks.start(self._committer.run(), "commit")
        self._tasks.start(self._keep_checkpoints(), "checkpoints")

    async def aclose(self) -> None:
        """Decide everything submitted, checkpoint what is open, stop. Lessons in progress stay marked as open."""
        await self._committer.drain()
        for _, writer in self._writers.values():
            await self._checkpoint(writer)
        await self._tasks.aclose()
        await self._store.aclose()

    async def interrupted(self) -> list[Interrupted]:
        """Lessons that this node left open when its last process ended, with its last durable sign of life.

        The list is taken at `start`, so opening their chains again does not change it.
        """
        return list(self._interrupted)

    async def open(self, log_id: LogId, lesson: LessonId | None = None, epoch: int | None = None) -> LogWriter:
        """The writer of a chain, made if new. `lesson` names the lesson it is about (clock steps are noted in it).

        Without `epoch`: the writer this process already has, or ownership under the next epoch. With one (from a lease):
        exactly that. Raises Fenced when the chain has a newer owner.
        """
        if not (log_id.isascii() and log_id.isprintable() and 0 < len(log_id) <= 64):
            raise LedgerError(f"no name for a chain: {log_id!r}")
        async with self._opening:
            held = self._writers.get(log_id)
            if held and not held[0].fenced and epoch in (None, held[0].epoch):
                held[0].lesson = held[0].lesson or lesson
                return held[1]
            if held and epoch is not None and epoch < held[0].epoch:
                raise Fenced(log_id)
            return await self._own(log_id, lesson, epoch)

    async def _own(self, log_id: LogId, lesson: LessonId | None, epoch: int | None) -> LogWriter:
        head = await self._store.own(log_id, epoch, micros(self._clock.now()))
        if head is None:
            raise Fenced(log_id)
        if log_id in self._writers:
            self._writers[log_id][0].fenced = True
        state = ChainState(
            log_id=log_id,
            lesson=lesson,
            boot_id=self.boot_id,
            epoch=head.epoch,
            seq=head.seq,
            hash=head.hash,
            sealed_seq=head.sealed_seq,
            tree=MerkleTree(await self._store.hashes(log_id)),
        )
        writer = LogWriter(state, self._committer, self._store, self._clock, self._key)
        self._writers[log_id] = (state, writer)
        return writer

    async def read(self, log_id: LogId, after_seq: int = 0, until_seq: int | None = None) -> list[Recorded]:
        """The events numbered after_seq < seq ≤ until_seq, in order; all of them without bounds."""
        return [recorded_of(entry) async for entry in self.entries(log_id, after_seq, until_seq)]

    async def entries(self, log_id: LogId, after_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[Entry]:
        """The same as stored, page by page: for export and verification."""
        while page := await self._store.entries(log_id, after_seq, until_seq, PAGE):
            for entry in page:
                yield entry
            after_seq = page[-1].seq

    async def mentioning(
        self, log_id: LogId, words: Sequence[str] = (), after_seq: int = 0, limit: int = PAGE
    ) -> tuple[list[Entry], int]:
        """One page of the raw entries in whose body one of `words` stands as a whole string (an id, a type), and how many there
        are in all; without words, of all entries."""
        if words:
            return await self._store.mentioning(log_id, words, after_seq, limit)
        head = await self._store.head(log_id)
        return await self._store.entries(log_id, after_seq, None, limit), head.seq if head else 0

    async def heads(self) -> list[Head]:
        """Where every chain stands."""
        return await self._store.heads()

    async def head(self, log_id: LogId) -> Head | None:
        """Where the chain stands in the store; None when there is no such chain."""
        return await self._store.head(log_id)

    async def seals(self, log_id: LogId) -> list[Seal]:
        """Checkpoints and seals in the order of what they cover."""
        return await self._store.seals(log_id)

    async def follow(self, log_id: LogId, after_seq: int = 0) -> AsyncIterator[Recorded]:
        """Every event after `after_seq`, and then each new one that this process commits. Ends only by cancellation."""
        while True:
            async for entry in self.entries(log_id, after_seq):
                after_seq = entry.seq
                yield recorded_of(entry)
            async with self._grown:
                held = self._writers.get(log_id)
                if held is None or held[0].seq <= after_seq:
                    await self._grown.wait()

    async def _after_commit(self, states: list[ChainState]) -> None:
        async with self._grown:
            self._grown.notify_all()
        for state in states:
            if state.seq - max(state.checkpointed_seq, state.sealed_seq) >= CHECKPOINT_EVERY_EVENTS:
                await self._checkpoint(self._writers[state.log_id][1])

    async def _keep_checkpoints(self) -> None:
        while True:
            await self._clock.sleep(CHECKPOINT_EVERY_S)
            for _, writer in list(self._writers.values()):
                await self._checkpoint(writer)

    async def _checkpoint(self, writer: LogWriter) -> None:
        """A checkpoint that cannot be written is missed, not fatal: the chain itself stands."""
        try:
            await writer.checkpoint()
        except Fenced:
            log.warning("fenced at checkpoint", log_id=writer.log_id)
        except Exception as error:
            log.error("checkpoint failed", log_id=writer.log_id, exc_info=error)

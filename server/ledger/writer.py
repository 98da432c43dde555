"""One chain's writer: what the room of a lesson, or a service, appends through."""

from __future__ import annotations

from server.clock import Clock, micros
from server.events.base import Recorded
from server.events.stored import Seal, recorded_of
from server.ids import LogId
from server.ledger.after_lesson import may_follow_seal
from server.ledger.chain_state import ChainState
from server.ledger.committer import Committer
from server.ledger.faces import Closed, Fenced, LedgerStore, NewEvent
from server.ledger.keys import SchoolKey
from server.ledger.sealing import CHECKPOINT, SEAL, make_seal

#: Signs of life closer together than this are not worth a commit.
BEAT_S = 2.0


class LogWriter:
    """Appends to one chain under one epoch. Shared by everyone in this process who opens the same chain."""

    def __init__(
        self, state: ChainState, committer: Committer, store: LedgerStore, clock: Clock, key: SchoolKey
    ) -> None:
        self._state = state
        self._committer = committer
        self._store = store
        self._clock = clock
        self._key = key
        self._beaten_ns: int | None = None

    @property
    def log_id(self) -> LogId:
        return self._state.log_id

    @property
    def epoch(self) -> int:
        return self._state.epoch

    @property
    def seq(self) -> int:
        """The last durable entry's number; 0 for an empty chain."""
        return self._state.seq

    @property
    def head_hash(self) -> str:
        return self._state.hash

    @property
    def sealed_seq(self) -> int:
        """The last entry that a seal covers; 0 while the lesson is open."""
        return self._state.sealed_seq

    async def append(self, *events: NewEvent) -> list[Recorded]:
        """Record these events together, in this order; returns once they are durable.

        A ClockStep of the ledger's own may stand before them. Raises Fenced, Closed, LedgerError; NotCanonical or
        msgspec.ValidationError for an event that no reader would accept. Then nothing of the call is written.
        """
        self._refuse_if_fenced()
        if not events:
            return []
        if (self._state.closing or self._state.sealed_seq) and not all(may_follow_seal(new.event) for new in events):
            raise Closed(self._state.log_id)
        pending = self._state.pending(self._clock, events)
        entries = await self._committer.submit(self._state, pending, micros(self._clock.now()))
        return [recorded_of(entry) for entry in entries[-len(events) :]]

    async def beat(self) -> None:
        """A durable sign of life, stored at most every BEAT_S: where an interruption would be said to begin.

        The first one says "a lesson is being held": from then until the seal, a process that dies leaves an interrupted chain.
        """
        self._refuse_if_fenced()
        if self._state.sealed_seq:
            return
        self._state.beating = True
        now_ns = self._clock.mono_ns()
        if self._beaten_ns is not None and now_ns - self._beaten_ns < BEAT_S * 1e9:
            return
        self._beaten_ns = now_ns
        await self._committer.submit(self._state, [], micros(self._clock.now()))

    async def checkpoint(self) -> Seal | None:
        """Sign where the chain stands; None when nothing came since the last checkpoint or seal."""
        if self._state.seq in (self._state.checkpointed_seq, self._state.sealed_seq):
            return None
        return await self._sign(CHECKPOINT)

    async def seal(self) -> Seal:
        """Seal everything so far. The first seal ends the lesson's part; later ones cover what came after it as well.

        Sealing again without new entries returns the seal that stands. Raises Closed for an empty chain.
        """
        self._refuse_if_fenced()
        if not self._state.seq:
            raise Closed(f"nothing to seal in {self._state.log_id}")
        self._state.closing = True
        await self._committer.submit(self._state, [], micros(self._clock.now()))
        if self._state.sealed_seq == self._state.seq:
            return await self._standing_seal()
        return await self._sign(SEAL)

    async def _sign(self, kind: str) -> Seal:
        state = self._state
        seal = make_seal(self._key, kind, state.log_id, state.hash, state.tree, micros(self._clock.now()))
        state.checkpointed_seq = max(state.checkpointed_seq, seal.last_seq)
        if not await self._store.add_seal(seal, state.epoch):
            state.fenced = True
            raise Fenced(state.log_id)
        if kind == SEAL:
            state.sealed_seq = max(state.sealed_seq, seal.last_seq)
            state.beating = False
        return seal

    async def _standing_seal(self) -> Seal:
        seals = await self._store.seals(self._state.log_id)
        return next(s for s in reversed(seals) if s.kind == SEAL and s.last_seq == self._state.sealed_seq)

    def _refuse_if_fenced(self) -> None:
        if self._state.fenced:
            raise Fenced(self._state.log_id)

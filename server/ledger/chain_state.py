"""A chain as its writer knows it: where it stands, and how pending events become its next entries. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from server.clock import Clock, micros
from server.events.base import Origin
from server.events.lesson import ClockStep
from server.events.stored import MAX_LINE_BYTES, Entry, Head, body_of, chained
from server.ids import LessonId, LogId
from server.ledger.faces import LedgerError, NewEvent
from server.ledger.merkle import MerkleTree

#: Wall and monotonic clock may drift apart this far between two events before it is a step (NTP slews 0.5 ms per s).
CLOCK_STEP_NS = 1_000_000_000
#: Four bytes of UTF-8 for each, and the envelope, fit in a line.
MAX_BODY_CHARS = MAX_LINE_BYTES // 4 - 1024


class Pending(msgspec.Struct, frozen=True):
    """An event with the time of its append, its body checked and canonical."""

    new: NewEvent
    body: str
    at_us: int
    mono_ns: int


@dataclass
class ChainState:
    """One open chain. Moves on only when the store has committed."""

    log_id: LogId
    lesson: LessonId | None
    boot_id: str
    epoch: int
    seq: int
    hash: str
    sealed_seq: int
    tree: MerkleTree
    checkpointed_seq: int = 0
    closing: bool = False
    #: The room has begun to give signs of life; every commit of this chain is one from now on.
    beating: bool = False
    fenced: bool = False
    #: A commit failed without telling whether it took effect: look before the next one.
    uncertain: bool = False
    _last_clock: tuple[int, int] | None = field(default=None)

    def pending(self, clock: Clock, events: tuple[NewEvent, ...]) -> list[Pending]:
        """The events stamped with now, checked; led by a ClockStep when the wall clock jumped since the last append of this boot."""
        at_us, mono_ns = micros(clock.now()), clock.mono_ns()
        stamped = [Pending(new, _canonical_body(new), at_us, mono_ns) for new in events]
        step_ms = self._step_ms(at_us, mono_ns)
        if step_ms and self.lesson is not None:
            new = NewEvent(ClockStep(step_ms=step_ms), Origin.SERVER)
            stamped.insert(0, Pending(new, _canonical_body(new), at_us, mono_ns))
        return stamped

    def _step_ms(self, at_us: int, mono_ns: int) -> int:
        """How far the wall clock jumped (ms, signed); 0 within CLOCK_STEP_NS."""
        last, self._last_clock = self._last_clock, (at_us, mono_ns)
        if last is None:
            return 0
        apart_ns = (at_us - last[0]) * 1000 - (mono_ns - last[1])
        return round(apart_ns / 1_000_000) if abs(apart_ns) > CLOCK_STEP_NS else 0

    def next_entries(self, pending: list[Pending], after: tuple[int, str] | None = None) -> list[Entry]:
        """The entries that these events become, after the head or after (seq, hash). Changes nothing."""
        seq, prev = after or (self.seq, self.hash)
        entries: list[Entry] = []
        for item in pending:
            seq += 1
            entry = chained(self._entry(item, seq, prev))
            prev = entry.hash
            entries.append(entry)
        return entries

    def _entry(self, item: Pending, seq: int, prev: str) -> Entry:
        return Entry(
            log_id=self.log_id,
            seq=seq,
            at_us=item.at_us,
            mono_ns=item.mono_ns,
            boot_id=self.boot_id,
            epoch=self.epoch,
            origin=item.new.origin,
            actor=item.new.actor,
            connection=item.new.connection,
            body=item.body,
            prev_hash=prev,
        )

    def advance(self, entries: list[Entry]) -> None:
        """These entries are durable."""
        for entry in entries:
            self.tree.add(entry.hash)
        self.seq, self.hash = entries[-1].seq, entries[-1].hash

    def reload(self, head: Head, hashes: list[str]) -> None:
        """Take over what the store says after an uncertain commit."""
        self.seq, self.hash, self.sealed_seq = head.seq, head.hash, head.sealed_seq
        self.tree = MerkleTree(hashes)
        self.fenced = head.epoch != self.epoch
        self.uncertain = False


def _canonical_body(new: NewEvent) -> str:
    """The body of an event that readers will accept. Raises LedgerError otherwise: nothing of the call is written."""
    for name in (new.actor, new.connection):
        if name is not None and not (name.isascii() and name.isprintable()):
            raise LedgerError(f"an id is printable ASCII: {name!r}")
    body = body_of(new.event)
    if len(body) > MAX_BODY_CHARS:
        raise LedgerError(f"event of more than {MAX_BODY_CHARS} characters")
    return body

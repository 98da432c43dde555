"""Checks a chain line by line: canonical, gap-free, linked, digested, decodable, and nothing of a lesson after its seal.

Stops at the first entry that does not hold: everything after it hangs on it. Keeps what the other checks need: the facts, and the
Merkle root wherever a seal speaks of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import msgspec

from server.events.base import Recorded
from server.events.canonical import NotCanonical
from server.events.stored import GENESIS, Entry, entry_hash, entry_of_line, recorded_of, type_in
from server.ledger.after_lesson import is_after_lesson
from server.ledger.bundle.findings import Finding
from server.ledger.merkle import MerkleTree


@dataclass(frozen=True)
class Point:
    """The chain as it stood after one entry."""

    hash: str
    root: str


class ChainCheck:
    """Feed it the lines in order. An empty `log_id` takes the first entry's. `points` holds the chain's state at each asked sequence number."""

    def __init__(
        self, log_id: str, ask: Collection[int], lesson_sealed_at: int | None, seen: Callable[[Recorded], None]
    ) -> None:
        self.log_id = log_id
        self._ask = frozenset(ask)
        self._lesson_sealed_at = lesson_sealed_at
        self._seen = seen
        self._tree = MerkleTree()
        self.points: dict[int, Point] = {}
        self.hash = GENESIS
        self.seq = 0
        self.epoch = 0
        self.finding: Finding | None = None

    def feed(self, line: bytes) -> bool:
        """Check the next line (without its line feed). False: it does not hold, see `finding`."""
        expected = self.seq + 1
        try:
            entry = entry_of_line(line)
        except NotCanonical as error:
            return self._broken("event.unreadable", expected, str(error))
        return self._feed_entry(entry, expected)

    def _feed_entry(self, entry: Entry, expected: int) -> bool:
        if entry.seq != expected:
            return self._broken("event.sequence", expected, f"{entry.seq}")
        if entry.log_id != (self.log_id or entry.log_id):
            return self._broken("event.other_log", expected, entry.log_id)
        if entry.prev_hash != self.hash:
            return self._broken("event.link", expected)
        if entry_hash(entry) != entry.hash:
            return self._broken("event.hash", expected)
        if entry.epoch < self.epoch:
            return self._broken("event.epoch", expected)
        if self._is_late(entry):
            return self._broken("event.after_seal", expected)
        try:
            recorded = recorded_of(entry)
        except (msgspec.DecodeError, ValueError) as error:
            return self._broken("event.unknown", expected, str(error))
        self._accept(entry)
        self._seen(recorded)
        return True

    def _is_late(self, entry: Entry) -> bool:
        sealed_at = self._lesson_sealed_at
        return sealed_at is not None and entry.seq > sealed_at and not is_after_lesson(type_in(entry.body))

    def _accept(self, entry: Entry) -> None:
        self.log_id, self.seq, self.hash, self.epoch = entry.log_id, entry.seq, entry.hash, entry.epoch
        self._tree.add(entry.hash)
        if entry.seq in self._ask:
            self.points[entry.seq] = Point(entry.hash, self._tree.root())

    def _broken(self, code: str, seq: int, detail: str = "") -> bool:
        self.finding = Finding(code=code, seq=seq, detail=detail[:200])
        return False

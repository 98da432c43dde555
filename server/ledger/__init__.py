"""Append-only, digest-chained events: write, read, follow, seal, verify. Knows no SQL (server/storage) and judges nothing.

ledger = Ledger(store, clock, key); await ledger.start()
writer = await ledger.open(lesson_log(lesson), lesson)
recorded = await writer.append(NewEvent(LessonStarted(), Origin.HUMAN, actor))     # durable when it returns
"""

from __future__ import annotations

from server.events.stored import Entry, Head, Interrupted, Seal
from server.ledger.after_lesson import may_follow_seal
from server.ledger.faces import Closed, Fenced, LedgerError, LedgerStore, NewEvent
from server.ledger.keys import PublicKey, SchoolKey
from server.ledger.ledger import Ledger, lesson_log, school_log
from server.ledger.writer import LogWriter

__all__ = [
    "Closed",
    "Entry",
    "Fenced",
    "Head",
    "Interrupted",
    "Ledger",
    "LedgerError",
    "LedgerStore",
    "LogWriter",
    "NewEvent",
    "PublicKey",
    "SchoolKey",
    "Seal",
    "lesson_log",
    "may_follow_seal",
    "school_log",
]

"""Invariant 11: kill -9 in mid-lesson loses nothing that was acknowledged, and the chain goes on unbroken."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from server.clock import SystemClock, micros
from server.events.stored import GENESIS, entry_hash
from server.ids import LogId
from server.ledger import Ledger, SchoolKey
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore
from tests.server.ledger.appender import LESSONS

KILLS = 20


@pytest.mark.timeout(900)  # twenty starts of an interpreter, however busy the machine is
async def test_every_acknowledged_event_survives_twenty_kills(database: Database, database_url: str) -> None:
    rng = random.Random(20260907)
    acknowledged: dict[tuple[str, int], str] = {}
    for _ in range(KILLS):
        acknowledged |= _killed_after(database_url, rng.randint(1, 120))
    ledger = Ledger(SqlLedgerStore(database), SystemClock(), SchoolKey.generate())
    await ledger.start()
    interrupted = await ledger.interrupted()
    await ledger.aclose()
    survived = await _verified(ledger)
    assert len(acknowledged) >= KILLS
    assert {key: survived.get(key) for key in acknowledged} == acknowledged
    assert [each.lesson for each in interrupted] == LESSONS
    assert all(0 < each.last_alive_us <= micros(SystemClock().now()) for each in interrupted)


def _killed_after(url: str, lines: int) -> dict[tuple[str, int], str]:
    """Let a process append; kill it when so many acknowledgements have been read. All that it printed counts."""
    command = [sys.executable, "-m", "tests.server.ledger.appender", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        read = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        read += process.stdout.readlines()
    words = [line.split() for line in read if line.endswith("\n")]
    return {(log_id, int(seq)): entry_digest for log_id, seq, entry_digest in words}


async def _verified(ledger: Ledger) -> dict[tuple[str, int], str]:
    """All entries, after checking every link and digest from the first on."""
    found: dict[tuple[str, int], str] = {}
    for lesson in LESSONS:
        seq, before, epoch = 0, GENESIS, 0
        async for entry in ledger.entries(LogId(lesson)):
            assert (entry.seq, entry.prev_hash, entry.hash) == (seq + 1, before, entry_hash(entry))
            assert entry.epoch >= epoch
            seq, before, epoch = entry.seq, entry.hash, entry.epoch
            found[entry.log_id, entry.seq] = entry.hash
        head = await ledger.head(LogId(lesson))
        assert head is not None
        assert (head.seq, head.hash) == (seq, before)
    return found

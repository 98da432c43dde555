"""A process that appends to three chains for ever and prints `log seq hash` for each entry once it is acknowledged. Made to be killed."""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from server.clock import SystemClock
from server.events.base import Origin
from server.events.room import HandRaised
from server.ids import LessonId, PersonId
from server.ledger import Ledger, NewEvent, SchoolKey, lesson_log
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore

LESSONS = [LessonId(f"lesson-{n}") for n in range(3)]


async def main(url: str) -> None:
    database = Database(url)
    ledger = Ledger(SqlLedgerStore(database), SystemClock(), SchoolKey.generate())
    await ledger.start()
    await asyncio.gather(*(append_for_ever(ledger, lesson) for lesson in LESSONS for _ in range(2)))


async def append_for_ever(ledger: Ledger, lesson: LessonId) -> None:
    writer = await ledger.open(lesson_log(lesson), lesson)
    await writer.beat()
    for n in count():
        event = NewEvent(HandRaised(person=PersonId(f"p{n}")), Origin.CLIENT_CLAIM)
        for recorded in await writer.append(*([event] * (1 + n % 3))):
            print(recorded.log_id, recorded.seq, recorded.hash, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

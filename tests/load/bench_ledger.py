"""What recording costs: the time until an event is durable, alone and in company, and what checking a bundle costs. Last line: JSON."""

from __future__ import annotations

import asyncio
import io
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from server.clock import SystemClock
from server.events.base import Origin
from server.events.room import MessagePosted
from server.ids import LessonId, LogId, MessageId, PersonId
from server.ledger import Ledger, LogWriter, NewEvent, SchoolKey, lesson_log
from server.ledger.bundle.check import check_bundle
from server.ledger.bundle.layout import LessonLabels
from server.ledger.bundle.write import BundleContent, make_bundle
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore

#: One lesson speaking alone; then a school's morning: so many lessons, each with so many people acting at once.
SINGLE = 400
LESSONS = 20
PEOPLE = 10
ROUNDS = 25

EVENT = NewEvent(
    MessagePosted(message=MessageId("m" * 36), person=PersonId("p" * 36), text="Thưa thầy, em có câu hỏi ạ."),
    Origin.HUMAN,
)


async def commit_ms(writer: LogWriter) -> float:
    started = time.perf_counter()
    await writer.append(EVENT)
    return (time.perf_counter() - started) * 1e3


async def alone(writer: LogWriter) -> list[float]:
    return [await commit_ms(writer) for _ in range(SINGLE)]


async def together(writers: list[LogWriter]) -> tuple[list[float], float]:
    """Latencies, and events per second, of everybody acting again as soon as their last act is durable."""

    async def person(writer: LogWriter) -> list[float]:
        return [await commit_ms(writer) for _ in range(ROUNDS)]

    started = time.perf_counter()
    times = await asyncio.gather(*(person(writer) for writer in writers for _ in range(PEOPLE)))
    took_s = time.perf_counter() - started
    latencies = [ms for one in times for ms in one]
    return latencies, len(latencies) / took_s


async def check_seconds(ledger: Ledger, log_id: LogId) -> tuple[int, float]:
    """Events in a bundle, and the seconds that checking it takes."""
    content = BundleContent(
        log_id=log_id,
        entries=[entry async for entry in ledger.entries(log_id)],
        seals=await ledger.seals(log_id),
        labels=LessonLabels(
            lesson=log_id, school="", cohort="", course_unit="", topic="", day="", lecturer="", people=[]
        ),
        files={},
        with_recording=False,
    )
    data = b"".join(make_bundle(content, ledger.key).chunks())
    started = time.perf_counter()
    report = check_bundle(io.BytesIO(data))
    took_s = time.perf_counter() - started
    if not report.is_sound:
        raise SystemExit(f"the bundle does not hold: {report.findings}")
    return report.events, took_s


def percentile(values: list[float], part: int) -> float:
    return round(statistics.quantiles(values, n=100)[part - 1], 2)


async def measure(url: str) -> dict[str, float]:
    database = Database(url)
    await database.open()
    ledger = Ledger(SqlLedgerStore(database), SystemClock(), SchoolKey.generate())
    await ledger.start()
    lessons = [LessonId(f"lesson-{n}") for n in range(LESSONS)]
    writers = [await ledger.open(lesson_log(lesson), lesson) for lesson in lessons]
    await alone(writers[0])
    one = await alone(writers[0])
    many, events_per_s = await together(writers)
    await writers[0].append(*([EVENT] * 5_000))
    await writers[0].seal()
    events, check_s = await check_seconds(ledger, writers[0].log_id)
    await ledger.aclose()
    await database.aclose()
    return {
        "commit_ms_p50": percentile(one, 50),
        "commit_ms_p99": percentile(one, 99),
        f"commit_ms_p50_{LESSONS}_lessons": percentile(many, 50),
        f"commit_ms_p99_{LESSONS}_lessons": percentile(many, 99),
        "events_per_s": round(events_per_s),
        "verify_events_per_s": round(events / check_s),
    }


def main() -> None:
    """The database to measure may be named; otherwise an SQLite file in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite+aiosqlite:///{Path(folder) / 'ledger.sqlite3'}"
        print(json.dumps(asyncio.run(measure(url))))


if __name__ == "__main__":
    main()

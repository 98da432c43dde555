"""Writing and reading chains: durable, gap-free, in order, shared commits, and honest when the store fails."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Sequence

import msgspec
import pytest

from server.clock import ManualClock, micros
from server.events.base import Origin
from server.events.lesson import ClockStep, LessonEnded, LessonStarted
from server.events.room import HandRaised, MessagePosted
from server.events.stored import GENESIS, Append, SignOfLife, entry_hash
from server.ids import AccountId, ConnectionId, LessonId, LogId, MessageId, PersonId
from server.ledger import Closed, LedgerError, NewEvent, lesson_log, school_log
from server.ledger.chain_state import MAX_BODY_CHARS
from server.ledger.ledger import CHECKPOINT_EVERY_EVENTS, CHECKPOINT_EVERY_S
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore
from tests.server.ledger.conftest import OpenLedger

LESSON = LessonId("0193c0de-0000-7000-8000-000000000001")
LOG = lesson_log(LESSON)


def hand(person: str = "p1") -> NewEvent:
    return NewEvent(HandRaised(person=PersonId(person)), Origin.CLIENT_CLAIM)


def message(text: str) -> NewEvent:
    posted = MessagePosted(message=MessageId("m"), person=PersonId("p1"), text=text)
    return NewEvent(posted, Origin.HUMAN, AccountId("a1"), ConnectionId("c1"))


class WatchedStore(SqlLedgerStore):
    """The real store, with its commits counted, and able to fail before or after the commit."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.commits = 0
        self.fail = ""

    async def append(self, appends: Sequence[Append], alive: Sequence[SignOfLife]) -> frozenset[LogId]:
        if self.fail == "before":
            raise OSError("no space left on device")
        refused = await super().append(appends, alive)
        self.commits += 1
        if self.fail == "after":
            raise OSError("connection lost at commit")
        return refused


async def test_appended_events_are_read_back_in_order_and_chained(open_ledger: OpenLedger, clock: ManualClock) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    first = await writer.append(hand("p1"), hand("p2"))
    await clock.advance(3)
    second = await writer.append(message("Thưa thầy"))
    read = await ledger.read(LOG)
    assert read == first + second
    assert [r.seq for r in read] == [1, 2, 3]
    assert [r.prev_hash for r in read] == [GENESIS, read[0].hash, read[1].hash]
    assert (read[2].actor, read[2].connection, read[2].origin) == ("a1", "c1", Origin.HUMAN)
    assert read[2].at_us - read[0].at_us == 3_000_000
    assert read[2].mono_ns - read[0].mono_ns == 3_000_000_000
    assert [entry_hash(entry) async for entry in ledger.entries(LOG)] == [r.hash for r in read]
    assert await ledger.read(LOG, after_seq=1, until_seq=2) == [read[1]]
    head = await ledger.head(LOG)
    assert head is not None
    assert (head.seq, head.hash, head.sealed_seq) == (3, read[2].hash, 0)


async def test_text_is_recorded_in_composed_form(open_ledger: OpenLedger) -> None:
    writer = await (await open_ledger()).open(LOG, LESSON)
    (recorded,) = await writer.append(message(unicodedata.normalize("NFD", "Thưa thầy \x00 ế")))
    assert isinstance(recorded.event, MessagePosted)
    assert recorded.event.text == unicodedata.normalize("NFC", "Thưa thầy \x00 ế")


async def test_event_that_no_reader_would_accept_is_refused_and_leaves_no_gap(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    wrong = NewEvent(HandRaised(person=3), Origin.HUMAN)  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError):
        await writer.append(hand(), wrong)
    with pytest.raises(LedgerError):
        await writer.append(message("x" * MAX_BODY_CHARS))
    with pytest.raises(LedgerError):
        await writer.append(NewEvent(HandRaised(person=PersonId("p")), Origin.HUMAN, AccountId("tên")))
    await writer.append(hand())
    assert [r.seq for r in await ledger.read(LOG)] == [1]


async def test_events_wanted_while_a_commit_runs_share_the_next_one(
    open_ledger: OpenLedger, database: Database
) -> None:
    store = WatchedStore(database)
    ledger = await open_ledger(store=store)
    writers = [await ledger.open(LogId(f"log-{n}")) for n in range(10)]
    await asyncio.gather(*(writer.append(hand(f"p{n}")) for n in range(20) for writer in writers))
    assert store.commits <= 2
    for writer in writers:
        people = [r.event.person for r in await ledger.read(writer.log_id) if isinstance(r.event, HandRaised)]
        assert people == [f"p{n}" for n in range(20)]


async def test_one_call_is_never_interleaved_with_another(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    calls = [[hand(f"{n}-{i}") for i in range(3)] for n in range(30)]
    await asyncio.gather(*(writer.append(*call) for call in calls))
    people = [r.event.person for r in await ledger.read(LOG) if isinstance(r.event, HandRaised)]
    assert people == [f"{n}-{i}" for n in range(30) for i in range(3)]


async def test_everyone_in_the_process_shares_one_writer(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    room, roll = await ledger.open(LOG, LESSON), await ledger.open(LOG)
    await asyncio.gather(room.append(hand()), roll.append(hand()))
    assert room is roll
    assert [r.seq for r in await ledger.read(LOG)] == [1, 2]


@pytest.mark.provokes_faults
async def test_failed_commit_tells_the_caller_and_writes_nothing(open_ledger: OpenLedger, database: Database) -> None:
    store = WatchedStore(database)
    ledger = await open_ledger(store=store)
    writer = await ledger.open(LOG, LESSON)
    await writer.append(hand("before"))
    store.fail = "before"
    with pytest.raises(OSError, match="no space"):
        await writer.append(hand("lost"))
    store.fail = ""
    await writer.append(hand("after"))
    assert [(r.seq, getattr(r.event, "person", None)) for r in await ledger.read(LOG)] == [(1, "before"), (2, "after")]


@pytest.mark.provokes_faults
async def test_commit_whose_outcome_is_unknown_is_looked_up_before_the_next(
    open_ledger: OpenLedger, database: Database
) -> None:
    store = WatchedStore(database)
    ledger = await open_ledger(store=store)
    writer = await ledger.open(LOG, LESSON)
    store.fail = "after"
    with pytest.raises(OSError, match="connection lost"):
        await writer.append(hand("unknown"))
    store.fail = ""
    await writer.append(hand("after"))
    seal = await writer.seal()
    read = await ledger.read(LOG)
    assert [(r.seq, getattr(r.event, "person", None)) for r in read] == [(1, "unknown"), (2, "after")]
    assert (seal.last_seq, seal.head_hash) == (2, read[1].hash)


async def test_caller_that_gives_up_waiting_harms_nobody(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    impatient = asyncio.ensure_future(writer.append(hand("impatient")))
    patient = asyncio.ensure_future(writer.append(hand("patient")))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    seqs = [r.seq for r in await ledger.read(LOG)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_closing_decides_everything_that_was_submitted(open_ledger: OpenLedger) -> None:
    ledger, reader = await open_ledger(), await open_ledger("reader")
    writer = await ledger.open(LOG, LESSON)
    waiting = [asyncio.ensure_future(writer.append(hand(str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    await ledger.aclose()
    done = await asyncio.gather(*waiting)
    assert [r.seq for (r,) in done] == [r.seq for r in await reader.read(LOG)] == list(range(1, 51))
    with pytest.raises(RuntimeError):
        await writer.append(hand())


async def test_wall_clock_that_jumps_leaves_a_clock_step_before_the_next_event(
    open_ledger: OpenLedger, clock: ManualClock
) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    await writer.append(hand())
    await clock.advance(600)
    await writer.append(hand())
    clock.step_wall(-3600)
    (answered,) = await writer.append(hand("after"))
    assert isinstance(answered.event, HandRaised)
    events = [r.event for r in await ledger.read(LOG)]
    assert [type(e) for e in events] == [HandRaised, HandRaised, ClockStep, HandRaised]
    assert events[2] == ClockStep(step_ms=-3_600_000)
    assert answered.seq == 4


async def test_school_chain_holds_no_clock_steps_of_lessons(open_ledger: OpenLedger, clock: ManualClock) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(school_log(2026))
    await writer.append(hand())
    clock.step_wall(3600)
    await writer.append(hand())
    assert len(await ledger.read(school_log(2026))) == 2


async def test_checkpoints_come_by_time_and_by_number(open_ledger: OpenLedger, clock: ManualClock) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    await writer.append(hand())
    await clock.advance(CHECKPOINT_EVERY_S - 1)
    assert await ledger.seals(LOG) == []
    await clock.advance(2)
    await _until(lambda: _count(ledger, 1))
    await clock.advance(CHECKPOINT_EVERY_S * 3)
    assert len(await ledger.seals(LOG)) == 1, "nothing new, nothing signed"
    await writer.append(*(hand() for _ in range(CHECKPOINT_EVERY_EVENTS)))
    await _until(lambda: _count(ledger, 2))
    seals = await ledger.seals(LOG)
    assert [(s.kind, s.last_seq) for s in seals] == [("checkpoint", 1), ("checkpoint", 1 + CHECKPOINT_EVERY_EVENTS)]


async def test_followers_get_what_stands_and_what_comes(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    await writer.append(hand("1"), hand("2"))
    seen: list[int] = []

    async def follow() -> None:
        async for recorded in ledger.follow(LOG, after_seq=1):
            seen.append(recorded.seq)
            if recorded.seq == 4:
                return

    follower = asyncio.ensure_future(follow())
    await asyncio.sleep(0)
    await writer.append(hand("3"))
    await writer.append(hand("4"))
    await asyncio.wait_for(follower, 10)
    assert seen == [2, 3, 4]


async def test_sealed_lesson_takes_no_more_facts_of_the_room(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    await writer.append(NewEvent(LessonStarted(), Origin.HUMAN), NewEvent(LessonEnded(reason="lecturer"), Origin.HUMAN))
    await writer.seal()
    with pytest.raises(Closed):
        await writer.append(hand())
    assert len(await ledger.read(LOG)) == 2


async def test_name_that_is_no_chain_is_refused(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    for name in ("", "x" * 65, "tên", "a\nb"):
        with pytest.raises(LedgerError):
            await ledger.open(LogId(name))


async def test_times_are_the_clocks(open_ledger: OpenLedger, clock: ManualClock) -> None:
    ledger = await open_ledger()
    (recorded,) = await (await ledger.open(LOG, LESSON)).append(hand())
    assert (recorded.at_us, recorded.mono_ns) == (micros(clock.now()), clock.mono_ns())
    assert recorded.boot_id == ledger.boot_id


async def _count(ledger, seals: int) -> bool:  # type: ignore[no-untyped-def]
    return len(await ledger.seals(LOG)) == seals


async def _until(condition) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - the condition lies in the database
            await asyncio.sleep(0.005)


async def test_entries_are_found_by_the_ids_they_mention(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    await writer.append(hand("p1"), hand("p_1"), hand("p11"), message('"p_1" và p_1'), hand("p1"))
    await (await ledger.open(LogId("other"))).append(hand("p1"))
    for words, limit, after, expected, total in (
        (["p1"], 9, 0, [1, 4, 5], 3),
        (["p_1"], 9, 0, [2], 1),
        (["p_1", "p11"], 9, 0, [2, 3], 2),
        (["p1"], 1, 1, [4], 3),
        (["%"], 9, 0, [], 0),
        (["room.hand_raised/1"], 9, 0, [1, 2, 3, 5], 4),
        ([], 2, 2, [3, 4], 5),
    ):
        entries, count = await ledger.mentioning(LOG, words, after, limit)
        assert ([entry.seq for entry in entries], count) == (expected, total), words


async def test_heads_tell_where_every_chain_stands(open_ledger: OpenLedger) -> None:
    ledger = await open_ledger()
    for log_id, number in ((LOG, 2), (LogId("other"), 1)):
        await (await ledger.open(log_id)).append(*[hand()] * number)
    assert [(head.log_id, head.seq) for head in await ledger.heads()] == [(LOG, 2), ("other", 1)]

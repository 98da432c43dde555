"""Fencing, seals and interruptions: what holds when a second owner, a crash or a hand in the database comes in between."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from server.clock import ManualClock, micros
from server.events.base import Event, Origin
from server.events.lesson import LessonEnded, LessonStarted
from server.events.sheet import RollConfirmed, SheetSent
from server.events.stored import Interrupted
from server.ids import LessonId, SheetId
from server.ledger import Closed, Fenced, NewEvent, SchoolKey, lesson_log
from server.ledger.merkle import MerkleTree
from server.ledger.sealing import is_genuine
from server.ledger.writer import BEAT_S
from server.storage.database import Database
from server.storage.ledger_tables import ledger_event, ledger_log, ledger_seal
from tests.server.ledger.conftest import OpenLedger
from tests.server.ledger.test_ledger import LESSON, LOG, hand


def new(event: Event) -> NewEvent:
    return NewEvent(event, Origin.HUMAN)


async def test_owner_that_was_replaced_writes_nothing_more(open_ledger: OpenLedger) -> None:
    old, young = await open_ledger("a"), await open_ledger("b")
    before = await old.open(LOG, LESSON)
    await before.append(hand("old"))
    after = await young.open(LOG, LESSON)
    assert after.epoch == before.epoch + 1
    with pytest.raises(Fenced):
        await before.append(hand("too late"))
    with pytest.raises(Fenced):
        await before.append(hand("still too late"))
    for refused in (before.checkpoint, before.seal, before.beat):
        with pytest.raises(Fenced):
            await refused()
    await after.append(hand("young"))
    people = [getattr(r.event, "person", None) for r in await young.read(LOG)]
    assert people == ["old", "young"]


async def test_owner_that_was_replaced_learns_it_from_its_next_sign_of_life(
    open_ledger: OpenLedger, clock: ManualClock
) -> None:
    old, young = await open_ledger("a"), await open_ledger("b")
    before = await old.open(LOG, LESSON)
    await before.beat()
    await (await young.open(LOG, LESSON)).beat()
    await clock.advance(BEAT_S)
    with pytest.raises(Fenced):
        await before.beat()
    assert await (await open_ledger("a")).interrupted() == []
    assert [each.lesson for each in await (await open_ledger("b")).interrupted()] == [LESSON]


async def test_two_owners_racing_leave_one_unbroken_chain(open_ledger: OpenLedger) -> None:
    old, young = await open_ledger("a"), await open_ledger("b")
    before = await old.open(LOG, LESSON)

    async def write_until_fenced() -> int:
        written = 0
        while True:
            try:
                await before.append(hand(str(written)))
            except Fenced:
                return written
            written += 1

    racing = asyncio.ensure_future(write_until_fenced())
    async for recorded in old.follow(LOG):
        if recorded.seq == 5:
            break
    after = await young.open(LOG, LESSON)
    await after.append(hand("young"))
    written = await racing
    read = await young.read(LOG)
    assert [r.seq for r in read] == list(range(1, written + 2))
    assert [r.prev_hash for r in read[1:]] == [r.hash for r in read[:-1]]
    assert [r.epoch for r in read] == [1] * written + [2]


async def test_lease_with_an_older_epoch_is_refused_and_with_the_same_or_newer_taken(open_ledger: OpenLedger) -> None:
    ledger, other = await open_ledger("a"), await open_ledger("b")
    assert (await ledger.open(LOG, LESSON, epoch=7)).epoch == 7
    for refused in (ledger, other):
        with pytest.raises(Fenced):
            await refused.open(LOG, LESSON, epoch=6)
    held = await ledger.open(LOG, LESSON, epoch=7)
    newer = await ledger.open(LOG, LESSON, epoch=9)
    assert newer.epoch == 9
    with pytest.raises(Fenced):
        await held.append(hand())
    await newer.append(hand())


async def test_database_itself_refuses_hands_that_go_around_the_ledger(
    open_ledger: OpenLedger, database: Database
) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON, epoch=3)
    await writer.append(hand("1"), hand("2"))
    await writer.seal()
    (entry, *_) = [e async for e in ledger.entries(LOG)]
    row = {name: getattr(entry, name) for name in entry.__struct_fields__} | {"origin": "human", "seq": 3}
    head = await ledger.head(LOG)
    assert head is not None
    deeds = [
        insert(ledger_event).values(row | {"epoch": 2, "prev_hash": head.hash}),
        insert(ledger_event).values(row | {"prev_hash": "f" * 64}),
        insert(ledger_event).values(row | {"seq": 9, "prev_hash": head.hash}),
        insert(ledger_event).values(row | {"log_id": "nobody's"}),
        update(ledger_event).values(body="{}"),
        delete(ledger_event),
        update(ledger_seal).values(last_seq=1),
        delete(ledger_seal),
        delete(ledger_log),
        update(ledger_log).values(epoch=2),
        update(ledger_log).values(head_seq=1),
        update(ledger_log).values(sealed_seq=0),
    ]
    if not database.is_sqlite:
        deeds.append(text("TRUNCATE ledger_event"))  # type: ignore[arg-type]
    for deed in deeds:
        with pytest.raises(DBAPIError, match="ledger: "):
            async with database.begin() as connection:
                await connection.execute(deed)
    assert [r.seq for r in await ledger.read(LOG)] == [1, 2]


async def test_seals_are_cumulative_genuine_and_made_once(
    open_ledger: OpenLedger, clock: ManualClock, key: SchoolKey
) -> None:
    ledger = await open_ledger()
    writer = await ledger.open(LOG, LESSON)
    with pytest.raises(Closed):
        await writer.seal()
    await writer.append(new(LessonStarted()), hand(), new(LessonEnded(reason="lecturer")))
    first = await writer.seal()
    assert await writer.seal() == first
    await clock.advance(3600)
    await writer.append(new(RollConfirmed(marks_sha256="0" * 64, overrides=0)))
    await writer.append(new(SheetSent(sheet=SheetId("s"), version=1)))
    second = await writer.seal()
    hashes = [r.hash for r in await ledger.read(LOG)]
    assert [s.last_seq for s in (first, second)] == [3, 5]
    for seal in (first, second):
        assert is_genuine(seal, key.public)
        assert seal.head_hash == hashes[seal.last_seq - 1]
        assert seal.merkle_root == MerkleTree(hashes[: seal.last_seq]).root()
    assert await ledger.seals(LOG) == [first, second]
    with pytest.raises(Closed):
        await writer.append(hand())


async def test_seal_holds_after_a_restart(open_ledger: OpenLedger) -> None:
    before = await open_ledger()
    writer = await before.open(LOG, LESSON)
    await writer.append(hand())
    first = await writer.seal()
    again = await (await open_ledger()).open(LOG, LESSON)
    assert again.sealed_seq == 1
    with pytest.raises(Closed):
        await again.append(hand())
    assert await again.seal() == first
    await again.append(new(RollConfirmed(marks_sha256="0" * 64, overrides=0)))
    assert (await again.seal()).last_seq == 2


async def test_lesson_open_when_the_process_died_is_told_with_its_last_sign_of_life(
    open_ledger: OpenLedger, clock: ManualClock
) -> None:
    first = await open_ledger()
    writer = await first.open(LOG, LESSON)
    await writer.append(hand())
    await writer.beat()
    await clock.advance(BEAT_S / 2)
    await writer.beat()
    await clock.advance(BEAT_S / 2)
    await writer.beat()
    last_us = micros(clock.now())
    await clock.advance(300)
    second = await open_ledger()
    assert await second.interrupted() == [Interrupted(log_id=LOG, lesson=LESSON, last_alive_us=last_us)]
    await (await second.open(LOG, LESSON)).beat()
    assert await second.interrupted() == [Interrupted(log_id=LOG, lesson=LESSON, last_alive_us=last_us)]
    assert await (await open_ledger("another node")).interrupted() == []


async def test_event_after_the_last_beat_is_a_sign_of_life(open_ledger: OpenLedger, clock: ManualClock) -> None:
    first = await open_ledger()
    writer = await first.open(LOG, LESSON)
    await writer.beat()
    await clock.advance(1)
    (recorded,) = await writer.append(hand())
    (found,) = await (await open_ledger()).interrupted()
    assert found.last_alive_us == recorded.at_us


async def test_sealed_or_never_held_lessons_are_not_interrupted(open_ledger: OpenLedger) -> None:
    first = await open_ledger()
    held = await first.open(LOG, LESSON)
    await held.beat()
    await held.append(hand())
    await held.seal()
    await held.beat()
    prepared = LessonId("0193c0de-0000-7000-8000-000000000002")
    await (await first.open(lesson_log(prepared), prepared)).append(hand())
    assert await (await open_ledger()).interrupted() == []

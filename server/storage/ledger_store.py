"""The ledger's chains in SQL. Implements what server/ledger/faces.py asks of a store, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult, Insert, Row, RowMapping, false, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from server.events.base import Origin
from server.events.stored import GENESIS, Append, Entry, Head, Interrupted, Seal, SignOfLife
from server.ids import AccountId, ConnectionId, LessonId, LogId
from server.storage.database import Database
from server.storage.ledger_sqlite import SqliteAppender
from server.storage.ledger_tables import ledger_alive, ledger_event, ledger_log, ledger_seal


class SqlLedgerStore:
    """Every method is one transaction; what it returned is durable (synchronous=FULL, or PostgreSQL's default)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert
        self._sqlite = SqliteAppender(database) if database.is_sqlite else None

    async def aclose(self) -> None:
        """Give back what the store holds beside the database's pool."""
        if self._sqlite is not None:
            await self._sqlite.aclose()

    async def own(self, log_id: LogId, epoch: int | None, now_us: int) -> Head | None:
        """Take the chain (made if new) under `epoch`, or under the next one for None. None: a newer epoch owns it."""
        new = {"log_id": log_id, "epoch": 0, "head_seq": 0, "head_hash": GENESIS, "sealed_seq": 0, "opened_us": now_us}
        async with self._database.begin() as connection:
            await connection.execute(self._insert(ledger_log).values(new).on_conflict_do_nothing())
            row = (
                await connection.execute(select(ledger_log).where(ledger_log.c.log_id == log_id).with_for_update())
            ).one()
            wanted = row.epoch + 1 if epoch is None else epoch
            if wanted < row.epoch:
                return None
            await connection.execute(update(ledger_log).where(ledger_log.c.log_id == log_id).values(epoch=wanted))
        return Head(log_id=log_id, epoch=wanted, seq=row.head_seq, hash=row.head_hash, sealed_seq=row.sealed_seq)

    async def append(self, appends: Sequence[Append], alive: Sequence[SignOfLife]) -> frozenset[LogId]:
        """Write all appends and signs of life at once. Returns the chains whose epoch or head has moved on; those wrote nothing."""
        if self._sqlite is not None:
            return await self._sqlite.append(appends, alive)
        refused: set[LogId] = set()
        rows: list[dict[str, Any]] = []
        async with self._database.begin() as connection:
            for append in appends:
                if await _moved_head(connection, append):
                    rows += map(_event_row, append.entries)
                else:
                    refused.add(append.log_id)
            if rows:
                await connection.execute(ledger_event.insert(), rows)
            for sign in alive:
                if not _changed(await connection.execute(self._sign_of_life(sign))):
                    refused.add(sign.log_id)
        return frozenset(refused)

    def _sign_of_life(self, sign: SignOfLife) -> Insert:
        """Overwrites the last one, if the epoch is still the chain's."""
        values = {"node": sign.node, "boot_id": sign.boot_id, "last_alive_us": sign.alive_us, "open": True}
        held = (ledger_log.c.log_id == sign.log_id) & (ledger_log.c.epoch == sign.epoch)
        owned = select(ledger_log.c.log_id, *map(literal, values.values())).where(held)
        insert = self._insert(ledger_alive).from_select(["log_id", *values], owned)
        return insert.on_conflict_do_update(index_elements=["log_id"], set_=values)

    async def entries(self, log_id: LogId, after_seq: int, until_seq: int | None, limit: int) -> list[Entry]:
        """At most `limit` entries with after_seq < seq ≤ until_seq, in order."""
        query = select(ledger_event).where(ledger_event.c.log_id == log_id, ledger_event.c.seq > after_seq)
        if until_seq is not None:
            query = query.where(ledger_event.c.seq <= until_seq)
        async with self._database.read() as connection:
            result = await connection.execute(query.order_by(ledger_event.c.seq).limit(limit))
            return [_entry(row) for row in result.mappings()]

    async def mentioning(
        self, log_id: LogId, words: Sequence[str], after_seq: int, limit: int
    ) -> tuple[list[Entry], int]:
        """At most `limit` entries after `after_seq` whose body has one of `words` as a whole JSON string, and how many the chain has."""
        in_body = [ledger_event.c.body.contains(f'"{word}"', autoescape=True) for word in words]
        chosen = (ledger_event.c.log_id == log_id) & or_(false(), *in_body)
        page = select(ledger_event).where(chosen, ledger_event.c.seq > after_seq).order_by(ledger_event.c.seq)
        async with self._database.read() as connection:
            entries = [_entry(row) for row in (await connection.execute(page.limit(limit))).mappings()]
            total = (
                await connection.execute(select(func.count()).select_from(ledger_event).where(chosen))
            ).scalar_one()
        return entries, total

    async def heads(self) -> list[Head]:
        """Where every chain stands, in the order of their ids."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(ledger_log).order_by(ledger_log.c.log_id))).all()
        return [_head(row) for row in rows]

    async def hashes(self, log_id: LogId) -> list[str]:
        """The hashes of all entries, in order."""
        query = select(ledger_event.c.hash).where(ledger_event.c.log_id == log_id).order_by(ledger_event.c.seq)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def head(self, log_id: LogId) -> Head | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(ledger_log).where(ledger_log.c.log_id == log_id))).one_or_none()
        return None if row is None else _head(row)

    async def add_seal(self, seal: Seal, epoch: int) -> bool:
        """Keep a seal. Kind `seal` also moves sealed_seq and ends the lesson's liveness. False: the epoch has moved on."""
        is_seal = seal.kind == "seal"
        moved = {"sealed_seq": seal.last_seq} if is_seal else {"epoch": epoch}
        async with self._database.begin() as connection:
            held = update(ledger_log).where(ledger_log.c.log_id == seal.log_id, ledger_log.c.epoch == epoch)
            if not _changed(await connection.execute(held.values(moved))):
                return False
            values = {name: getattr(seal, name) for name in seal.__struct_fields__}
            await connection.execute(self._insert(ledger_seal).values(values).on_conflict_do_nothing())
            if is_seal:
                ended = update(ledger_alive).where(ledger_alive.c.log_id == seal.log_id).values(open=False)
                await connection.execute(ended)
        return True

    async def seals(self, log_id: LogId) -> list[Seal]:
        """Checkpoints and seals in the order of what they cover."""
        query = select(ledger_seal).where(ledger_seal.c.log_id == log_id)
        async with self._database.read() as connection:
            result = await connection.execute(query.order_by(ledger_seal.c.last_seq, ledger_seal.c.kind))
            return [Seal(**row) for row in result.mappings()]

    async def interrupted(self, node: str, boot_id: str) -> list[Interrupted]:
        """Chains that an earlier boot of this node left open, with its last sign of life (a beat or the last event)."""
        last_event = (
            select(func.max(ledger_event.c.at_us))
            .where(ledger_event.c.log_id == ledger_alive.c.log_id, ledger_event.c.boot_id == ledger_alive.c.boot_id)
            .scalar_subquery()
        )
        query = select(ledger_alive.c.log_id, ledger_alive.c.last_alive_us, last_event.label("last_event_us")).where(
            ledger_alive.c.node == node, ledger_alive.c.open.is_(True), ledger_alive.c.boot_id != boot_id
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(ledger_alive.c.log_id))).all()
        return [
            Interrupted(
                log_id=LogId(row.log_id),
                lesson=LessonId(row.log_id),
                last_alive_us=max(row.last_alive_us, row.last_event_us or 0),
            )
            for row in rows
        ]


async def _moved_head(connection: AsyncConnection, append: Append) -> bool:
    """Move the head from where the writer believes it is; only the present epoch's owner can."""
    last = append.entries[-1]
    result = await connection.execute(
        update(ledger_log)
        .where(
            ledger_log.c.log_id == append.log_id,
            ledger_log.c.epoch == append.epoch,
            ledger_log.c.head_seq == append.after_seq,
        )
        .values(head_seq=last.seq, head_hash=last.hash)
    )
    return _changed(result)


def _head(row: Row[Any]) -> Head:
    return Head(
        log_id=LogId(row.log_id), epoch=row.epoch, seq=row.head_seq, hash=row.head_hash, sealed_seq=row.sealed_seq
    )


def _changed(result: CursorResult[Any]) -> bool:
    return result.rowcount == 1


def _event_row(entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in entry.__struct_fields__}
    row["origin"] = entry.origin.value
    return row


def _entry(row: RowMapping) -> Entry:
    return Entry(
        log_id=LogId(row["log_id"]),
        seq=row["seq"],
        at_us=row["at_us"],
        mono_ns=row["mono_ns"],
        boot_id=row["boot_id"],
        epoch=row["epoch"],
        origin=Origin(row["origin"]),
        actor=AccountId(row["actor"]) if row["actor"] is not None else None,
        connection=ConnectionId(row["connection"]) if row["connection"] is not None else None,
        body=row["body"],
        prev_hash=row["prev_hash"],
        hash=row["hash"],
    )

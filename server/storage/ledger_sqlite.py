"""The ledger's appends on SQLite, on a connection and a thread of their own: one hand-over per commit instead of one per statement.

The statements are those of ledger_store.py; the same tests run on both databases.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.events.stored import Append, Entry, SignOfLife
from server.ids import LogId
from server.storage.database import SQLITE_PRAGMAS, Database

_MOVE_HEAD = "UPDATE ledger_log SET head_seq = ?, head_hash = ? WHERE log_id = ? AND epoch = ? AND head_seq = ?"
_COLUMNS = Entry.__struct_fields__
_ADD_EVENTS = f"INSERT INTO ledger_event ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_ALIVE = """
    INSERT INTO ledger_alive (log_id, node, boot_id, last_alive_us, open)
    SELECT log_id, ?, ?, ?, 1 FROM ledger_log WHERE log_id = ? AND epoch = ?
    ON CONFLICT (log_id) DO UPDATE SET
        node = excluded.node, boot_id = excluded.boot_id, last_alive_us = excluded.last_alive_us, open = 1
"""


class SqliteAppender:
    """Opened by its first append."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def append(self, appends: Sequence[Append], alive: Sequence[SignOfLife]) -> frozenset[LogId]:
        """As `SqlLedgerStore.append`. Once begun it is carried out, whether or not the caller goes on waiting."""
        async with self._database.exclusive():
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
            written = asyncio.get_running_loop().run_in_executor(self._thread, self._write, appends, alive)
            return await asyncio.shield(written)

    async def aclose(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown()

    def _write(self, appends: Sequence[Append], alive: Sequence[SignOfLife]) -> frozenset[LogId]:
        connection = self._connection = self._connection or self._connect()
        connection.execute("BEGIN IMMEDIATE")
        try:
            refused = frozenset(append.log_id for append in appends if not _appended(connection, append))
            refused |= {sign.log_id for sign in alive if not _beaten(connection, sign)}
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return refused

    def _connect(self) -> sqlite3.Connection:
        path = self._database.engine.url.database
        if not path:
            raise ValueError("the ledger needs a database that is a file")
        connection = sqlite3.connect(path, isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _appended(connection: sqlite3.Connection, append: Append) -> bool:
    last = append.entries[-1]
    place = (last.seq, last.hash, append.log_id, append.epoch, append.after_seq)
    if connection.execute(_MOVE_HEAD, place).rowcount != 1:
        return False
    connection.executemany(_ADD_EVENTS, map(_values, append.entries))
    return True


def _beaten(connection: sqlite3.Connection, sign: SignOfLife) -> bool:
    values = (sign.node, sign.boot_id, sign.alive_us, sign.log_id, sign.epoch)
    return connection.execute(_ALIVE, values).rowcount == 1


def _values(entry: Entry) -> tuple[Any, ...]:
    return tuple(entry.origin.value if name == "origin" else getattr(entry, name) for name in _COLUMNS)

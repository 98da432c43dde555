"""The database: one class over SQLite (a file, one writer at a time) and PostgreSQL (asyncpg).

`begin()` gives a connection inside a writing transaction, committed durably at the end of the block; `read()` one for reading only.
SQLite runs with WAL and synchronous=FULL: a commit that returned survives a power cut.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, nullcontext
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.storage import migrate

#: How long SQLite waits for another process (backup, doctor) that holds the file.
BUSY_TIMEOUT_MS = 10_000
#: What every connection to SQLite begins with.
SQLITE_PRAGMAS = (
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
)
_WRITES = "gd_writes"


class Database:
    """One pool of connections. `open` brings the schema up to date, `aclose` ends every connection."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._writer: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None

    async def open(self) -> None:
        """Create or upgrade the schema."""
        if self.is_sqlite and self._url.database:
            await asyncio.to_thread(_write_ahead, self._url.database)
        async with self.begin() as connection:
            await connection.run_sync(migrate.upgrade)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A writing transaction: commits at the end of the block, rolls back on an exception."""
        async with self._writer or nullcontext():
            connection = await self.engine.connect()
            try:
                connection = await connection.execution_options(**{_WRITES: True})
                async with connection.begin():
                    yield connection
            finally:
                await connection.close()

    async def one_at_a_time(self, connection: AsyncConnection, name: str) -> None:
        """Until this transaction ends, whoever asks for the same name on any node waits. SQLite's writers wait anyway."""
        if not self.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def exclusive(self) -> AbstractAsyncContextManager[Any]:
        """The place among this process's writers (SQLite has one at a time): for a writer with a connection of its own."""
        return self._writer or nullcontext()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent picture for reading."""
        async with self.engine.connect() as connection:
            yield connection

    async def aclose(self) -> None:
        await self.engine.dispose()


def _write_ahead(path: str) -> None:
    """Put the file into WAL, which it keeps.

    Two processes that both ask at the first start are refused at once, whatever their busy_timeout: each holds the lock that
    the other needs. So whoever is refused asks again.
    """
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=8, max_overflow=8)

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(dbapi_connection: Any, _record: Any) -> None:
        # Transactions are begun below; the driver's own idea of when to begin one would make reads take the write lock late.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(url: str) -> AsyncEngine:
    return create_async_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)

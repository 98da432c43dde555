"""Ledgers on the real databases of tests/kit/databases.py: each test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from server.clock import ManualClock
from server.ledger import Ledger, SchoolKey
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore

OpenLedger = Callable[..., Awaitable[Ledger]]


@pytest.fixture(scope="session")
def key() -> SchoolKey:
    return SchoolKey.generate()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 9, 7, 0, 30, tzinfo=UTC))


@pytest.fixture
async def open_ledger(database: Database, clock: ManualClock, key: SchoolKey) -> AsyncIterator[OpenLedger]:
    """Makes started ledgers on one database: several stand for several processes. All are closed at the end."""
    async with AsyncExitStack() as stack:

        async def make(node: str = "main", store: SqlLedgerStore | None = None) -> Ledger:
            ledger = Ledger(store or SqlLedgerStore(database), clock, key, node=node)
            await ledger.start()
            stack.push_async_callback(ledger.aclose)
            return ledger

        yield make

"""`database_url`: one test, both databases. `database`: the same, opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.settings import Settings
from server.storage.database import Database
from tests.kit.postgres import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database, as SQLAlchemy wants it."""
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path).database
    server: PostgresServer = request.getfixturevalue("postgres")
    return replace(Settings(), database_url=server.new_database()).database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database with the newest schema."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.aclose()

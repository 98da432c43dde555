"""One contract for both databases: what a commit means, who waits for whom, and that the schema is what the tables say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from server.storage import migrate
from server.storage.database import Database
from server.storage.school_tables import school, unit
from server.storage.tables import metadata


def _school(name: str) -> dict[str, object]:
    return {
        "id": name,
        "name": "Trường Chính trị tỉnh Lam Giang",
        "parent_org": "Tỉnh ủy Lam Giang",
        "doc_style": "dang",
        "code": "TCT",
        "place_name": "Lam Giang",
        "created_us": 1_790_000_000_000_000,
        "demo": False,
    }


async def _names(database: Database) -> list[str]:
    async with database.read() as connection:
        return [row[0] for row in await connection.execute(select(school.c.id).order_by(school.c.id))]


async def test_migrated_schema_is_exactly_what_the_tables_say(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.begin() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_twice_changes_nothing(database: Database, database_url: str) -> None:
    async with database.begin() as connection:
        await connection.execute(insert(school).values(_school("a")))
    second = Database(database_url)
    await second.open()
    assert await _names(second) == ["a"]
    await second.aclose()


async def test_nodes_that_start_at_once_migrate_once(database_url: str) -> None:
    nodes = [Database(database_url) for _ in range(3)]
    await asyncio.gather(*(node.open() for node in nodes))
    assert [await _names(node) for node in nodes] == [[], [], []]
    for node in nodes:
        await node.aclose()


async def test_failed_block_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with database.begin() as connection:
            await connection.execute(insert(school).values(_school("a")))
            raise RuntimeError("changed my mind")
    assert await _names(database) == []


async def test_reader_sees_nothing_that_is_not_committed(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(insert(school).values(_school("a")))
        assert await _names(database) == []
    assert await _names(database) == ["a"]


async def test_many_writers_at_once_all_succeed(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.begin() as connection:
            count = len((await connection.execute(select(school.c.id))).all())
            await connection.execute(insert(school).values(_school(f"{number:02d}-{count}")))

    await asyncio.gather(*(write(number) for number in range(40)))
    assert len(await _names(database)) == 40


async def test_unknown_parent_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin() as connection:
            await connection.execute(insert(unit).values(id="u", school_id="nobody", name="Khoa", kind="khoa"))


async def test_word_outside_the_vocabulary_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin() as connection:
            await connection.execute(insert(school).values(_school("a") | {"doc_style": "modern"}))


@pytest.mark.parametrize(
    "name",
    [
        "Công Tằng Tôn Nữ Hoàng Uyên",
        "Robert'); DROP TABLE school;--",
        '" OR 1=1 --',
        "<script>alert(1)</script>",
        "%_\\",
        "Ksor H'Lan",
    ],
)
async def test_texts_come_back_as_they_were_written(database: Database, name: str) -> None:
    async with database.begin() as connection:
        await connection.execute(insert(school).values(_school("a") | {"name": name}))
    async with database.read() as connection:
        found = (await connection.execute(select(school.c.name).where(school.c.name == name))).scalars().all()
    assert found == [name]


async def test_sqlite_commits_reach_the_disk_before_they_return(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}")
    await database.open()
    async with database.begin() as connection:
        pragmas = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await database.aclose()
    assert pragmas == ["wal", 2, 1]


def test_heads_are_those_that_alembic_sees() -> None:
    assert migrate.heads() == set(ScriptDirectory.from_config(migrate.configuration()).get_heads())


async def test_upgraded_database_stands_at_the_heads(database: Database) -> None:
    async with database.begin() as connection:
        assert await connection.run_sync(migrate.stands_at) == migrate.heads()

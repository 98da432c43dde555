"""Inserts many rows of several tables at once, parents before children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.storage.tables import metadata

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


async def insert_rows(connection: AsyncConnection, rows: Rows) -> None:
    """`rows` by table name. Rows of one table have the same columns. Raises KeyError for an unknown table."""
    if unknown := set(rows) - set(metadata.tables):
        raise KeyError(f"no such tables: {sorted(unknown)}")
    for table in metadata.sorted_tables:
        if found := rows.get(table.name):
            await connection.execute(insert(table), [dict(row) for row in found])

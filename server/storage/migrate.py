"""Brings a database to the newest schema. Runs at every start; several nodes may start at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
#: Any number, the same on all nodes: who holds it migrates, the others wait.
_ADVISORY_LOCK = 4_701_202_600


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file: the scripts lie beside this module."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Upgrade to all heads inside the caller's transaction. Alembic is loaded only when there is something to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    if stands_at(connection) != heads():
        from alembic import command

        command.upgrade(configuration(connection), "heads")


def heads() -> set[str]:
    """Revisions that no other builds on, read from the scripts."""
    texts = [path.read_text(encoding="utf-8") for path in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    revisions = {name for text in texts for name in re.findall(r'^revision\b[^=]*= *"(\w+)"', text, re.M)}
    built_on = {name for text in texts for name in re.findall(r'^down_revision\b[^=]*= *"(\w+)"', text, re.M)}
    return revisions - built_on


def stands_at(connection: Connection) -> set[str]:
    """Revisions that the database has; none for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())

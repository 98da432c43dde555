"""More students in the demonstration school's lesson of now than it has: copies of the first, under logins and ids of their own.

Written into the running school's SQLite file from outside; the school reads people when they come.
"""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path
from typing import Any

from server.services.demo_rows import demo_id, enrolment_id, person_id

DATABASE = "giangduong.sqlite3"
_MODEL = "student1"


def enrol(data: Path, count: int) -> list[str]:
    """Logins of so many further students; their password is the demonstration's."""
    database = sqlite3.connect(data / DATABASE, timeout=30)
    database.row_factory = sqlite3.Row
    with database:
        logins = [_enrol(database, n) for n in range(count)]
    database.close()
    return logins


def _enrol(database: sqlite3.Connection, n: int) -> str:
    login, person, account = f"crowd-{n:03d}", str(uuid.uuid4()), str(uuid.uuid4())
    model, model_account = person_id(_MODEL), demo_id("account", _MODEL)
    _copy(database, "person", "id", model, id=person, code=login)
    _copy(database, "account", "id", model_account, id=account, person_id=person, login=login)
    _copy(database, "role_grant", "account_id", model_account, id=str(uuid.uuid4()), account_id=account)
    enrolment = str(uuid.uuid4())
    _copy(database, "enrolment", "id", enrolment_id(_MODEL), id=enrolment, person_id=person, student_no=login)
    return login


def _copy(database: sqlite3.Connection, table: str, key: str, value: str, **changed: Any) -> None:
    (row,) = database.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,)).fetchall()
    fields = {**dict(row), **changed}
    marks = ", ".join("?" * len(fields))
    database.execute(f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({marks})", tuple(fields.values()))

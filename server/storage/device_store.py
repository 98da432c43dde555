"""SQL of device keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.ids import AccountId, DeviceId, LessonId, PersonId
from server.storage.device_tables import device_key


@dataclass(frozen=True)
class DeviceKeyRow:
    """purpose ∈ camera, screen. `sound`: the device's microphone is heard."""

    id: DeviceId
    sha256: str
    lesson: LessonId
    account: AccountId
    person: PersonId
    purpose: str
    sound: bool
    created_us: int
    expires_us: int
    revoked_us: int | None


_ALL: tuple[Column[Any], ...] = (
    device_key.c.id,
    device_key.c.sha256,
    device_key.c.lesson_id,
    device_key.c.account_id,
    device_key.c.person_id,
    device_key.c.purpose,
    device_key.c.sound,
    device_key.c.created_us,
    device_key.c.expires_us,
    device_key.c.revoked_us,
)


async def add(connection: AsyncConnection, row: DeviceKeyRow) -> None:
    await connection.execute(
        insert(device_key).values(
            id=row.id,
            sha256=row.sha256,
            lesson_id=row.lesson,
            account_id=row.account,
            person_id=row.person,
            purpose=row.purpose,
            sound=row.sound,
            created_us=row.created_us,
            expires_us=row.expires_us,
            revoked_us=row.revoked_us,
        )
    )


async def by_digest(connection: AsyncConnection, sha256: str) -> DeviceKeyRow | None:
    found = (await connection.execute(select(*_ALL).where(device_key.c.sha256 == sha256))).first()
    return DeviceKeyRow(*found) if found else None


async def of_lesson(connection: AsyncConnection, lesson: LessonId) -> list[DeviceKeyRow]:
    """Keys that were not taken back, oldest first."""
    valid = (device_key.c.lesson_id == lesson) & device_key.c.revoked_us.is_(None)
    rows = await connection.execute(select(*_ALL).where(valid).order_by(device_key.c.id))
    return [DeviceKeyRow(*row) for row in rows]


async def count(connection: AsyncConnection, lesson: LessonId) -> int:
    """Keys of a lesson that were not taken back."""
    valid = (device_key.c.lesson_id == lesson) & device_key.c.revoked_us.is_(None)
    return int((await connection.execute(select(func.count()).select_from(device_key).where(valid))).scalar_one())


async def revoke(connection: AsyncConnection, key: DeviceId, at_us: int) -> None:
    """Take a key back; once is enough."""
    await connection.execute(
        update(device_key).where((device_key.c.id == key) & device_key.c.revoked_us.is_(None)).values(revoked_us=at_us)
    )

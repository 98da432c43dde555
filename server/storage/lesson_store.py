"""SQL that changes a lesson's state, and keeps consents and the school's own lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.ids import CohortId, LessonId, PersonId, SchoolId
from server.storage.school_tables import consent, lesson, notice, school


@dataclass(frozen=True)
class SchoolRow:
    id: SchoolId
    name: str
    parent_org: str
    code: str
    place_name: str
    demo: bool


@dataclass(frozen=True)
class NoticeRow:
    """What people agree to before they join; `purposes` are the words of the consent row."""

    version: int
    text_vi: str
    text_en: str
    purposes: tuple[str, ...]


async def school_row(connection: AsyncConnection, school_id: SchoolId) -> SchoolRow:
    columns = (school.c.id, school.c.name, school.c.parent_org, school.c.code, school.c.place_name, school.c.demo)
    return SchoolRow(*(await connection.execute(select(*columns).where(school.c.id == school_id))).one())


async def has_school(connection: AsyncConnection) -> bool:
    return (await connection.execute(select(school.c.id).limit(1))).first() is not None


async def only_school(connection: AsyncConnection) -> SchoolId | None:
    """The one school of this database."""
    row = (await connection.execute(select(school.c.id).limit(1))).first()
    return SchoolId(row[0]) if row else None


async def has_demonstration(connection: AsyncConnection) -> bool:
    return (await connection.execute(select(school.c.id).where(school.c.demo.is_(True)).limit(1))).first() is not None


async def state_of(connection: AsyncConnection, lesson_id: LessonId) -> str | None:
    row = (await connection.execute(select(lesson.c.state).where(lesson.c.id == lesson_id))).first()
    return row[0] if row else None


async def set_state(
    connection: AsyncConnection, lesson_id: LessonId, expected: str, state: str, **columns: int | str
) -> bool:
    """Move a lesson; False when it was no longer in `expected`."""
    result = await connection.execute(
        update(lesson).where((lesson.c.id == lesson_id) & (lesson.c.state == expected)).values(state=state, **columns)
    )
    return result.rowcount == 1


async def newest_notice(connection: AsyncConnection, school_id: SchoolId) -> NoticeRow | None:
    query = select(notice).where(notice.c.school_id == school_id).order_by(notice.c.version.desc()).limit(1)
    row = (await connection.execute(query)).first()
    return NoticeRow(row.version, row.text_vi, row.text_en, tuple(row.purposes)) if row else None


async def consent_given_us(
    connection: AsyncConnection, person_id: PersonId, cohort_id: CohortId, version: int
) -> int | None:
    """When this person agreed to this version for this cohort, unless withdrawn."""
    holds = (
        (consent.c.person_id == person_id)
        & (consent.c.cohort_id == cohort_id)
        & (consent.c.notice_version == version)
        & consent.c.withdrawn_us.is_(None)
    )
    query = select(consent.c.given_us).where(holds).order_by(consent.c.given_us).limit(1)
    row = (await connection.execute(query)).first()
    return row[0] if row else None


async def add_consent(
    connection: AsyncConnection,
    consent_id: str,
    person_id: PersonId,
    cohort_id: CohortId,
    lesson_id: LessonId,
    version: int,
    purposes: Sequence[str],
    given_us: int,
) -> None:
    await connection.execute(
        insert(consent).values(
            id=consent_id,
            person_id=person_id,
            cohort_id=cohort_id,
            lesson_id=lesson_id,
            notice_version=version,
            purposes=list(purposes),
            given_us=given_us,
        )
    )

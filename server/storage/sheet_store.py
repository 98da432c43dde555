"""SQL of the tracking sheets: number, state, confirmed versions; and the decisions behind a lesson that only the sheet prints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.ids import AccountId, CohortId, LessonId, SchoolId, SheetId, TopicId
from server.sheet.numbers import sheet_number
from server.sheet.source import Ground
from server.storage.database import Database
from server.storage.school_tables import cohort, lesson, lesson_period, online_plan, online_plan_row
from server.storage.sheet_tables import sheet, sheet_version


@dataclass(frozen=True)
class SheetRow:
    """One sheet as lists show it. The log is the authority on its state; this is a copy."""

    id: SheetId
    lesson: LessonId
    number: str
    state: str
    version: int
    confirmed_us: int | None
    sent_us: int | None


@dataclass(frozen=True)
class VersionRow:
    """A confirmed version: the canonical content, the print marks, and what they are bound to."""

    sheet: SheetId
    version: int
    content: str
    print: str
    content_sha256: str
    pdf_sha256: str
    code: str
    confirmed_us: int
    confirmed_by: AccountId
    signature_level: str
    events: int
    head_hash: str


class SheetStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_lesson(self, lesson_id: LessonId) -> SheetRow | None:
        async with self._database.read() as connection:
            return await _row(connection, lesson_id)

    async def ensure(
        self, new_id: str, lesson_id: LessonId, school: SchoolId, cohort_code: str, year: int, now_us: int
    ) -> SheetRow:
        """The lesson's sheet, made with the next number of its class and year if there is none yet."""
        async with self._database.begin() as connection:
            # Numbers have no gaps, so whoever takes one goes through this door alone.
            await self._database.one_at_a_time(connection, f"sheet:{school}:{cohort_code}:{year}")
            if (found := await _row(connection, lesson_id)) is None:
                await _add(connection, new_id, lesson_id, school, cohort_code, year, now_us)
                found = await _row(connection, lesson_id)
        if found is None:
            raise LookupError(f"the sheet of lesson {lesson_id} was not kept")
        return found

    async def states(self, lessons: Sequence[LessonId]) -> dict[LessonId, str]:
        """The sheet states of these lessons; lessons without a sheet are not among the keys."""
        async with self._database.read() as connection:
            query = select(sheet.c.lesson_id, sheet.c.state).where(sheet.c.lesson_id.in_(list(lessons)))
            return {LessonId(row[0]): row[1] for row in await connection.execute(query)}

    async def put_version(self, version: VersionRow) -> None:
        """Keep a version that is about to be confirmed. One that an interrupted attempt left behind is replaced.

        Once `SheetConfirmed` is in the log the service asks this no more: a confirmed version is never changed.
        """
        values = {column.name: getattr(version, column.name) for column in sheet_version.c if column.name != "sheet_id"}
        chosen = (sheet_version.c.sheet_id == version.sheet) & (sheet_version.c.version == version.version)
        async with self._database.begin() as connection:
            await connection.execute(delete(sheet_version).where(chosen))
            await connection.execute(insert(sheet_version).values(sheet_id=version.sheet, **values))

    async def set_state(self, sheet_id: SheetId, state: str, version: int, **stamps: int | None) -> None:
        async with self._database.begin() as connection:
            values = {"state": state, "version": version, **stamps}
            await connection.execute(update(sheet).where(sheet.c.id == sheet_id).values(**values))

    async def version(self, sheet_id: SheetId, version: int) -> VersionRow | None:
        async with self._database.read() as connection:
            chosen = (sheet_version.c.sheet_id == sheet_id) & (sheet_version.c.version == version)
            row = (await connection.execute(select(sheet_version).where(chosen))).first()
        return _version(row._mapping) if row else None

    async def by_code(self, code: str) -> tuple[SheetRow, VersionRow] | None:
        """What a verification code on paper leads to. A version that was prepared but never confirmed is not found."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(sheet_version).where(sheet_version.c.code == code))).first()
            if row is None:
                return None
            confirmed = (sheet.c.id == row.sheet_id) & (sheet.c.state != "draft")
            found = (await connection.execute(select(sheet).where(confirmed))).first()
        return (_sheet_row(found._mapping), _version(row._mapping)) if found else None

    async def ground(self, lesson_id: LessonId, cohort_id: CohortId, topic_id: TopicId, start_us: int) -> Ground:
        """Mode of the class, the decisions that put this topic online, and the periods of the topic before this lesson."""
        async with self._database.read() as connection:
            of_cohort = select(cohort.c.mode, cohort.c.code).where(cohort.c.id == cohort_id)
            mode, code = (await connection.execute(of_cohort)).one()
            planned = (
                select(online_plan.c.decision, online_plan.c.consents)
                .join(online_plan_row, online_plan_row.c.plan_id == online_plan.c.id)
                .where(
                    (online_plan.c.cohort_id == cohort_id)
                    & (online_plan.c.state == "approved")
                    & (online_plan_row.c.topic_id == topic_id)
                )
                .limit(1)
            )
            row = (await connection.execute(planned)).first()
            earlier = (
                select(func.count())
                .select_from(lesson_period.join(lesson, lesson.c.id == lesson_period.c.lesson_id))
                .where(
                    (lesson.c.cohort_id == cohort_id)
                    & (lesson.c.topic_id == topic_id)
                    & (lesson.c.id != lesson_id)
                    & (lesson.c.start_us < start_us)
                    & lesson.c.state.not_in(("cancelled", "rescheduled"))
                )
            )
            before = (await connection.execute(earlier)).scalar_one()
        return Ground(
            course=_course(code),
            mode=mode,
            decision=_reference(row[0], "Quyết định") if row else "",
            consents="; ".join(_reference(one, "văn bản đồng ý") for one in row[1]) if row else "",
            periods_before=before,
        )


def _course(cohort_code: str) -> str:
    """The intake (khóa) that a class code names by custom: K45.B2 is of the 45th; empty for codes of another make."""
    found = re.match(r"K(\d{1,3})(?!\d)", cohort_code)
    return found[1] if found else ""


def _reference(ref: Mapping[str, Any], kind: str) -> str:
    """`Quyết định số 214-QĐ/TCT ngày 28/9/2026`: number, date and issuer as the school entered them."""
    number = str(ref.get("so_ky_hieu", "")).strip()
    if not number:
        return ""
    date = str(ref.get("ngay", "")).strip()
    issuer = str(ref.get("co_quan", "")).strip()
    words = [kind, f"số {number.removeprefix('Số ').removeprefix('số ')}"]
    words += [f"ngày {date}"] if date else []
    words += [f"của {issuer}"] if issuer else []
    return " ".join(words)


async def _add(
    connection: AsyncConnection, new_id: str, lesson_id: LessonId, school: SchoolId, code: str, year: int, now_us: int
) -> None:
    of_class = (sheet.c.school_id == school) & (sheet.c.cohort_code == code) & (sheet.c.year == year)
    last = (await connection.execute(select(func.max(sheet.c.serial)).where(of_class))).scalar_one_or_none() or 0
    await connection.execute(
        insert(sheet).values(
            id=new_id,
            lesson_id=lesson_id,
            school_id=school,
            cohort_code=code,
            year=year,
            serial=last + 1,
            number=sheet_number(code, year, last + 1),
            state="draft",
            version=1,
            created_us=now_us,
        )
    )


async def _row(connection: AsyncConnection, lesson_id: LessonId) -> SheetRow | None:
    row = (await connection.execute(select(sheet).where(sheet.c.lesson_id == lesson_id))).first()
    return _sheet_row(row._mapping) if row else None


def _sheet_row(row: RowMapping) -> SheetRow:
    return SheetRow(
        id=SheetId(row["id"]),
        lesson=LessonId(row["lesson_id"]),
        number=row["number"],
        state=row["state"],
        version=row["version"],
        confirmed_us=row["confirmed_us"],
        sent_us=row["sent_us"],
    )


def _version(row: RowMapping) -> VersionRow:
    return VersionRow(
        sheet=SheetId(row["sheet_id"]),
        **{name: row[name] for name in VersionRow.__dataclass_fields__ if name != "sheet"},
    )

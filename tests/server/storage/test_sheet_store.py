"""Sheet numbers, states and versions, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import insert

from server.ids import AccountId, LessonId, SchoolId, SheetId
from server.storage.database import Database
from server.storage.sheet_store import SheetStore, VersionRow
from server.storage.tables import metadata

SCHOOL = SchoolId("school")


@pytest.fixture
async def store(database: Database) -> SheetStore:
    """Ten lessons of one class."""
    table = metadata.tables
    rows: list[tuple[str, list[dict[str, object]]]] = [
        ("school", [_school()]),
        ("person", [_person()]),
        ("programme", [_with("programme", school_id=SCHOOL, name="TC", kind="dao_tao", duration_weeks=0, total_periods=9)]),
        ("course_unit", [_with("unit", programme_id="programme", no=1, name="HP", periods=9, exam_form="tu_luan")]),
        ("topic", [_with("topic", course_unit_id="unit", no=1, name="CĐ", periods=9)]),
        ("cohort", [_with("cohort", programme_id="programme", code="K45.B2", name="Lớp", mode="tap_trung", opened_reference="")]),
        ("lesson", [_lesson(n) for n in range(10)]),
        ("lesson_period", [{"lesson_id": f"lesson-{n}", "no": 1, "start_us": n * 10, "end_us": n * 10 + 5} for n in range(10)]),
    ]  # fmt: skip
    async with database.begin() as connection:
        for name, values in rows:
            await connection.execute(insert(table[name]), values)
    return SheetStore(database)


def _with(id_: str, **values: object) -> dict[str, object]:
    return {"id": id_, **values}


def _school() -> dict[str, object]:
    texts = {"name": "Trường", "parent_org": "Tỉnh ủy", "doc_style": "dang", "code": "T", "place_name": "L"}
    return {"id": SCHOOL, **texts, "created_us": 1, "demo": False}


def _person() -> dict[str, object]:
    names = {"ho_dem": "Trần", "ten": "An", "full_name": "Trần An", "search_name": "tran an"}
    return {"id": "person", "school_id": SCHOOL, **names, "title": "", "code": ""}


def _lesson(n: int) -> dict[str, object]:
    plan = {"school_id": SCHOOL, "cohort_id": "cohort", "topic_id": "topic", "lecturer_id": "person", "kind": "len_lop"}
    times = {"day": "2026-10-06", "start_us": n * 10, "end_us": n * 10 + 5, "state": "ended"}
    return {"id": f"lesson-{n}", **plan, **times, "room_code": f"R{n}"}


async def _ensure(store: SheetStore, n: int, year: int = 2026) -> str:
    row = await store.ensure(f"sheet-{n}", LessonId(f"lesson-{n}"), SCHOOL, "K45.B2", year, 5)
    return row.number


def _version(**changes: object) -> VersionRow:
    version = VersionRow(
        sheet=SheetId("sheet-0"),
        version=1,
        content='{"a":"Đ"}',
        print="{}",
        content_sha256="a" * 64,
        pdf_sha256="b" * 64,
        code="AAAA-AAAA-AAAA-AAAA-AAAA-AAAA",
        confirmed_us=1_790_000_000_000_000,
        confirmed_by=AccountId("account"),
        signature_level="L0",
        events=12,
        head_hash="c" * 64,
    )
    return replace(version, **changes)  # type: ignore[arg-type]


async def test_numbers_run_without_gap_per_class_and_year_whoever_asks_first(store: SheetStore) -> None:
    numbers = await asyncio.gather(*(_ensure(store, n) for n in range(8)))
    assert sorted(numbers) == [f"PTD-K45.B2-2026-{n:04d}" for n in range(1, 9)]
    assert await _ensure(store, 8, 2027) == "PTD-K45.B2-2027-0001"


async def test_lesson_keeps_its_number_however_often_it_is_asked_for(store: SheetStore) -> None:
    assert len(set(await asyncio.gather(*(_ensure(store, 0) for _ in range(5))))) == 1


async def test_states_are_listed_for_lessons_that_have_a_sheet(store: SheetStore) -> None:
    await _ensure(store, 0)
    await store.set_state(SheetId("sheet-0"), "sent", 1, sent_us=9)
    assert await store.states([LessonId("lesson-0"), LessonId("lesson-1")]) == {"lesson-0": "sent"}
    assert await store.states([]) == {}


async def test_prepared_version_is_found_by_its_code_once_confirmed(store: SheetStore) -> None:
    await _ensure(store, 0)
    await store.put_version(_version(content_sha256="d" * 64))
    await store.put_version(_version())
    assert await store.by_code(_version().code) is None
    await store.set_state(SheetId("sheet-0"), "lecturer_confirmed", 1, confirmed_us=7)
    found = await store.by_code(_version().code)
    assert found is not None and found[0].number == "PTD-K45.B2-2026-0001" and found[1] == _version()
    assert await store.version(SheetId("sheet-0"), 1) == _version()


async def test_ground_counts_the_periods_of_the_topic_before_this_lesson(store: SheetStore) -> None:
    ground = await store.ground(LessonId("lesson-3"), "cohort", "topic", 30)  # type: ignore[arg-type]
    assert (ground.course, ground.mode, ground.periods_before, ground.decision) == ("45", "tap_trung", 3, "")

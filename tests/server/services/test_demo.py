"""The demonstration: its people, its plan, and the lesson whose record it brings along. What a visitor sees first must hold up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from server.attendance.recompute import project, roll_of
from server.clock import ManualClock, micros
from server.events.lesson import EvidenceFiled
from server.events.room import PersonLeft
from server.events.sheet import SheetTextSaved
from server.ids import EnrolmentId, PersonId, SchoolId
from server.ledger import lesson_log
from server.school.names import name_key
from server.services import demo_rows as rows
from server.services.demo import finished_lesson
from server.services.demo_people import LARGE_COHORT, SMALL_COHORT
from server.services.demo_plan import DemoPlan, load
from server.services.demo_story import ABSENT, LATE_S, LEFT_EARLY, LONG_GAP, ON_LEAVE, SILENT
from server.settings import SettingsError
from tests.kit.app import START, School, running_app


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with running_app(tmp_path) as running:
        yield running


def test_classes_have_their_size_and_everybody_a_login_of_their_own() -> None:
    assert (len(LARGE_COHORT), len(SMALL_COHORT)) == (60, 25)
    people = rows.people()
    for word in ("key", "login", "code", "name"):
        assert len({getattr(person, word) for person in people}) == len(people), word


def test_student_numbers_follow_the_alphabet() -> None:
    for cohort in (LARGE_COHORT, SMALL_COHORT):
        by_number = sorted(cohort, key=lambda person: person.code)
        assert by_number == sorted(cohort, key=lambda person: name_key(person.name))


def test_lists_show_what_vietnamese_lists_hold() -> None:
    given = [person.name.split(" ")[-1] for person in LARGE_COHORT]
    assert max(given.count(name) for name in given) >= 3
    assert {"Giàng A Sử", "Công Tằng Tôn Nữ Hoàng Uyên", "Ksor H'Lan"} <= {person.name for person in LARGE_COHORT}


@pytest.mark.parametrize("minute", [0, 3, 29, 59])
def test_lesson_now_began_within_the_last_five_minutes(minute: int) -> None:
    now = datetime(2026, 10, 6, 0, minute, 41, tzinfo=UTC)
    first = DemoPlan().grid(now)[0]
    assert timedelta(0) <= now - datetime.fromtimestamp(first.start_us / 1e6, UTC) < timedelta(minutes=5)


def test_rehearsal_begins_to_the_second() -> None:
    grid = DemoPlan(period_s=40, periods=3, break_after=2, break_s=10, starts_in_s=15).grid(START)
    starts = [(period.start_us - micros(START)) // 1_000_000 for period in grid]
    assert starts == [15, 55, 105]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"periods": 0}',
        '{"period_s": 1}',
        '{"policy": {"late_tolerance": 1}}',
        '{"policy": {"grace_s": "x"}}',
    ],
)
def test_unusable_plan_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match="demo_plan"):
        load(str(file))


async def test_finished_lesson_has_the_marks_that_its_story_tells(school: School) -> None:
    services = school.services
    events = await services.ledger.read(lesson_log(finished_lesson()))
    marks = {entry.final.enrolment: entry for entry in roll_of(project(events))}

    def mark(number: int) -> tuple[str, tuple[str, ...], int, int]:
        final = marks[EnrolmentId(rows.enrolment_id(f"student{number}"))].final
        return final.mark, tuple(final.flags), final.absent_p, final.absent_k

    assert len(marks) == 25
    assert mark(ON_LEAVE) == ("P", (), 4, 0)
    assert mark(ABSENT) == ("K", (), 0, 4)
    assert mark(SILENT)[0] == "?"
    assert mark(LONG_GAP) == ("CM", (), 0, 1)
    assert mark(LEFT_EARLY) == ("CM", ("S",), 0, 0)
    assert [mark(number)[1] for number in LATE_S] == [("M",)] * 3
    ordinary = set(range(61, 86)) - {ON_LEAVE, ABSENT, SILENT, LONG_GAP, LEFT_EARLY, *LATE_S}
    assert {mark(number) for number in ordinary} == {("CM", (), 0, 0)}


async def test_pictures_are_real_and_have_the_digests_of_the_record(school: School) -> None:
    services = school.services
    items = await services.evidence.items(finished_lesson())
    assert len(items) == 7
    assert all(isinstance(item.filed, EvidenceFiled) and item.filed.present >= 20 for item in items)
    lecturer = await services.identity.sign_in_as(PersonId(rows.person_id("lecturer")))
    for item in items:
        path, _ = await services.evidence.open_file(lecturer.account, finished_lesson(), item.filed.evidence)
        with Image.open(path) as picture:
            picture.load()
            assert picture.width == 1280


async def test_finished_lesson_is_sealed_and_its_events_are_in_order_of_time(school: School) -> None:
    services = school.services
    log = lesson_log(finished_lesson())
    events = await services.ledger.read(log)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.at_us for event in events] == sorted(event.at_us for event in events)
    head = await services.ledger.head(log)
    assert head is not None
    assert isinstance(events[head.sealed_seq - 1].event, PersonLeft)
    assert events[head.sealed_seq - 1].at_us < micros(school.clock.now())
    assert {type(event.event) for event in events[head.sealed_seq :]} == {SheetTextSaved}


async def test_lecturer_finds_the_draft_sheet_of_yesterday(school: School) -> None:
    browser = await school.browser("lecturer")
    cards = (await (await browser.get("/api/v1/lessons?from=2026-10-05&to=2026-10-05")).json())["lessons"]
    assert [(card["cohort_code"], card["state"], card["sheet_state"]) for card in cards] == [
        ("BD-CX 11", "sheet_open", "draft")
    ]
    sheet = await (await browser.get(f"/api/v1/lessons/{cards[0]['id']}/sheet")).json()
    assert sorted(sheet["missing"]) == ["remarks", "roll"]


async def test_same_school_whenever_it_is_filled(tmp_path: Path) -> None:
    people = []
    for folder in ("a", "b"):
        async with running_app(tmp_path / folder, ManualClock(START)) as school:
            lines = await school.services.planning.lines_of_day(SchoolId(rows.SCHOOL), START.date())
            people.append([line.id for line in lines])
    assert people[0] == people[1]


async def test_plan_file_changes_periods_and_policy(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"period_s": 40, "periods": 2, "policy": {"grace_s": 12}, "history": False}))
    async with running_app(tmp_path / "data", demo_plan=str(file)) as school:
        services = school.services
        (line,) = await services.planning.lines_of_day(SchoolId(rows.SCHOOL), START.date())
        plan = await services.planning.plan(line.id)
        assert [(p.end_us - p.start_us) // 1_000_000 for p in plan.periods] == [40, 40]
        assert plan.policy["grace_s"] == 12
        assert await services.ledger.head(lesson_log(finished_lesson())) is None

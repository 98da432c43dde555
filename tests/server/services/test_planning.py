"""Plans and the timetable, over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from server.attendance.policy import Policy
from server.clock import ManualClock, micros
from server.errors import Conflict, Invalid, NotFound, Refused
from server.identity.account import Account
from server.identity.identity import Identity
from server.ids import LessonId, PersonId, SchoolId
from server.school.lesson_states import LessonState
from server.school.names import name_key
from server.services import demo_rows as rows
from server.services.demo import DemoSchool
from server.services.demo_plan import DemoPlan
from server.services.planning import Planning
from server.storage import bulk
from server.storage.database import Database

TODAY = date(2026, 10, 6)
AT_US = micros(datetime(2026, 10, 6, 0, 36, tzinfo=UTC))
S = LessonState


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 10, 6, 0, 35, tzinfo=UTC))


@pytest.fixture
async def identity(database: Database, clock: ManualClock) -> AsyncIterator[Identity]:
    made = Identity(database, clock, "k3Jx9vQ2mZ7pL0wT5rB8nC1yD4gH6sFaE")
    await DemoSchool(database, clock, made.passwords, DemoPlan()).ensure()
    yield made
    await made.aclose()


@pytest.fixture
def planning(database: Database, clock: ManualClock, identity: Identity) -> Planning:
    return Planning(database, clock)


async def _now(planning: Planning) -> LessonId:
    (line,) = await planning.lines_of_day(SchoolId(rows.SCHOOL), TODAY)
    return line.id


async def _account(identity: Identity, who: str) -> Account:
    return (await identity.sign_in_as(PersonId(rows.person_id(who)))).account


async def test_plan_holds_all_that_a_room_opens_with(planning: Planning) -> None:
    plan = await planning.plan(await _now(planning))
    assert (plan.cohort_code, plan.topic_no, plan.programme_kind, plan.session) == ("K45.B2", 3, "dao_tao", "sang")
    assert (plan.lecturer.title, plan.lecturer.name) == ("TS.", "Trần Thị Thu Hương")
    assert plan.class_manager is not None
    assert plan.class_manager.name == "Nguyễn Văn Quyết"
    assert plan.policy == Policy().to_dict()
    assert [period.no for period in plan.periods] == [1, 2, 3, 4]
    assert (plan.start_us, plan.end_us) == (plan.periods[0].start_us, plan.periods[-1].end_us)


async def test_roster_is_sorted_by_given_name_and_carries_student_numbers(planning: Planning) -> None:
    plan = await planning.plan(await _now(planning))
    names = [member.card.name for member in plan.roster]
    assert len(names) == 60
    assert names == sorted(names, key=name_key)
    ánh = plan.member(PersonId(rows.person_id("student1")))
    assert ánh is not None
    assert (ánh.card.code, ánh.card.given_name) == ("K45B2-08", "Ánh")


async def test_only_approved_leaves_that_touch_the_lesson_are_in_its_plan(
    planning: Planning, database: Database, clock: ManualClock
) -> None:
    plan = await planning.plan(await _now(planning))
    before = {leave.enrolment for leave in plan.leaves}
    hour_us = 3_600_000_000

    def leave(key: str, who: str, state: str, from_us: int) -> dict[str, object]:
        return {
            "id": key, "enrolment_id": rows.enrolment_id(who), "from_us": from_us, "to_us": from_us + hour_us,
            "reason": "Việc gia đình", "state": state, "submitted_us": 0,
        }  # fmt: skip

    added = [
        leave("a", "student20", "duyet", plan.start_us + hour_us),
        leave("b", "student21", "da_gui", plan.start_us),
        leave("c", "student22", "tu_choi", plan.start_us),
        leave("d", "student23", "duyet", plan.end_us),
        leave("e", "student24", "duyet", plan.start_us - hour_us),
        leave("f", "student70", "duyet", plan.start_us),
    ]
    async with database.begin() as connection:
        await bulk.insert_rows(connection, {"leave_request": added})
    after = {leave.enrolment for leave in (await planning.plan(plan.lesson)).leaves}
    assert after - before == {rows.enrolment_id("student20")}


async def test_lesson_keeps_the_policy_that_it_opened_with(
    planning: Planning, database: Database, clock: ManualClock
) -> None:
    lesson = await _now(planning)
    await planning.set_state(lesson, S.LOBBY, micros(clock.now()))
    stricter = {"late_tol_s": {"value": 60, "can_cu": "Quy chế sửa đổi"}}
    async with database.begin() as connection:
        version = {
            "school_id": rows.SCHOOL, "version": 2, "effective_us": micros(clock.now()), "approved_by": "Hiệu trưởng",
            "reference": "QC-2", "parameters": stricter,
        }  # fmt: skip
        await bulk.insert_rows(connection, {"policy_set": [version]})
    tomorrow = await planning.lines_of_day(SchoolId(rows.SCHOOL), TODAY + timedelta(days=1))
    assert (await planning.plan(lesson)).policy["late_tol_s"] == 300
    assert (await planning.plan(tomorrow[0].id)).policy["late_tol_s"] == 60


async def test_state_moves_along_its_ways_and_remembers_the_times(planning: Planning) -> None:
    lesson = await _now(planning)
    for at_us, state in enumerate((S.LOBBY, S.LIVE, S.SUSPENDED, S.LIVE, S.ENDED, S.SHEET_OPEN), start=AT_US + 1):
        await planning.set_state(lesson, state, at_us, "lecturer")
    plan = await planning.plan(lesson)
    assert (plan.state, plan.opened_us, plan.started_us, plan.ended_us) == (
        "sheet_open",
        AT_US + 1,
        AT_US + 2,
        AT_US + 5,
    )


async def test_same_state_again_is_no_fault_and_a_shortcut_is_refused(planning: Planning) -> None:
    lesson = await _now(planning)
    await planning.set_state(lesson, S.LOBBY, AT_US)
    await planning.set_state(lesson, S.LOBBY, AT_US + 1)
    with pytest.raises(Conflict, match=r"lesson\.wrong_state"):
        await planning.set_state(lesson, S.CLOSED, AT_US + 2)
    assert (await planning.plan(lesson)).opened_us == AT_US


async def test_lessons_with_an_open_room_are_found_after_a_restart(planning: Planning) -> None:
    lesson = await _now(planning)
    assert await planning.open_lessons() == []
    await planning.set_state(lesson, S.LOBBY, AT_US)
    assert [line.id for line in await planning.open_lessons()] == [lesson]


@pytest.mark.parametrize(
    ("who", "act", "error", "code"),
    [
        ("student61", "lesson.read", NotFound, "lesson.not_found"),
        ("lecturer2", "lesson.read", NotFound, "lesson.not_found"),
        ("student1", "roll.read", Refused, "auth.not_allowed"),
        ("class_manager", "roll.confirm", Refused, "auth.not_allowed"),
        ("lecturer", "roll.confirm", Conflict, "lesson.wrong_state"),
        ("administrator", "lesson.enter", Refused, "auth.not_allowed"),
    ],
)
async def test_refusal_says_what_stands_in_the_way(
    planning: Planning, identity: Identity, who: str, act: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code.replace(".", r"\.")):
        await planning.require(await _account(identity, who), await _now(planning), act)


async def test_lesson_that_does_not_exist_is_not_found(planning: Planning, identity: Identity) -> None:
    account = await _account(identity, "training_office")
    for lesson in ("none", "' OR 1=1 --"):
        with pytest.raises(NotFound):
            await planning.my_lesson(account, LessonId(lesson))
        with pytest.raises(NotFound):
            await planning.plan(LessonId(lesson))


async def test_timetable_is_bounded(planning: Planning, identity: Identity) -> None:
    account = await _account(identity, "training_office")
    week = await planning.timetable(account, TODAY - timedelta(days=1), TODAY + timedelta(days=6))
    assert len(week) == 6
    with pytest.raises(Invalid, match=r"timetable\.bad_span"):
        await planning.timetable(account, TODAY, TODAY + timedelta(days=43))
    with pytest.raises(Invalid, match=r"timetable\.bad_span"):
        await planning.timetable(account, TODAY, TODAY - timedelta(days=1))

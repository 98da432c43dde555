"""The timetable as each role sees it, prejoin, and consent."""

from __future__ import annotations

from typing import Any

import pytest

from server.clock import micros
from server.school.lesson_states import LessonState
from tests.kit.app import Browser, School

PURPOSES = ["hoc_tap", "ghi_hinh", "anh_chup_minh_chung"]


async def _today(browser: Browser) -> list[dict[str, Any]]:
    answer = await browser.get("/api/v1/lessons")
    assert answer.status == 200, await answer.text()
    lessons: list[dict[str, Any]] = (await answer.json())["lessons"]
    return lessons


async def _code(answer: Any) -> str:
    code: str = (await answer.json())["problem"]["code"]
    return code


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("lecturer", "lecturer"),
        ("student1", "student"),
        ("student60", "student"),
        ("class_manager", "class_manager"),
        ("training_office", "training_office"),
        ("principal", "principal"),
    ],
)
async def test_lesson_of_now_stands_in_the_timetable_of_all_who_belong_to_it(
    school: School, who: str, role: str
) -> None:
    (card,) = await _today(await school.browser(who))
    assert card["topic"] == "Kỹ năng ra và tổ chức thực hiện quyết định của cán bộ cấp cơ sở"
    assert (card["my_role"], card["cohort_code"], card["enrolled"]) == (role, "K45.B2", 60)
    assert card["may_join"]
    assert [period["no"] for period in card["periods"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("who", ["student61", "lecturer3"])
async def test_others_do_not_see_it(school: School, who: str) -> None:
    lesson = (await _today(await school.browser("lecturer")))[0]["id"]
    stranger = await school.browser(who)
    assert await _today(stranger) == []
    for path in (f"/api/v1/lessons/{lesson}", f"/api/v1/lessons/{lesson}/sheet", f"/api/v1/lessons/{lesson}/roll"):
        assert (await stranger.get(path)).status == 404, path


async def test_administrator_sees_the_timetable_but_may_not_enter(school: School) -> None:
    (card,) = await _today(await school.browser("administrator"))
    assert not card["may_join"]


async def test_week_shows_the_lessons_in_order(school: School) -> None:
    browser = await school.browser("student1")
    answer = await browser.get("/api/v1/lessons?from=2026-10-05&to=2026-10-11")
    starts = [card["start_us"] for card in (await answer.json())["lessons"]]
    assert len(starts) == 4
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=2026-10-06&to=2026-10-05", "from=2026-01-01&to=2026-12-31", "to=2026-13-01"]
)
async def test_bad_days_are_refused(school: School, query: str) -> None:
    assert (await (await school.browser("student1")).get(f"/api/v1/lessons?{query}")).status == 422


async def test_prejoin_shows_the_rosters_name_and_number(school: School) -> None:
    browser = await school.browser("student1")
    (card,) = await _today(browser)
    detail = await (await browser.get(f"/api/v1/lessons/{card['id']}")).json()
    assert (detail["name"], detail["code"]) == ("Đặng Thị Ngọc Ánh", "K45B2-08")
    assert detail["consent"]["given_us"] is None
    assert set(detail["consent"]["purposes"]) == set(PURPOSES)
    assert "bí mật nhà nước" in detail["consent"]["notice_vi"]


async def test_consent_is_kept_once_per_cohort(school: School) -> None:
    browser = await school.browser("student1")
    (card,) = await _today(browser)
    path = f"/api/v1/lessons/{card['id']}/consent"
    first = await (await browser.post(path, {"notice_version": 1, "purposes": PURPOSES})).json()
    assert first["given_us"] == micros(school.clock.now())
    await school.clock.advance(5)
    assert await (await browser.post(path, {"notice_version": 1, "purposes": PURPOSES})).json() == first
    other = await (await (await school.browser("student2")).get(f"/api/v1/lessons/{card['id']}")).json()
    assert other["consent"]["given_us"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"notice_version": 2, "purposes": PURPOSES}, 409, "consent.notice_changed"),
        ({"notice_version": 1, "purposes": PURPOSES[:1]}, 422, "consent.purposes"),
        ({"notice_version": 1, "purposes": [*PURPOSES, "quang_cao"]}, 422, "consent.purposes"),
        ({"notice_version": "1", "purposes": PURPOSES}, 422, "request.malformed"),
        ({"notice_version": 1, "purposes": PURPOSES, "person": "someone else"}, 422, "request.malformed"),
    ],
)
async def test_consent_to_something_else_is_refused(school: School, body: object, status: int, code: str) -> None:
    browser = await school.browser("student1")
    (card,) = await _today(browser)
    answer = await browser.post(f"/api/v1/lessons/{card['id']}/consent", body)
    assert (answer.status, await _code(answer)) == (status, code)


async def test_lesson_of_tomorrow_cannot_be_joined_yet(school: School) -> None:
    browser = await school.browser("student1")
    cards = (await (await browser.get("/api/v1/lessons?from=2026-10-07&to=2026-10-07")).json())["lessons"]
    assert [card["may_join"] for card in cards] == [False]
    school.clock.step_wall(24 * 3600 - 1200)
    await browser.post("/api/v1/session/refresh")
    cards = (await (await browser.get("/api/v1/lessons?from=2026-10-07&to=2026-10-07")).json())["lessons"]
    assert [card["may_join"] for card in cards] == [True]


async def test_cancelled_lesson_cannot_be_joined(school: School) -> None:
    browser = await school.browser("student1")
    (card,) = await _today(browser)
    await school.services.planning.set_state(card["id"], LessonState.CANCELLED, micros(school.clock.now()))
    assert [c["may_join"] for c in await _today(browser)] == [False]


async def test_second_start_brings_no_second_lesson(school: School) -> None:
    before = await _today(await school.browser("lecturer"))
    from server.services.demo import DemoSchool
    from server.services.demo_plan import DemoPlan

    services = school.services
    await DemoSchool(services.database, services.clock, services.identity.passwords, DemoPlan()).ensure()
    assert await _today(await school.browser("lecturer")) == before

"""The class manager's desk: today's lessons, live by difference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.lesson_client import LessonClient, Refusal
from tests.kit.live_school import LiveSchool


async def desk_of(school: LiveSchool, who: str) -> LessonClient:
    browser = await school.browser(who)
    cookie = "; ".join(f"{each.key}={each.value}" for each in browser.http.cookie_jar)
    desk = LessonClient(school.base_url, namespace="/desk")
    await desk.connect(headers={"Cookie": cookie})
    school.keep(desk)
    return desk


async def changed(school: LiveSchool, desk: LessonClient, holds: Any) -> dict[str, Any]:
    """Let seconds pass until a change of this kind is told."""
    for _ in range(20):
        await school.pass_time(1)
        for push in desk.seen("desk_changed"):
            if holds(push):
                return push
        await desk.until("desk_snapshot")
    raise AssertionError("not told")


async def test_a_lesson_that_nobody_opened_yet_shows_whom_it_expects(school: LiveSchool) -> None:
    desk = await desk_of(school, "class_manager")
    (lesson,) = (await desk.until("desk_snapshot"))["lessons"]
    assert lesson["counts"] == {"enrolled": 60, "present": 0, "cannot_hear": 0}
    assert {row["state"] for row in lesson["rows"]} == {"not_joined"}
    assert all(row["name"] and row["code"] for row in lesson["rows"])


async def test_joining_is_told_by_the_changed_row_alone(school: LiveSchool) -> None:
    desk = await desk_of(school, "class_manager")
    await desk.until("desk_snapshot")
    student = await school.join("student1")
    me = (await student.until("joined"))["me"]
    push = await changed(school, desk, lambda p: any(row["participant"] == me for row in p["rows"]))
    assert push["lesson"]["rows"] == []
    row = next(row for row in push["rows"] if row["participant"] == me)
    assert row["first_in_us"] is not None
    later = await changed(school, desk, lambda p: p["lesson"]["counts"]["present"] == 1)
    assert later["lesson"]["id"] == school.lesson


async def test_the_office_sees_all_classes_and_another_day_on_wish(school: LiveSchool) -> None:
    desk = await desk_of(school, "training_office")
    today = await desk.until("desk_snapshot")
    assert school.lesson in [each["id"] for each in today["lessons"]]
    await desk.do("watch_day", day="2026-10-12")
    assert (await desk.until("desk_snapshot", lambda p: p["day"] == "2026-10-12"))["t"] == "desk_snapshot"
    with pytest.raises(Refusal, match=r"desk\.bad_day"):
        await desk.do("watch_day", day="hôm qua")


async def test_a_lost_student_turns_lost_on_the_desk_and_back(school: LiveSchool) -> None:
    lecturer = await school.join("lecturer")
    browser = await school.browser("student1")
    student = await browser.join(school.lesson)
    me = (await student.until("joined"))["me"]
    await lecturer.do("start_lesson")
    desk = await desk_of(school, "class_manager")
    await desk.until("desk_snapshot")
    await student.vanish()

    def is_in(state: str) -> Any:
        return lambda p: any(row["participant"] == me and row["state"] == state for row in p["rows"])

    lost = await changed(school, desk, is_in("lost"))
    assert lost["lesson"]["lost"] == 1
    desk.pushes[:] = desk.seen("desk_snapshot")
    school.keep(await browser.join(school.lesson))
    await changed(school, desk, is_in("learning"))

"""A whole lesson of ten minutes with nobody pressing anything: roll-calls and pictures come by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.live_school import LiveSchool, live_school

LESSON_S = 600
POLICY = {
    "roll_call_window_s": 30,
    "roll_call_retry_s": 45,
    "screenshot_after_start_s": 120,
    "screenshot_before_end_s": 120,
}


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    plan = {"period_s": LESSON_S, "periods": 1, "policy": POLICY}
    async with live_school(tmp_path, plan=plan) as made:
        yield made


async def test_three_roll_calls_and_all_pictures_come_without_a_click(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await lecturer.do("start_lesson")
    answered: set[str] = set()
    for _ in range(LESSON_S // 5):
        await school.pass_time(5)
        for push in student.seen("roll_call_changed"):
            call = push["roll_call"]
            if call is not None and call["no"] == 1 and call["roll_call"] not in answered:
                answered.add(call["roll_call"])
                await student.do("answer_roll_call", roll_call=call["roll_call"])
    await lecturer.do("end_lesson")
    started = await school.bodies("lesson.roll_call_started")
    issued = Counter((each["no"], each["issued_by"]) for each in started)
    assert {no for no, by in issued if by == "auto"} == {1, 2, 3}
    assert (1, "auto_retry") not in issued, "who answered is not asked again"
    assert issued[(2, "auto_retry")] == 1, "who was silent is asked once more"
    closed = await school.bodies("lesson.roll_call_closed")
    assert (closed[0]["answered"], closed[0]["asked"]) == (1, 1)
    causes = Counter(each["cause"] for each in await school.bodies("room.screenshot_asked"))
    planned = {"start", "start_plus_20s", "start_plus_10", "middle", "end_minus_10", "end"}
    assert dict.fromkeys(planned, 1).items() <= causes.items()
    assert causes["roll_call"] == 3

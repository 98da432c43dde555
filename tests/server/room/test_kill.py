"""kill -9 of the server in the middle of a lesson: supervised restart, browsers come back by themselves, nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from tests.kit.lesson_client import Browser, LessonClient, Refusal
from tests.kit.school_process import SchoolProcess, running_school

#: How long a machine with much else to do may take to start a server again.
BACK_WITHIN_S = 60.0


async def page(school: SchoolProcess, who: str) -> Browser:
    browser = Browser(school.base_url, f"device-of-{who}")
    await browser.visit(school.links[who])
    return browser


async def rejoin(browser: Browser, lesson: str) -> LessonClient:
    """As a page does: try again shortly until the server is back."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while True:
            try:
                return await browser.join(lesson)
            except (TimeoutError, OSError, Refusal):
                await asyncio.sleep(0.1)


@pytest.mark.timeout(240)
async def test_a_killed_server_comes_back_with_everything_that_was_acknowledged(tmp_path: Path) -> None:
    async with running_school(tmp_path) as school:
        lecturer_page, student_page = await page(school, "lecturer"), await page(school, "student1")
        lessons = (await lecturer_page.get("/lessons"))["lessons"]
        lesson = str(next(each["id"] for each in lessons if each["may_join"]))
        lecturer, student = await lecturer_page.join(lesson), await student_page.join(lesson)
        await lecturer.do("start_lesson")
        acknowledged = []
        for n in range(6):
            await student.do("post_chat", message=f"m{n}", text=f"tin {n}")
            acknowledged.append(f"tin {n}")
        await student.do("raise_hand")
        epoch = (await student.until("joined"))["session"]["epoch"]

        killed = time.monotonic()
        os.kill(school.server_pid(), signal.SIGKILL)
        await student.closed.wait()
        lecturer, student = await rejoin(lecturer_page, lesson), await rejoin(student_page, lesson)
        print(f"back after {time.monotonic() - killed:.2f} s")
        joined = await student.until("joined")
        assert joined["session"]["epoch"] > epoch
        assert joined["lesson"]["state"] == "live"
        assert [each["text"] for each in joined["chat"]] == acknowledged
        assert [each["participant"] for each in joined["hands"]] == [joined["me"]]

        events = (await lecturer_page.get(f"/lessons/{lesson}/events"))["events"]
        kinds = [each["type"].partition("/")[0] for each in events]
        assert kinds.count("lesson.server_outage") == 1
        assert kinds.count("room.person_knocked") == 2
        await lecturer.do("end_lesson")
        assert (await student.until("removed"))["code"] == "lesson_closed"
        for browser in (lecturer_page, student_page):
            await browser.close()
        for client in (lecturer, student):
            await client.leave()

"""Takes the pictures of docs/pictures: a demo school, drawn people at the cameras, a page of a lecture as the shared screen.

Run: `python -m tests.journeys.pictures`. Each person has a browser of their own, because a browser has one fake camera.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import expect

from tests.journeys.people import Somebody, lesson_now, somebody
from tests.kit.browser import chromium
from tests.kit.portrait import write_portrait
from tests.kit.school_process import running_school

TARGET = Path(__file__).parents[2] / "docs" / "pictures"
PEOPLE = (("lecturer", 1440, 900), ("student1", 1440, 900), ("student2", 390, 844))


async def take(them: Somebody, name: str) -> None:
    await them.page.wait_for_timeout(1500)
    await them.page.screenshot(path=str(TARGET / f"{name}.png"))


async def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        school = await stack.enter_async_context(running_school(folder / "data"))
        people = []
        for number, (role, width, height) in enumerate(PEOPLE):
            video = write_portrait(folder / f"{role}.y4m", number)
            browser = await stack.enter_async_context(chromium(f"--use-file-for-fake-video-capture={video}"))
            people.append(
                await somebody(browser, role, school.links[role], width=width, height=height, mobile=width < 600)
            )
        lecturer, student, phone = people
        manager = await somebody(browser, "class manager", school.links["class_manager"])
        await take(student, "home-student")
        lesson = await lesson_now(lecturer)
        for each in people:
            await each.enter(lesson)
        await lecturer.turn_on("Camera")
        await lecturer.button("Bắt đầu buổi học").click()
        await expect(lecturer.page.get_by_text("Đang ghi hình").first).to_be_visible()
        for each in people:
            await each.sees_video_move()
        await lecturer.say("Chào cả lớp, hôm nay chúng ta học quy trình ra quyết định ở cấp cơ sở.")
        await student.say("Thưa cô, bước 2 có phải lấy ý kiến nhân dân bằng văn bản không ạ?")
        await phone.button(re.compile("^Giơ tay")).click()
        await lecturer.open_tab("Danh sách")
        await take(lecturer, "lecturer-stage")
        await take(student, "student-view")
        await take(phone, "phone-student")
        await manager.page.goto(f"{school.base_url}/desk")
        await take(manager, "desk")
        await manager.page.goto(f"{school.base_url}/desk/{lesson}")
        await take(manager, "desk-class")
        past = await lecturer.page.evaluate(
            """async () => {
                const iso = ms => new Date(ms + 7 * 3600e3).toISOString().slice(0, 10);
                const now = Date.now();
                const cards = (await (await fetch(`/api/v1/lessons?from=${iso(now - 10 * 864e5)}&to=${iso(now)}`)).json()).lessons;
                return cards.find(card => ['ended', 'sheet_open', 'closed'].includes(card.state)).id;
            }"""
        )
        office = await lecturer.who.context.new_page()
        for name in ("roll", "sheet"):
            await office.goto(f"{school.base_url}/lessons/{past}/{name}")
            await office.wait_for_load_state("networkidle")
            await office.wait_for_timeout(1500)
            await office.screenshot(path=str(TARGET / f"{name}.png"))


if __name__ == "__main__":
    asyncio.run(main())

"""Who may see whom, as the lecturer sets it and the class is told: lobby, staff-only cameras, test mode, a talk aside. Pictures, and axe, of each."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.looks import looks_right
from tests.journeys.lesson_plan import write_plan
from tests.journeys.people import Somebody, lesson_now, somebody
from tests.kit.browser import chromium
from tests.kit.school_process import free_media_ports, running_school

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@dataclass
class Class:
    """A lesson in its lobby: the lecturer, a student at a computer, a student at a phone."""

    lecturer: Somebody
    student: Somebody
    phone: Somebody

    def everybody(self) -> list[tuple[Somebody, str]]:
        return [(self.lecturer, "lecturer"), (self.student, "student"), (self.phone, "phone")]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def lesson(browser: Browser, tmp_path: Path) -> AsyncIterator[Class]:
    env = {"GD_DEMO_PLAN": str(write_plan(tmp_path)), "GD_UDP_PORT": str(free_media_ports()), "GD_MEDIA_SHARDS": "1"}
    async with running_school(tmp_path / "data", env) as school:
        lecturer = await somebody(browser, "lecturer", school.links["lecturer"])
        student = await somebody(browser, "student", school.links["student1"])
        phone = await somebody(browser, "phone", school.links["student2"], width=390, height=844, mobile=True)
        now = await lesson_now(lecturer)
        for each in (lecturer, student, phone):
            await each.enter(now)
        yield Class(lecturer, student, phone)


async def choose(them: Somebody, entry: str) -> None:
    await them.button("Thêm").click()
    await them.page.get_by_role("menuitemcheckbox", name=re.compile(entry)).click()


async def told(them: Somebody, words: str) -> None:
    await expect(them.page.get_by_text(words).first).to_be_visible()


async def on_a_phone(them: Somebody) -> None:
    await them.page.set_viewport_size({"width": 390, "height": 844})


async def at_a_desk(them: Somebody) -> None:
    await them.page.set_viewport_size({"width": 1440, "height": 900})


async def all_look_right(lesson: Class, mode: str) -> None:
    """Everybody's screen in this mode, the lecturer's narrow as well."""
    for them, name in lesson.everybody():
        await looks_right(them, f"{mode}-{name}")
    await on_a_phone(lesson.lecturer)
    await looks_right(lesson.lecturer, f"{mode}-lecturer-390")
    await at_a_desk(lesson.lecturer)


async def menu_is_whole(them: Somebody, name: str) -> None:
    """Every entry of "Thêm" can be seen and pressed, also under a banner."""
    await them.button("Thêm").click()
    first = them.page.get_by_role("menu").locator(".menu__item").first
    await expect(first).to_be_focused()
    await first.click(trial=True)
    await looks_right(them, name)
    await them.page.keyboard.press("Escape")
    await expect(them.page.get_by_role("menu")).to_have_count(0)


async def test_each_way_of_seeing_is_told_to_everybody_and_fits_every_screen(lesson: Class) -> None:
    lecturer, student, phone = lesson.lecturer, lesson.student, lesson.phone
    await told(student, "học viên chưa thấy và nghe nhau")
    await all_look_right(lesson, "lobby")
    for them in (lecturer, student, phone):
        await them.turn_on("Camera")
    await lecturer.button("Bắt đầu buổi học").click()
    await menu_is_whole(lecturer, "menu-lecturer")

    await choose(lecturer, "Chỉ giảng viên thấy camera")
    for them in (lecturer, student, phone):
        await told(them, "Chỉ giảng viên và chủ nhiệm lớp thấy camera học viên")
    await all_look_right(lesson, "staff-cameras")
    await choose(lecturer, "Chế độ kiểm tra")
    for them in (lecturer, student, phone):
        await told(them, "Học viên chỉ thấy và nghe giảng viên, không thấy và không nghe nhau")
    await student.button("Bài giảng").click()
    await told(student, "Không thấy và nghe nhau khi kiểm tra")
    await all_look_right(lesson, "exam")
    await on_a_phone(lecturer)
    await menu_is_whole(lecturer, "menu-lecturer-390")
    await at_a_desk(lecturer)
    await menu_is_whole(phone, "menu-phone")
    await lecturer.button("Cho cả lớp thấy nhau").click()
    await expect(student.page.get_by_text("Chế độ kiểm tra")).to_have_count(0)


async def test_who_is_out_of_a_talk_aside_is_told_so_and_raises_no_alarm(lesson: Class) -> None:
    lecturer, student, phone = lesson.lecturer, lesson.student, lesson.phone
    await lecturer.turn_on("Mic")
    await lecturer.turn_on("Camera")
    await lecturer.button("Bắt đầu buổi học").click()
    await student.hears_sound()
    await phone.hears_sound()
    await lecturer.open_tab("Danh sách")
    await lecturer.page.get_by_role("button", name=re.compile("Đặng Thị Ngọc Ánh")).click()
    await looks_right(lecturer, "menu-person")
    await lecturer.page.get_by_role("menuitem", name="Trao đổi riêng").click()
    await told(lecturer, "Đang trao đổi riêng với Đặng Thị Ngọc Ánh")
    await told(student, "Đang trao đổi riêng với Trần Thị Thu Hương")
    await told(phone, "Giảng viên đang trao đổi riêng")
    await expect(phone.page.locator("figure").get_by_text("Đang trao đổi riêng")).to_be_visible()
    await all_look_right(lesson, "aside")
    await student.hears_sound()
    # Longer than a browser without a packet of the lecturer's takes to say that it hears nothing.
    await phone.page.wait_for_timeout(5_000)
    await expect(lecturer.page.get_by_text("Không nghe được")).to_have_count(0)
    await lecturer.button("Trở lại lớp").click()
    await expect(phone.page.get_by_text("Giảng viên đang trao đổi riêng")).to_have_count(0)
    await phone.hears_sound()

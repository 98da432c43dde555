"""What somebody in a live lesson does with pictures and notices of the line: gallery, network badge, saving data, a change of address."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_screens import AXE, RUN_AXE
from tests.journeys.lesson_plan import write_plan
from tests.journeys.people import Somebody, lesson_now, somebody, until
from tests.kit.browser import chromium, person
from tests.kit.own_network import own_network
from tests.kit.school_process import SchoolProcess, free_media_ports, running_school
from tests.kit.udp_relay import UdpRelay

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OUT = Path(__file__).parents[1] / "out" / "classroom"
VIDEO_SLOTS = """() => window.__peers.filter(pc => pc.connectionState === 'connected').flatMap(pc => pc.getTransceivers())
    .filter(t => t.currentDirection === 'recvonly' && t.receiver.track.kind === 'video').length"""
CONNECTION = "() => window.__peers.map(pc => pc.connectionState)"


@dataclass
class Class:
    """A lesson that runs: who teaches, and a student behind a network of their own."""

    lecturer: Somebody
    student: Somebody
    network: UdpRelay


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def lesson(browser: Browser, tmp_path: Path) -> AsyncIterator[Class]:
    port = free_media_ports()
    env = {"GD_DEMO_PLAN": str(write_plan(tmp_path)), "GD_UDP_PORT": str(port), "GD_MEDIA_SHARDS": "1"}
    async with running_school(tmp_path / "data", env) as school:
        lecturer = await somebody(browser, "lecturer", school.links["lecturer"])
        now = await lesson_now(lecturer)
        await lecturer.enter(now)
        await lecturer.turn_on("Mic")
        await lecturer.button("Bắt đầu buổi học").click()
        async with Entered(browser, school, now, port) as (student, network):
            yield Class(lecturer, student, network)


class Entered:
    """A student in the lesson, hearing the lecturer through a network of their own."""

    def __init__(self, browser: Browser, school: SchoolProcess, lesson: str, port: int) -> None:
        self._browser, self._school, self._lesson, self._port = browser, school, lesson, port

    async def __aenter__(self) -> tuple[Somebody, UdpRelay]:
        them = await person(self._browser, "student")
        self._net = own_network(them, self._port)
        network = await self._net.__aenter__()
        student = Somebody(them, self._school.links["student1"])
        await student.sign_in()
        await student.enter(self._lesson)
        await student.hears_sound()
        return student, network

    async def __aexit__(self, *_: object) -> None:
        await self._net.__aexit__(None, None, None)


async def accessible(them: Somebody, name: str) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    await them.page.screenshot(path=str(OUT / f"{name}.png"))
    await them.page.evaluate(AXE.read_text())
    findings = await them.page.evaluate(RUN_AXE)
    assert findings == [], f"{name}: " + json.dumps(findings, ensure_ascii=False, indent=1)


async def test_a_student_chooses_a_larger_gallery_reads_of_the_line_and_saves_data(lesson: Class) -> None:
    page = lesson.student.page
    await lesson.student.sees_video_move()
    await lesson.student.button("Bài giảng").click()
    await lesson.student.button("Cỡ lưới: 3 × 3").click()
    await page.get_by_role("menuitemcheckbox", name="5 × 5").click()

    async def has_slots() -> bool:
        return int(await page.evaluate(VIDEO_SLOTS)) == 25

    await until(page, "the connection has 25 places for pictures", has_slots)
    await lesson.student.sees_video_move()
    await lesson.student.hears_sound()
    await accessible(lesson.student, "gallery")

    await page.get_by_role("button", name="Đường truyền").first.click()
    details = page.get_by_role("dialog", name="Đường truyền")
    await expect(details.get_by_text("UDP thẳng đến máy chủ · IPv4")).to_be_visible()
    await expect(details.get_by_text("Độ trễ khứ hồi")).to_be_visible()
    await accessible(lesson.student, "line")
    await details.get_by_role("checkbox").check(force=True)
    await details.get_by_role("button", name="Đóng").click()
    banner = page.get_by_text("Đang tiết kiệm băng thông: tiếng và trang chiếu tĩnh")
    await expect(banner).to_be_visible()

    async def no_faces() -> bool:
        before = await lesson.student.who.inbound("video")
        await page.wait_for_timeout(1_000)
        after = {each["key"]: each for each in await lesson.student.who.inbound("video")}
        return all(after[each["key"]]["framesReceived"] == each["framesReceived"] for each in before)

    await until(page, "no camera arrives any more", no_faces)
    await lesson.student.hears_sound()
    await accessible(lesson.student, "saving")
    await lesson.student.button("Nhận lại hình").click()
    await lesson.student.sees_video_move()
    assert [line for line in lesson.student.who.console if "pageerror" in line] == []


async def test_a_new_address_interrupts_nothing_for_long(lesson: Class) -> None:
    await lesson.network.move()
    await lesson.student.hears_sound()
    await lesson.student.sees_video_move()
    assert await lesson.student.page.evaluate(CONNECTION) == ["connected"]

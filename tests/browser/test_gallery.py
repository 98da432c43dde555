"""The gallery with a class of live cameras: each page size shows so many right pictures, and the relay sends those of the page, and the lecturer, alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser.looks import looks_right
from tests.journeys.lesson_plan import write_plan
from tests.journeys.people import Somebody, lesson_now, somebody, until
from tests.kit.browser import chromium
from tests.kit.colour_crowd import APART, Member, crowd, grey
from tests.kit.school_process import free_media_ports, running_school

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

#: With the lecturer and the one who looks, two pages of the largest size.
CLASSMATES = 30
SIZES = (3, 9, 16, 25)
PATIENCE_MS = 30_000
LOOKS = 8
#: The grey in the middle of each tile's picture, by the name on the tile; null: no picture.
TILES = """() => Object.fromEntries([...document.querySelectorAll('.gallery figure.tile')].map(tile => {
    const video = tile.querySelector('video');
    const shade = () => {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 1;
        const pen = canvas.getContext('2d');
        pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
        return pen.getImageData(0, 0, 1, 1).data[0];
    };
    return [tile.getAttribute('aria-label'), video && video.videoWidth > 0 ? shade() : null];
}))"""


@dataclass
class Class:
    watcher: Somebody
    members: list[Member]
    names: dict[str, Member]


@pytest.fixture
async def lesson(tmp_path: Path) -> AsyncIterator[Class]:
    env = {"GD_DEMO_PLAN": str(write_plan(tmp_path)), "GD_UDP_PORT": str(free_media_ports()), "GD_MEDIA_SHARDS": "1"}
    async with chromium() as browser, running_school(tmp_path / "data", env) as school:
        watcher = await somebody(browser, "student", school.links["student1"])
        now = await lesson_now(watcher)
        people = ["lecturer", *(f"student{n}" for n in range(2, CLASSMATES + 2))]
        async with crowd(school, now, people) as members:
            await members[0].client.do("start_lesson")
            await watcher.enter(now)
            roster = (await members[0].client.until("joined"))["roster"]
            known = {each["participant"]: each["name"] for each in roster}
            yield Class(watcher, members, {known[each.participant]: each for each in members})


async def flowing(them: Somebody) -> int:
    """Received pictures that go on, over two seconds."""
    before = {each["key"]: each["packetsReceived"] for each in await them.who.inbound("video")}
    await them.page.wait_for_timeout(2_000)
    after = await them.who.inbound("video")
    return sum(each["packetsReceived"] > before.get(each["key"], 0) for each in after)


def is_right(lesson: Class, label: str, shade: float | None) -> bool:
    """Whether the tile shows the picture of whoever its label names. sRGB of a grey is not its luma, but nearly."""
    member = next((each for name, each in lesson.names.items() if name in label), None)
    if member is None or shade is None:
        return False
    full_range = (grey(member.number) - 16) * 255 / 219
    return abs(shade - full_range) < APART / 2


async def page_is_right(lesson: Class, tiles: int) -> dict[str, Any]:
    """Waits for a page of so many tiles, with the right live picture in every one but the own."""
    shown: dict[str, Any] = {}

    async def all_there() -> bool:
        nonlocal shown
        shown = await lesson.watcher.page.evaluate(TILES)
        right = [label for label, shade in shown.items() if is_right(lesson, label, shade)]
        return len(shown) == tiles and len(right) == sum("(tôi)" not in label for label in shown)

    try:
        await until(lesson.watcher.page, f"{tiles} tiles", all_there, PATIENCE_MS)
    except AssertionError as error:
        wrong = {label: shade for label, shade in shown.items() if not is_right(lesson, label, shade)}
        raise AssertionError(f"{error}; of {len(shown)} tiles not right: {wrong}") from None
    return shown


async def choose(them: Somebody, size: int) -> None:
    await them.button(re.compile("Cỡ lưới")).click()
    await them.page.get_by_role("menuitemcheckbox").nth(SIZES.index(size)).click()


async def sends_exactly(lesson: Class, pictures: int) -> None:
    """What left the page may trickle on for a moment: looked at some times."""
    found = [await flowing(lesson.watcher)]
    while found[-1] != pictures and len(found) < LOOKS:
        found.append(await flowing(lesson.watcher))
    assert found[-1] == pictures, f"{found} pictures flow"


async def test_each_page_size_shows_the_right_faces_and_nothing_else_is_sent(lesson: Class) -> None:
    watcher, total = lesson.watcher, CLASSMATES + 2
    await watcher.button("Bài giảng").click()
    for size in reversed(SIZES):
        await choose(watcher, size)
        first = await page_is_right(lesson, size)
        await looks_right(watcher, f"gallery-{size}")
        await sends_exactly(lesson, size - 1)
        await watcher.button("Trang sau").click()
        second = await page_is_right(lesson, min(size, total - size))
        assert not set(first) & set(second)
        # The lecturer's camera has a slot of its own, on every page (docs/relay.md, Slots).
        await sends_exactly(lesson, len(second) + 1)
        await watcher.button("Trang trước").click()
    assert [line for line in watcher.who.console if "pageerror" in line] == []

"""What the people of a journey do at their browsers, by the words they see. Each act waits until its effect is on the screen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from tests.kit.browser import Person, person

OUT = Path(__file__).parent.parent / "out" / "journey"
STEP_MS = 30_000
POLL_MS = 250

expect.set_options(timeout=STEP_MS)


async def until(page: Page, what: str, condition: Callable[[], Awaitable[bool]], timeout_ms: int = STEP_MS) -> None:
    """Wait for a condition that only statistics show."""
    for _ in range(timeout_ms // POLL_MS):
        if await condition():
            return
        await page.wait_for_timeout(POLL_MS)
    raise AssertionError(f"never happened within {timeout_ms} ms: {what}")


class Somebody:
    """A person with a browser profile, signed in by a demo link."""

    def __init__(self, who: Person, link: str) -> None:
        self.who = who
        self.link = link

    @property
    def page(self) -> Page:
        return self.who.page

    async def sign_in(self) -> None:
        await self.page.goto(self.link)
        await expect(self.page.locator("main, #main").first).to_be_visible()

    async def picture(self, name: str) -> None:
        OUT.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=str(OUT / f"{name}.png"))

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name).first

    async def enter(self, lesson: str) -> None:
        """Through prejoin into the classroom, as by a link to the lesson."""
        await self.page.goto(f"{self.link.split('/api/')[0]}/lessons/{lesson}")
        consent = self.page.get_by_role("checkbox")
        entry = self.page.get_by_role("button", name=re.compile("^(Vào lớp|Vào dạy)"))
        await expect(entry).to_be_visible()
        if await consent.count():
            # The box itself is drawn by its label; the input under it is what is checked.
            await consent.first.check(force=True)
        await entry.click()
        await self.page.wait_for_url("**/room")
        await self.wait_until_inside()

    async def wait_until_inside(self) -> None:
        await expect(self.page.get_by_label("Điều khiển").first).to_be_visible()

    async def say(self, text: str) -> None:
        await self.open_tab("Trao đổi")
        box = self.page.get_by_placeholder("Nhắn cho cả lớp")
        await box.fill(text)
        await box.press("Enter")
        await self.sees(text)

    async def sees(self, text: str) -> None:
        await self.open_tab("Trao đổi")
        await expect(self.page.get_by_text(text, exact=True).first).to_be_visible()

    async def open_tab(self, name: str) -> None:
        tab = self.page.get_by_role("tab", name=re.compile(name))
        if await tab.count() and await tab.first.get_attribute("aria-selected") != "true":
            await tab.first.click()

    async def sees_video_move(self, timeout_ms: int = STEP_MS) -> None:
        """At least 10 more frames are decoded from now on, on whatever connection."""
        await self._receives("video", "framesDecoded", 10, timeout_ms)

    async def hears_sound(self, timeout_ms: int = STEP_MS) -> None:
        """Audible energy arrives (the fake microphone beeps every second; silence adds none)."""
        await self._receives("audio", "totalAudioEnergy", 1e-4, timeout_ms)

    async def _receives(self, kind: str, counter: str, enough: float, timeout_ms: int) -> None:
        """Waits until the counters of all received streams have grown by `enough` together. A connection that is replaced meanwhile
        takes its count away and the new one starts from nothing: growth is summed stream by stream."""
        last: dict[str, float] | None = None
        grown = 0.0

        async def enough_arrived() -> bool:
            nonlocal last, grown
            now = {str(each["key"]): float(each.get(counter) or 0) for each in await self.who.inbound(kind)}
            if last is not None:
                grown += sum(max(0.0, value - last.get(key, 0.0)) for key, value in now.items())
            last = now
            return grown >= enough

        await until(self.page, f"{self.who.name} receives {kind}", enough_arrived, timeout_ms)

    async def turn_on(self, what: str) -> None:
        """Microphone ("Mic") or camera ("Camera") on, if it is off."""
        off = self.page.get_by_role("button", name=re.compile(f"{what} tắt|{what} đang tắt"))
        if await off.count():
            await off.first.click()
        await expect(
            self.page.get_by_role("button", name=re.compile(f"{what} bật|{what} đang bật")).first
        ).to_be_visible()

    async def drop_out(self) -> None:
        """The tab dies as in a crash: no unload handler runs, nothing is said to the server."""
        session = await self.who.context.new_cdp_session(self.page)
        async with self.page.expect_event("crash"):
            # A crashed tab never answers this.
            crash = asyncio.ensure_future(session.send("Page.crash"))
            crash.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def come_back(self, lesson: str) -> None:
        """A new tab in the same profile, straight to the lesson."""
        await self.page.close()
        self.who.page = await self.who.context.new_page()
        await self.enter(lesson)


async def somebody(browser: Browser, name: str, link: str, **options: Any) -> Somebody:
    them = Somebody(await person(browser, name, **options), link)
    await them.sign_in()
    return them


async def lesson_now(who: Somebody) -> str:
    """The id of today's joinable lesson, as the timetable of this person shows it."""
    found: list[dict[str, Any]] = await who.page.evaluate(
        """async () => {
            const day = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);
            const answer = await fetch(`/api/v1/lessons?from=${day}&to=${day}`);
            return (await answer.json()).lessons;
        }"""
    )
    (lesson,) = [each["id"] for each in found if each["may_join"]]
    return str(lesson)

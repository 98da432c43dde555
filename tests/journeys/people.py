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

    async def frames_decoded(self) -> int:
        return sum(int(each.get("framesDecoded") or 0) for each in await self.who.inbound("video"))

    async def audio_energy(self) -> float:
        return sum(float(each.get("totalAudioEnergy") or 0) for each in await self.who.inbound("audio"))

    async def sees_video_move(self, timeout_ms: int = STEP_MS) -> None:
        """At least 10 more frames are decoded, whatever was decoded before."""
        start = await self.frames_decoded()

        async def moved() -> bool:
            return await self.frames_decoded() >= start + 10

        await until(self.page, f"{self.who.name} decodes 10 more video frames", moved, timeout_ms)

    async def hears_sound(self, timeout_ms: int = STEP_MS) -> None:
        """Audible energy arrives (the fake microphone beeps every second; silence adds none)."""
        start = await self.audio_energy()

        async def louder() -> bool:
            return await self.audio_energy() > start + 1e-4

        await until(self.page, f"{self.who.name} hears somebody", louder, timeout_ms)

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

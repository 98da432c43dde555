"""Each screen of the demo school, wide and narrow, is free of serious accessibility findings and asks nothing of an outside host."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.kit.browser import Person, chromium, person
from tests.kit.school_process import SchoolProcess, running_school

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

AXE = Path(__file__).parents[2] / "static_client" / "node_modules" / "axe-core" / "axe.min.js"
OUT = Path(__file__).parents[1] / "out" / "screens"
RUN_AXE = """
async () => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  return found.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
    .map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 200) + ' | ' + n.failureSummary)}));
}
"""

#: name, who, path with {now} the lesson of today and {past} the finished one.
SCREENS = [
    ("sign-in", None, "/sign-in"),
    ("home-student", "student1", "/"),
    ("home-lecturer", "lecturer", "/"),
    ("prejoin", "student1", "/lessons/{now}"),
    ("desk", "class_manager", "/desk"),
    ("desk-class", "class_manager", "/desk/{now}"),
    ("roll", "lecturer", "/lessons/{past}/roll"),
    ("sheet", "lecturer", "/lessons/{past}/sheet"),
    ("recording", "lecturer", "/lessons/{past}/recording"),
    ("verify-unknown", None, "/verify/0000-0000-0000-0000"),
    ("not-found", None, "/no/such/page"),
]
SIZES = [(1440, 900), (390, 844)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SchoolProcess]:
    async with running_school(tmp_path_factory.mktemp("screens")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lessons(school: SchoolProcess, browser: Browser) -> dict[str, str]:
    """The lesson of now and the finished one that has a sheet."""
    office = await person(browser, "training office")
    await office.page.goto(school.links["training_office"])
    cards: list[dict[str, Any]] = await office.page.evaluate(
        """async () => {
            const iso = ms => new Date(ms + 7 * 3600e3).toISOString().slice(0, 10);
            const now = Date.now();
            return (await (await fetch(`/api/v1/lessons?from=${iso(now - 10 * 864e5)}&to=${iso(now + 864e5)}`)).json()).lessons;
        }"""
    )
    await office.context.close()
    ended = [card["id"] for card in cards if card["state"] in ("ended", "sheet_open", "closed")]
    return {"now": next(card["id"] for card in cards if card["may_join"]), "past": ended[-1]}


async def settled(somebody: Person) -> None:
    """The page has its content (no skeleton is left) and its fonts."""
    await somebody.page.locator("main h1, main h2, main [role=alert], main .empty").first.wait_for()
    await expect(somebody.page.locator("[aria-busy=true]")).to_have_count(0)
    await somebody.page.evaluate("document.fonts.ready")


async def show(browser: Browser, school: SchoolProcess, who: str | None, path: str, size: tuple[int, int]) -> Person:
    somebody = await person(browser, who or "nobody", width=size[0], height=size[1], mobile=size[0] < 600)
    if who:
        await somebody.page.goto(school.links[who])
    await somebody.page.goto(school.base_url + path)
    await settled(somebody)
    return somebody


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize(("name", "who", "path"), SCREENS, ids=[screen[0] for screen in SCREENS])
async def test_screen_is_accessible_fits_its_width_and_stays_on_this_machine(
    name: str,
    who: str | None,
    path: str,
    size: tuple[int, int],
    school: SchoolProcess,
    browser: Browser,
    lessons: dict[str, str],
) -> None:
    somebody = await show(browser, school, who, path.format(**lessons), size)
    try:
        OUT.mkdir(parents=True, exist_ok=True)
        await somebody.page.screenshot(path=str(OUT / f"{name}-{size[0]}.png"))
        await somebody.page.evaluate(AXE.read_text())
        findings = await somebody.page.evaluate(RUN_AXE)
        assert findings == [], json.dumps(findings, ensure_ascii=False, indent=1)
        overflow = await somebody.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"the page is {overflow} px wider than the window"
        assert somebody.outside_hosts() == set()
        assert [line for line in somebody.console if "pageerror" in line or "Content Security Policy" in line] == []
    finally:
        await somebody.context.close()


async def test_every_screen_speaks_english_when_asked_to(
    school: SchoolProcess, browser: Browser, lessons: dict[str, str]
) -> None:
    somebody = await show(browser, school, "lecturer", "/", (1440, 900))
    await somebody.page.get_by_role("button", name="EN – English").click()
    await expect(somebody.page.locator("html")).to_have_attribute("lang", "en")
    for path in ("/", f"/lessons/{lessons['now']}"):
        await somebody.page.goto(school.base_url + path)
        await settled(somebody)
        words = await somebody.page.evaluate(
            "[...document.querySelectorAll('button, h2, label')].map(e => e.textContent).join(' ')"
        )
        for vietnamese in ("Vào lớp", "Vào dạy", "Micrô", "Kiểm tra"):
            assert vietnamese not in words
    await somebody.context.close()

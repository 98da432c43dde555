"""A server that is full, seen from inside and outside: who comes is told so in words, who is there loses nothing."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from tests.journeys.lesson_plan import write_plan
from tests.journeys.people import Somebody, lesson_now, somebody
from tests.kit.browser import chromium, person
from tests.kit.school_process import SchoolProcess, free_tcp_port, running_school

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OUT = Path(__file__).parents[1] / "out" / "full"
PLACES, WANTED = 6, 9
SCREENS = {"desk": (1440, 900, False), "phone": (390, 844, True)}
SAID = {"vi": "Máy chủ đã đủ chỗ. Thử lại sau ít phút", "en": "The server is full. Try again in a few minutes"}


async def command(school: SchoolProcess, *words: str) -> asyncio.subprocess.Process:
    settings = {"GD_DATA_DIR": str(school.data), "GD_PORT": school.base_url.rpartition(":")[2]}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *words, env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def output(process: asyncio.subprocess.Process) -> str:
    out, err = await process.communicate()
    assert process.returncode is not None, err
    return out.decode()


async def inside(metrics_port: int, peers: int) -> None:
    """Wait until so many are served."""
    async with aiohttp.ClientSession() as client, asyncio.timeout(60):
        while True:
            async with client.get(f"http://127.0.0.1:{metrics_port}/metrics") as answer:
                told = re.findall(r"^gd_relay_peers\{.*\} ([0-9.]+)$", await answer.text(), re.MULTILINE)
            if sum(map(float, told)) >= peers:
                return
            await asyncio.sleep(0.2)


async def turned_away(browser: Browser, school: SchoolProcess, lesson: str, screen: str, language: str) -> None:
    """A student at the door of the full lesson."""
    width, height, mobile = SCREENS[screen]
    them = await person(browser, f"student on a {screen}", width=width, height=height, mobile=mobile)
    who = Somebody(them, school.links["student1"])
    await who.sign_in()
    await who.page.evaluate("(language) => localStorage.setItem('gd.locale', language)", language)
    await who.page.goto(f"{school.base_url}/lessons/{lesson}")
    entry = who.page.get_by_role("button", name=re.compile("^(Vào lớp|Join)"))
    await expect(entry).to_be_visible()
    consent = who.page.get_by_role("checkbox")
    if await consent.count():
        await consent.first.check(force=True)
    await entry.click()
    said = who.page.get_by_text(SAID[language]).first
    await expect(said).to_be_visible()
    OUT.mkdir(parents=True, exist_ok=True)
    await who.page.screenshot(path=str(OUT / f"{screen}-{language}.png"))
    box = await said.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    await them.context.close()


async def test_who_comes_to_a_full_server_reads_why_and_those_inside_lose_nothing(tmp_path: Path) -> None:
    metrics_port = free_tcp_port()
    env = {
        "GD_METRICS_PORT": str(metrics_port),
        "GD_DEMO_PLAN": str(write_plan(tmp_path)),
        "GD_MAX_PEERS": str(PLACES),
        "GD_MAX_DEVICES": str(WANTED + 1),
        "GD_MEDIA_SHARDS": "1",
    }
    async with running_school(tmp_path / "data", env) as school, chromium() as browser:
        lesson = await lesson_now(await somebody(browser, "lecturer", school.links["lecturer"]))
        keys = ""
        for purpose, count in (("camera", 1), ("screen", WANTED)):
            keys += await output(
                await command(school, "device-key", lesson, "--purpose", purpose, "--count", str(count))
            )
        file = tmp_path / "keys"
        file.write_text(keys)
        load = await command(
            school, "load", "--keys", str(file), "--subscribers", str(WANTED), "--seconds", "25", "--lang", "en"
        )
        try:
            await inside(metrics_port, PLACES)
            for screen, language in (("desk", "vi"), ("phone", "vi"), ("desk", "en"), ("phone", "en")):
                await turned_away(browser, school, lesson, screen, language)
        finally:
            said = await output(load)
    assert f"Let in: {PLACES - 1} of {WANTED} receivers" in said
    assert "503" in said
    assert re.search(r"\b0\.000 %", said), said

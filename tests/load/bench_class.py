"""A whole class at the door of a whole school: sign-in, ticket, WebSocket, ICE, DTLS, sound, so many at once into one lesson that runs.

Run: `python -m tests.load.bench_class [N] [--write]`; prints one JSON line. The lesson's lecturer sends camera and voice to students who came
earlier; between them the delay is measured, from the lecturer's send to the kernel's arrival. Load and school share this machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from media.load.peers import Audio, JoinFailed, Listening, Load, LoadPeer, Video
from server.services.demo_rows import DEMO_PASSWORD
from tests.kit.lesson_client import Browser, LessonClient, Refusal
from tests.kit.school_process import SchoolProcess, running_school
from tests.load.bench_crowd import until_all_hear
from tests.load.large_class import enrol
from tests.load.report import machine, put_section

IP = "127.0.0.1"
WATCHING = 20
BEFORE_S = 5.0
ROUNDS = 3
PLAN = {"starts_in_s": 1, "period_s": 3600, "periods": 1, "history": False}
LISTENING = Listening(twcc=True)
#: m-lines of a load peer's offer that publishes, in its order.
PUBLISHED = ("microphone", "camera")


class InLesson:
    """One person's way into a lesson, as `media.load` takes it: ticket, WebSocket, CONNECT with the offer."""

    def __init__(self, browser: Browser, lesson: str) -> None:
        self._browser, self._lesson = browser, lesson
        self.client = LessonClient(browser.base_url, browser.device)

    async def publish(self, offer: str) -> str:
        return await self._join(offer, [{"mid": str(n), "role": role} for n, role in enumerate(PUBLISHED)])

    async def subscribe(self, offer: Callable[[], str], answer: Callable[[str], str]) -> str:
        return await self._join(offer(), [])

    async def leave(self) -> None:
        await self.client.leave()

    async def _join(self, offer: str, media: list[dict[str, str]]) -> str:
        try:
            ticket = (await self._browser.ticket(self._lesson))["ticket"]
            await self.client.connect(ticket=ticket, offer=offer, media=media)
            return str((await self.client.until("joined"))["answer"])
        except (Refusal, TimeoutError) as error:
            raise JoinFailed(repr(error)) from error


class Class:
    """The school's people as this bench needs them."""

    def __init__(self, school: SchoolProcess) -> None:
        self.school = school
        self.lesson = ""
        self.browsers: list[Browser] = []

    def browser(self, who: str) -> Browser:
        made = Browser(self.school.base_url.replace("localhost", IP), f"device-of-{who}")
        self.browsers.append(made)
        return made

    async def by_link(self, who: str) -> Browser:
        browser = self.browser(who)
        await browser.visit(self.school.links[who].replace("localhost", IP))
        if not self.lesson:
            lessons = (await browser.get("/lessons"))["lessons"]
            self.lesson = str(next(each["id"] for each in lessons if each["may_join"]))
        await browser.consent(self.lesson)
        return browser

    async def by_password(self, login: str) -> Browser:
        """Passwords are costly to check on purpose: the school does a few at a time and asks the others to come again."""
        browser = self.browser(login)
        while True:
            try:
                await browser.sign_in(login, DEMO_PASSWORD)
                return browser
            except Refusal as refusal:
                if refusal.code != "auth.busy":
                    raise
                await asyncio.sleep(float(refusal.problem["params"]["retry_after_s"]))

    def way_in(self, browser: Browser) -> InLesson:
        return InLesson(browser, self.lesson)


def delays(stats: dict[str, Any]) -> list[float]:
    return [round(stats[f"{p}_us"] / 1e3, 2) for p in ("p50", "p99")]


async def begin(people: Class, load: Load) -> None:
    """The lesson runs: a lecturer who talks, and students who listen."""
    desk = people.way_in(await people.by_link("lecturer"))
    await load.publish(desk, Video(), Audio())
    await desk.client.do("set_media", microphone=True, camera=True, screen=False)
    await desk.client.do("start_lesson")
    early = [await people.by_link(f"student{n + 1}") for n in range(WATCHING)]
    here = await asyncio.gather(*(load.subscribe(people.way_in(each), 1, LISTENING, audio=1) for each in early))
    await until_all_hear(load, list(here))


async def timed(deeds: list[Any]) -> tuple[list[Any], float]:
    begun = time.monotonic()
    found = await asyncio.gather(*deeds)
    return list(found), time.monotonic() - begun


async def measure(n: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = folder / "plan.json"
        plan.write_text(json.dumps(PLAN))
        env = {"GD_DEMO_PLAN": str(plan), "GD_RECORDING": "false"}
        async with running_school(folder / "school", env) as school, Load(IP) as running, Load(IP) as crowd:
            people = Class(school)
            logins = enrol(school.data, n)
            await begin(people, running)
            before = await running.window(BEFORE_S)
            running.engine.open_window()
            browsers, signed_in_s = await timed([people.by_password(login) for login in logins])
            running.engine.close_window()
            await asyncio.sleep(0.5)
            signing = running.engine.stats()
            for browser in browsers:
                await browser.consent(people.lesson)
            running.engine.open_window()
            joining = [crowd.subscribe(people.way_in(each), 1, LISTENING, audio=1) for each in browsers]
            made, joined_s = await timed(joining)
            peers: list[LoadPeer] = made
            heard = await until_all_hear(crowd, peers)
            running.engine.close_window()
            await asyncio.sleep(0.5)
            during = running.engine.stats()
            result = {
                "joins": n,
                "all_signed_in_s": round(signed_in_s, 2),
                "all_joined_s": round(joined_s, 2),
                "all_hear_s": round(heard[-1], 2),
                "hears_s_p50": round(heard[n // 2], 2),
                "delay_before_ms_p50_p99": delays(before),
                "delay_signing_in_ms_p50_p99": delays(signing),
                "delay_joining_ms_p50_p99": delays(during),
                "added_ms_p99": round((during["p99_us"] - before["p99_us"]) / 1e3, 2),
            }
        for browser in people.browsers:
            await browser.close()
        return result


def told(rows: list[dict[str, Any]]) -> str:
    """The section of docs/performance.md."""
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([str(row[h]) for h in heads] for row in rows)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"""## A class at the door
Written by `python -m tests.load.bench_class --write` on {datetime.now(UTC):%Y-%m-%d}: {machine()}.

A whole school: so many students sign in by password in the same moment, then, in the same moment again, ask for tickets, open
WebSockets, shake hands and listen, in one lesson. `hears`: from asking for the ticket to the first packet. `delay`: from the
lecturer's send to the kernel's arrival at {WATCHING} students of this lesson who came earlier. Goals: all hear ≤ 15 s, added p99 ≤ 20 ms.
Load and school share the cores; the load makes as many DTLS handshakes as the school.

{table}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", nargs="?", type=int, default=150)
    parser.add_argument("--write", action="store_true", help="three rounds, into docs/performance.md")
    args = parser.parse_args()
    rows = []
    for _ in range(ROUNDS if args.write else 1):
        rows.append(asyncio.run(measure(args.n)))
        print(json.dumps(rows[-1]), flush=True)
    if args.write:
        put_section("class", told(rows))


if __name__ == "__main__":
    main()

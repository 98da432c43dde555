"""From a link to the lecturer's voice, over lines that students have: a fresh real Chromium each time, real school, all of it over the line.

Run: `python -m tests.load.bench_join_line [--only wide|narrow] [--rounds N] [--trace] [--keep FILE] [--write]`. Prints one JSON line per figure. What
the student opens is a sign-in link that leads to the lesson; the button is pressed the moment it may be; heard is what the browser played.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.kit.browser import FLAGS
from tests.kit.school_process import SchoolProcess, free_media_ports, free_tcp_port, running_school
from tests.load.far_side import NEAR, LineShape, far_side, launcher
from tests.load.join_trace import PHASES, READ_TRACE, TRACER, moments, phases
from tests.load.namespace import enter
from tests.load.report import machine, put_section
from tests.load.talker import lecturer_talks, plain_browser
from tests.load.tls_front import certificate, key_hash, tls_front

ROUNDS = 20
LONGEST_MS = 30_000
#: Students of the demonstration school who take turns, so that nobody's seat is taken over from a device before.
STUDENTS = 60


@dataclass(frozen=True)
class Goal:
    """A line and by when the lecturer must be heard over it."""

    name: str
    shape: LineShape
    bound_s: float


GOALS = (
    Goal("wide", LineShape(5_000_000, 0.040), 3.0),
    Goal("narrow", LineShape(1_000_000, 0.150), 6.0),
)


@dataclass
class Doors:
    """The school as the far end sees it."""

    school: SchoolProcess
    lesson: str
    site: str
    #: Browsers take this key for a good one.
    key_hash: str

    def link(self, who: str) -> str:
        return f"{self.site}{urlsplit(self.school.links[who]).path}?lesson={self.lesson}"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Doors]:
    """A school behind TLS in which the lecturer talks and every student has consented."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"starts_in_s": 1, "period_s": 3600, "periods": 1, "history": False}))
    port = free_tcp_port()
    site = f"https://{NEAR}:{port}"
    env = {
        "GD_DEMO_PLAN": str(plan), "GD_UDP_PORT": str(free_media_ports()), "GD_PUBLIC_URL": site, "GD_ANNOUNCED_IPS": NEAR, "GD_RECORDING": "false",
    }  # fmt: skip
    async with running_school(folder / "school", env) as school:
        inner_port = urlsplit(school.base_url).port or 0
        base = f"http://127.0.0.1:{inner_port}"
        pem = certificate(folder, NEAR)
        async with tls_front(pem, NEAR, port, inner_port), lecturer_talks(school, base) as lesson:
            for n in range(STUDENTS):
                student = await plain_browser(school, base, f"student{n + 1}")
                await student.consent(lesson)
                await student.close()
            yield Doors(school, lesson, site, key_hash(pem))


@asynccontextmanager
async def fresh_browser(program: Path, key: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        flags = [*FLAGS, f"--ignore-certificate-errors-spki-list={key}"]
        browser = await playwright.chromium.launch(executable_path=str(program), headless=True, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


async def visit(context: BrowserContext, link: str) -> dict[str, Any]:
    """Open the link, press, listen; the browser's notes."""
    page = await context.new_page()
    await page.goto(link, wait_until="commit")
    trace: dict[str, Any] = await page.evaluate(READ_TRACE, LONGEST_MS)
    if "heard" not in trace:
        raise TimeoutError(json.dumps(trace))
    await page.close()
    return trace


async def rounds(
    doors: Doors, goal: Goal, folder: Path, count: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(with an empty cache, once more with what the first visit left in it)."""
    cold, warm = [], []
    async with far_side(goal.shape) as prefix:
        program = launcher(folder, prefix, "chromium")
        for n in range(count):
            async with fresh_browser(program, doors.key_hash) as browser:
                context = await browser.new_context(locale="vi-VN", permissions=["camera", "microphone"])
                await context.add_init_script(TRACER)
                cold.append(await visit(context, doors.link(f"student{n % STUDENTS + 1}")))
                warm.append(await visit(context, doors.link(f"student{n % STUDENTS + 1}")))
            print(
                json.dumps({"line": goal.name, "round": n, "cold_ms": heard(cold[-1]), "warm_ms": heard(warm[-1])}),
                flush=True,
            )
    return cold, warm


def heard(trace: dict[str, Any]) -> int:
    return round(moments(trace)["heard"])


def p(values: list[float], share: float) -> float:
    """The value that so many of 100 do not exceed: with 20 rounds p95 is the 19th."""
    ranked = sorted(values)
    return ranked[max(0, -(-round(len(ranked) * share * 100) // 100) - 1)]


def told(results: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]) -> str:
    """The section of docs/performance.md."""
    lines = [
        f"Written by `python -m tests.load.bench_join_line --write`: {machine()}.",
        "",
        "| line | rounds | cache | median s | p95 s | worst s | bound | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for goal in GOALS:
        for cache, traces in zip(("empty", "filled"), results[goal.name], strict=True):
            times = [heard(trace) / 1000 for trace in traces]
            bound = f"p95 ≤ {goal.bound_s:g}" if cache == "empty" else ""
            verdict = "" if not bound else "kept" if p(times, 0.95) <= goal.bound_s else "missed"
            lines.append(
                f"| {goal.shape} | {len(times)} | {cache} | {statistics.median(times):.2f} | {p(times, 0.95):.2f} | {max(times):.2f} "
                f"| {bound} | {verdict} |"
            )
    lines += [
        "",
        "Where the time goes with an empty cache, medians in ms:",
        "",
        "| phase | " + " | ".join(str(g.shape) for g in GOALS) + " |",
    ]
    lines.append("|---|" + "---|" * len(GOALS))
    for _, name in PHASES:
        cells = [round(statistics.median(phases(trace)[name] for trace in results[g.name][0])) for g in GOALS]
        lines.append(f"| {name} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def show(trace: dict[str, Any]) -> None:
    """One round in full, for people who shorten it."""
    for name, at in moments(trace).items():
        print(f"{at:8.0f}  {dict(PHASES)[name]}")
    for each in sorted(trace["files"], key=lambda one: one["begun"]):
        print(
            f"  {each['begun']:6.0f} {each['asked']:6.0f} {each['first']:6.0f} {each['done']:6.0f}  {each['bytes']:7d} {each['name']}"
        )
    print({k: round(v) for k, v in trace.items() if isinstance(v, float)})


async def measure(args: argparse.Namespace) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with opened(folder) as doors:
            return {
                goal.name: await rounds(doors, goal, folder, args.rounds) for goal in GOALS if args.only in goal.name
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one line (part of its name)")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--trace", action="store_true", help="show the last round's trace in full")
    parser.add_argument(
        "--keep", type=Path, help="a file that remembers each line's rounds, so that lines can be measured apart"
    )
    parser.add_argument("--write", action="store_true", help="into docs/performance.md; needs both lines")
    args = parser.parse_args()
    enter("tests.load.bench_join_line")
    results = asyncio.run(measure(args))
    if args.keep:
        results = (json.loads(args.keep.read_text()) if args.keep.exists() else {}) | results
        args.keep.write_text(json.dumps(results))
    ok = True
    for goal in GOALS:
        if goal.name not in results:
            continue
        cold, warm = results[goal.name]
        value = p([heard(trace) / 1000 for trace in cold], 0.95)
        ok = ok and value <= goal.bound_s
        print(json.dumps({
            "line": str(goal.shape), "p95_s": value, "bound_s": goal.bound_s, "ok": value <= goal.bound_s,
            "median_s": statistics.median(heard(t) / 1000 for t in cold), "warm_p95_s": p([heard(t) / 1000 for t in warm], 0.95),
            "phases_ms": {name: round(statistics.median(phases(t)[name] for t in cold)) for _, name in PHASES},
        }, ensure_ascii=False))  # fmt: skip
        if args.trace:
            show(cold[-1])
            show(warm[-1])
    if args.write and len(results) == len(GOALS):
        put_section("join-line", told(results))
    raise SystemExit(0 if ok else 1)


if __name__ == "__main__":
    main()

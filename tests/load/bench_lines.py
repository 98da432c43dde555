"""`make bench-lines`: a lesson on the lines that students have. Real server, two real Chromium, an impaired network between them and the relay.

Each line gets a student of its own behind a userspace network (loss, delay, a rate with its queue); the lecturer talks without pause and
shows a moving camera in three layers. What is counted is what the student's browser says it played. `--quick` shortens the ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import tempfile
import wave
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser

from tests.journeys.people import Somebody, lesson_now, until
from tests.kit.browser import chromium, person
from tests.kit.own_network import own_network
from tests.kit.school_process import SchoolProcess, free_media_ports, running_school
from tests.kit.udp_relay import Link, UdpRelay
from tests.load.line_samples import SAMPLE_EVERY_MS, SAMPLER, Samples
from tests.load.report import machine, put_section

#: Room in front of a narrow line, as home routers have it: a quarter of a second, at least three datagrams.
QUEUE_S = 0.25


@dataclass
class Viewer:
    """A student who has heard and seen the lecturer, and the network in front of them."""

    student: Somebody
    net: UdpRelay

    async def now_ms(self) -> float:
        return float(await self.student.page.evaluate("performance.now()"))

    async def samples(self) -> Samples:
        return Samples(await self.student.page.evaluate("window.__samples"))

    async def watch(self, seconds: float) -> Samples:
        """What happens from now on for so long."""
        begun = await self.now_ms()
        await asyncio.sleep(seconds)
        return (await self.samples()).between(begun, await self.now_ms())

    def set_line(self, loss: float = 0.0) -> None:
        self.net.up.loss = self.net.down.loss = loss


@dataclass(frozen=True)
class Figure:
    """One measured figure against its bound."""

    line: str
    says: str
    value: float
    bound: float
    at_least: bool

    @property
    def ok(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


class Lines:
    """The school, its lecturer, and students one after another."""

    def __init__(self, school: SchoolProcess, browser: Browser, lesson: str, udp_port: int, quick: bool) -> None:
        self.school, self.browser, self.lesson, self.udp_port, self.quick = school, browser, lesson, udp_port, quick
        self.figures: list[Figure] = []

    def note(self, line: str, says: str, value: float, bound: float, at_least: bool = False) -> None:
        figure = Figure(line, says, round(value, 4), bound, at_least)
        self.figures.append(figure)
        print(json.dumps({**figure.__dict__, "ok": figure.ok}, ensure_ascii=False), flush=True)

    @asynccontextmanager
    async def viewer(self, up: Link | None = None, down: Link | None = None) -> AsyncIterator[Viewer]:
        who = await person(self.browser, "student")
        async with own_network(who, self.udp_port, up, down) as net:
            student = Somebody(who, self.school.links["student1"])
            await student.sign_in()
            await student.enter(self.lesson)
            await student.page.evaluate(SAMPLER, SAMPLE_EVERY_MS)
            try:
                yield Viewer(student, net)
            finally:
                await who.context.close()

    async def loss(self, share: float, seconds: float, heard: float) -> None:
        line = f"{share:.0%} loss both ways, {seconds:.0f} s"
        async with self.viewer() as viewer:
            await _playing(viewer)
            await until(viewer.student.page, "the best layer", lambda: _has_lines(viewer, 700), 30_000)
            viewer.set_line(share)
            seen = await viewer.watch(seconds)
            self.note(line, "share of 20 ms audio heard", seen.heard(), heard, at_least=True)
            if share < 0.3:
                self.note(line, "share of time frozen", seen.frozen_s() / seen.seconds, 0.05)
            self.note(line, "disconnects", seen.disconnects(), 0)
            if share >= 0.3:
                viewer.set_line()
                cleared = await viewer.now_ms()
                after = await viewer.watch(15)
                best = after.first(lambda row: any(v["height"] >= 700 for v in row["video"]))
                self.note(line, "full quality after the loss ends, s", ((best or math.inf) - cleared) / 1000, 10)

    async def narrow(self, kbps: int, seconds: float, frozen_s: float) -> None:
        line = f"{kbps} kbit/s down, {seconds:.0f} s from the first picture"
        async with self.viewer(down=_narrow(kbps)) as viewer:
            await _playing(viewer)
            seen = await viewer.watch(seconds)
            self.note(line, "seconds frozen", seen.frozen_s(), frozen_s)
            self.note(line, "lines of the picture at the end", seen.height(), 180, at_least=True)

    async def very_narrow(self, seconds: float) -> None:
        line = f"64 kbit/s, 300 ms round trip, 5 % loss, {seconds:.0f} s"
        up, down = _narrow(64, loss=0.05, delay_s=0.15), _narrow(64, loss=0.05, delay_s=0.15)
        async with self.viewer(up, down) as viewer:
            await until(viewer.student.page, "the voice is there", lambda: _hears(viewer), 30_000)
            seen = await viewer.watch(seconds)
            self.note(line, "share of seconds heard", seen.heard_seconds(), 0.99, at_least=True)

    async def blackout(self) -> None:
        async with self.viewer() as viewer:
            await _playing(viewer)
            viewer.net.blocked = True
            await asyncio.sleep(10)
            packets = (await viewer.samples()).voice()[-1][1]["packets"]
            viewer.net.blocked = False
            unblocked = await viewer.now_ms()
            seen = await viewer.watch(10)
            # A new connection counts its packets anew; either way somebody is heard.
            first = seen.first(lambda row: any(a["packets"] not in (0, packets) for a in row["audio"]))
            self.note("10 s blackout", "heard again after it ends, s", ((first or math.inf) - unblocked) / 1000, 3)

    async def address_change(self) -> None:
        async with self.viewer() as viewer:
            await _playing(viewer)
            viewer.net.strand()
            seen = await viewer.watch(12)
            self.note("address change", "longest gap in the voice, s", seen.longest_gap_s(), 2.5)


def _narrow(kbps: int, loss: float = 0.0, delay_s: float = 0.02) -> Link:
    queue = max(int(kbps * 1000 / 8 * QUEUE_S), 4500)
    return Link(loss=loss, delay_s=delay_s, rate_bps=kbps * 1000, queue_bytes=queue)


async def _has_lines(viewer: Viewer, lines: int) -> bool:
    return (await viewer.samples()).height() >= lines


async def _hears(viewer: Viewer) -> bool:
    voice = (await viewer.samples()).voice()
    return bool(voice) and voice[-1][1]["packets"] > 50


async def _playing(viewer: Viewer) -> None:
    async def plays() -> bool:
        camera = (await viewer.samples()).camera()
        return bool(camera) and camera[-1][1]["frames"] > 0 and await _hears(viewer)

    await until(viewer.student.page, "voice and picture are there", plays, 60_000)


def write_voice(path: Path, seconds: int = 10) -> None:
    """Somebody who talks without pause, so that discontinuous transmission never rests: a rough vowel whose pitch wanders."""
    rate = 48_000
    samples = array("h")
    phase = 0.0
    for i in range(rate * seconds):
        t = i / rate
        phase += 2 * math.pi * (140 + 25 * math.sin(2 * math.pi * t * 0.7)) / rate
        tone = sum(math.sin(n * phase) / n for n in range(1, 9))
        samples.append(int(6000 * tone * (0.75 + 0.25 * math.sin(2 * math.pi * 4 * t))))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())


async def measure(quick: bool, only: str) -> list[Figure]:
    udp_port = free_media_ports()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_voice(data / "voice.wav")
        plan = data / "plan.json"
        plan.write_text(json.dumps({"starts_in_s": 5, "period_s": 3600, "periods": 1, "history": False}))
        env = {"GD_DEMO_PLAN": str(plan), "GD_UDP_PORT": str(udp_port), "GD_RECORDING": "false", "GD_MEDIA_SHARDS": "1"}
        voice = f"--use-file-for-fake-audio-capture={data / 'voice.wav'}"
        async with running_school(data / "school", env) as school, chromium(voice) as teaching, chromium() as learning:
            lecturer = Somebody(await person(teaching, "lecturer"), school.links["lecturer"])
            await lecturer.sign_in()
            lesson = await lesson_now(lecturer)
            await lecturer.enter(lesson)
            await lecturer.turn_on("Mic")
            await lecturer.turn_on("Camera")
            await lecturer.button("Bắt đầu buổi học").click()
            lines = Lines(school, learning, lesson, udp_port, quick)
            for name, deed in _deeds(lines).items():
                if not only or only in name:
                    try:
                        await deed()
                    except Exception as error:  # a line that fails to measure fails; the others go on
                        lines.note(name, f"could not be measured: {error}"[:200], math.inf, 0)
            return lines.figures


def _deeds(lines: Lines) -> dict[str, Callable[[], Awaitable[None]]]:
    long_s, mid_s = (60, 30) if lines.quick else (600, 120)
    return {
        "loss10": lambda: lines.loss(0.10, long_s, 0.99),
        "loss30": lambda: lines.loss(0.30, mid_s, 0.95),
        "700k": lambda: lines.narrow(700, 40, 1.0),
        "300k": lambda: lines.narrow(300, 40, 0.0),
        "64k": lambda: lines.very_narrow(60),
        "blackout": lines.blackout,
        "address": lines.address_change,
    }


def table(figures: list[Figure]) -> str:
    lines = [
        f"Written by `make bench-lines`: {machine()}.",
        "",
        "| line | figure | measured | bound | |",
        "|---|---|---|---|---|",
    ]
    for f in figures:
        sign = "≥" if f.at_least else "≤"
        lines.append(f"| {f.line} | {f.says} | {f.value} | {sign} {f.bound} | {'kept' if f.ok else 'missed'} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one minute instead of ten; the document is not touched")
    parser.add_argument("--only", default="", help="measure one line only (part of its name)")
    args = parser.parse_args()
    figures = asyncio.run(measure(args.quick, args.only))
    if not args.quick and not args.only:
        put_section("lines", table(figures))
    passed = sum(f.ok for f in figures)
    print(f"{passed} passed, {len(figures) - passed} failed; load average {os.getloadavg()[0]:.1f}")
    print(f"{passed} passed, {len(figures) - passed} failed")
    raise SystemExit(0 if passed == len(figures) else 1)


if __name__ == "__main__":
    main()

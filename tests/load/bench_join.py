"""What joining costs: from CONNECT to `joined`, to the first audio packet of the lecturer, and the server's CPU per join.

A demonstration school as a process of its own; N students with real tickets, real Socket.IO, real ICE, DTLS and SRTP on loopback, all at once after
the lecturer talks. Run: `python -m tests.load.bench_join [N]`; prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.kit.lesson_client import Browser, LessonClient
from tests.kit.rtc_client import RtcClient
from tests.kit.school_process import SchoolProcess, running_school

TALK_EVERY_S = 0.02


async def page(school: SchoolProcess, who: str) -> Browser:
    browser = Browser(school.base_url, f"device-of-{who}")
    await browser.visit(school.links[who])
    return browser


def offered(rtc: RtcClient) -> dict[str, Any]:
    return {"offer": rtc.offer(), "media": [{"mid": each.mid, "role": each.role} for each in rtc.publish]}


async def talk(rtc: RtcClient) -> None:
    while True:
        rtc.send_audio(payload=bytes(100))
        await asyncio.sleep(TALK_EVERY_S)


def cpu_ms(pid: int) -> float:
    """CPU of all threads of a process so far."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


async def join(
    school: SchoolProcess, browser: Browser, ticket: str, rtc: RtcClient
) -> tuple[float, float, LessonClient]:
    """Seconds from CONNECT to `joined`, and to keys (packets may flow)."""
    client = LessonClient(school.base_url, browser.device)
    offer = offered(rtc)
    begin = time.perf_counter()
    connecting = asyncio.create_task(client.connect(ticket=ticket, **offer))
    joined = await client.until("joined")
    signalled = time.perf_counter() - begin
    rtc.accept(joined["answer"])
    await rtc.connect()
    connected = time.perf_counter() - begin
    await connecting
    return signalled, connected, client


def percentile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000, 1)


async def measure(n: int, folder: Path) -> dict[str, Any]:
    async with running_school(folder) as school:
        teacher = await page(school, "lecturer")
        lessons = (await teacher.get("/lessons"))["lessons"]
        lesson = str(next(each["id"] for each in lessons if each["may_join"]))
        await teacher.consent(lesson)
        lecturer = RtcClient({"microphone": ()}, seed=1)
        ticket = (await teacher.ticket(lesson))["ticket"]
        _, _, desk = await join(school, teacher, ticket, lecturer)
        talking = asyncio.create_task(talk(lecturer))
        browsers = [await page(school, f"student{i + 1}") for i in range(n)]
        for browser in browsers:
            await browser.consent(lesson)
        tickets = [(await browser.ticket(lesson))["ticket"] for browser in browsers]
        students = [RtcClient(audio_slots=2, video_slots=2, seed=2 + i) for i in range(n)]
        pid = school.server_pid()
        before, begin = cpu_ms(pid), time.perf_counter()
        results = await asyncio.gather(
            *(join(school, b, t, rtc) for b, t, rtc in zip(browsers, tickets, students, strict=True))
        )
        all_s = time.perf_counter() - begin
        spent = cpu_ms(pid) - before
        async with asyncio.timeout(30):
            while not all(any(student.received.values()) for student in students):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        heard_s = time.perf_counter() - begin
        talking.cancel()
        signalled, connected = [each[0] for each in results], [each[1] for each in results]
        for _, _, client in results:
            await client.leave()
        await desk.leave()
        for rtc in (lecturer, *students):
            await rtc.close()
        for browser in (teacher, *browsers):
            await browser.close()
    return {
        "students": n,
        "signalling_ms_p50": percentile(signalled, 0.5),
        "join_ms_p50": percentile(connected, 0.5),
        "join_ms_p95": percentile(connected, 0.95),
        "join_ms_mean": round(statistics.mean(connected) * 1000, 1),
        "all_joined_ms": round(all_s * 1000),
        "all_heard_ms": round(heard_s * 1000),
        "join_cpu_ms": round(spent / n, 1),
    }


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(n, Path(folder) / "school"))))


if __name__ == "__main__":
    main()

"""`make soak`: half an hour of coming and going at the relay. 50 peers, somebody joins or leaves every 5 s, a lecturer talks and shows.

What must hold: memory does not climb once everybody has been there, and when all have left, tasks, sockets and file descriptors are those
of the beginning. `--minutes`, `--peers` make it shorter for development.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.kit.rtc_client import RtcClient
from tests.kit.rtp_packets import fake_vp8

EVERY_S = 5.0
#: Memory that may be gained per hour, by the slope over the last two thirds of the run. An allocator's noise is below 1 MB.
MOST_MB_PER_HOUR = 4.0
#: The first third fills rings, caches and the allocator's arenas.
SETTLES = 1 / 3


@dataclass(frozen=True)
class State:
    """What a process holds."""

    rss_mb: float
    descriptors: int
    sockets: int
    tasks: int


class Host:
    """The relay in a process of its own, behind HTTP."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, http: aiohttp.ClientSession) -> None:
        self._process, self._url, self._http = process, url, http

    async def state(self) -> State:
        async with self._http.get(f"{self._url}/tasks") as answer:
            tasks = (await answer.json())["tasks"]
        folder = Path(f"/proc/{self._process.pid}/fd")
        targets = []
        for each in folder.iterdir():
            with contextlib.suppress(OSError):
                targets.append(str(each.readlink()))
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        sockets = sum(t.startswith("socket:") for t in targets)
        return State(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(targets), sockets, tasks)

    async def join(self, client: RtcClient, publishes: bool) -> str:
        """Connect a client; where it is to be deleted."""
        path = "/whip" if publishes else "/whep"
        async with self._http.post(self._url + path, data=client.offer()) as answer:
            answer.raise_for_status()
            client.accept(await answer.text())
            place = answer.headers["Location"]
        await client.connect()
        return self._url + place

    async def leave(self, place: str) -> None:
        async with self._http.delete(place) as answer:
            answer.raise_for_status()


async def _lecturer(client: RtcClient) -> None:
    """A voice and a small picture without end."""
    asked = -1
    for tick in range(10**9):
        client.send_audio("microphone")
        if tick % 2 == 0:
            now = sum(client.asked_keyframes.values())
            client.send_frame(fake_vp8(now != asked, 600, 320, 180), rid="", ticks=3600)
            asked = now
        await asyncio.sleep(0.02)


async def soak(minutes: float, peers: int) -> tuple[State, State, list[tuple[float, float]], int]:
    """The state before and after, (seconds, MB) in between, and how many joined."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.relay_face", "127.0.0.1",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    port = json.loads(await process.stdout.readline())["port"]
    chance = random.Random(1)
    seats: list[tuple[RtcClient, str]] = []
    joined = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        host = Host(process, f"http://127.0.0.1:{port}", http)
        await _one_visit(host)
        before = await host.state()
        lecturer = RtcClient({"microphone": (), "camera": ()})
        place = await host.join(lecturer, publishes=True)
        talking = asyncio.create_task(_lecturer(lecturer))
        samples: list[tuple[float, float]] = []
        begun = time.monotonic()
        try:
            while (elapsed := time.monotonic() - begun) < minutes * 60:
                if len(seats) < peers and (len(seats) < peers // 2 or chance.random() < 0.6):
                    for _ in range(peers - len(seats) if joined == 0 else 1):
                        client = RtcClient({}, audio_slots=2, video_slots=3, seed=joined)
                        seats.append((client, await host.join(client, publishes=False)))
                        joined += 1
                else:
                    client, seat = seats.pop(chance.randrange(len(seats)))
                    await host.leave(seat)
                    await client.close()
                for client, _ in seats:
                    client.received.clear()
                    client.rtcp.clear()
                state = await host.state()
                samples.append((elapsed, state.rss_mb))
                print(json.dumps({"s": round(elapsed), "peers": len(seats), **state.__dict__}), flush=True)
                await asyncio.sleep(EVERY_S)
        finally:
            talking.cancel()
            for client, seat in [*seats, (lecturer, place)]:
                await host.leave(seat)
                await client.close()
        after = await _until_back(host, before)
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
    return before, after, samples, joined


async def _one_visit(host: Host) -> None:
    """The first of everything loads what stays loaded."""
    client = RtcClient({}, audio_slots=2, video_slots=3)
    await host.leave(await host.join(client, publishes=False))
    await client.close()
    await asyncio.sleep(1)


async def _until_back(host: Host, before: State) -> State:
    """What stands when everybody has left; transports take a moment to close."""
    for _ in range(50):
        after = await host.state()
        if after.descriptors <= before.descriptors and after.tasks <= before.tasks:
            break
        await asyncio.sleep(0.2)
    return after


def slope_mb_per_hour(samples: list[tuple[float, float]]) -> float:
    """Least squares over what comes after the settling."""
    kept = [s for s in samples if s[0] >= samples[-1][0] * SETTLES]
    mean_t = sum(t for t, _ in kept) / len(kept)
    mean_m = sum(m for _, m in kept) / len(kept)
    spread = sum((t - mean_t) ** 2 for t, _ in kept)
    return 3600 * sum((t - mean_t) * (m - mean_m) for t, m in kept) / spread if spread else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--peers", type=int, default=50)
    args = parser.parse_args()
    before, after, samples, joined = asyncio.run(soak(args.minutes, args.peers))
    slope = slope_mb_per_hour(samples)
    checks = {
        f"memory climbs by {slope:.2f} MB/h, at most {MOST_MB_PER_HOUR}": slope <= MOST_MB_PER_HOUR,
        f"tasks {before.tasks} → {after.tasks}": after.tasks <= before.tasks,
        f"sockets {before.sockets} → {after.sockets}": after.sockets <= before.sockets,
        f"file descriptors {before.descriptors} → {after.descriptors}": after.descriptors <= before.descriptors,
    }
    print(f"{joined} joined; memory {before.rss_mb:.0f} → {after.rss_mb:.0f} MB")
    for words, holds in checks.items():
        print(("ok      " if holds else "FAILED  ") + words)
    failed = sum(not holds for holds in checks.values())
    print(f"{len(checks) - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()

"""`make soak`, second part: a thousand handshakes in a race with forged ones, and 50 000 forged packets a second at a live lesson."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from pathlib import Path

from tests.kit.attackers import Attacker, client_hellos, forged_media
from tests.kit.media_room import LECTURER, media_room

HANDSHAKES = 1000
FLOOD_PER_S = 50_000
FLOOD_S = 20.0
MOST_LOST = 0.005
MOST_MB = 20.0


async def race() -> dict[str, bool]:
    """ASVS 17.2.6: each legitimate handshake survives."""
    connected = 0
    async with media_room() as room:
        first = await room.join(0)
        with Attacker(first.address, client_hellos(), per_s=5000) as attacker:
            for peer in range(1, HANDSHAKES + 1):
                await room.join(peer)
                connected += 1
                room.router.remove_peer(peer)
                await room.clients.pop(peer).close()
    words = f"{connected} of {HANDSHAKES} handshakes while {attacker.sent} forged ones came, {attacker.answers} of them answered"
    return {words: connected == HANDSHAKES and attacker.answers == 0}


def _flood(port: int, seconds: float, sent: multiprocessing.Queue[int]) -> None:
    with Attacker(("127.0.0.1", port), forged_media(), FLOOD_PER_S) as attacker:
        time.sleep(seconds)
    sent.put(attacker.sent)


async def flood() -> dict[str, bool]:
    """A voice of 50 packets a second under a flood from a process of its own."""
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        mid = student.slot_mids("audio")[0]
        while not student.received[mid]:
            lecturer.send_audio()
            await asyncio.sleep(0.02)
        before_mb, first = _rss_mb(), len(student.received[mid])
        sent: multiprocessing.Queue[int] = multiprocessing.Queue()
        flooder = multiprocessing.Process(target=_flood, args=(lecturer.address[1], FLOOD_S, sent))
        flooder.start()
        spoken, begun = 0, time.monotonic()
        while flooder.is_alive():
            lecturer.send_audio()
            spoken += 1
            await asyncio.sleep(max(0.0, begun + spoken * 0.02 - time.monotonic()))
        await asyncio.sleep(1)
        heard = len(student.received[mid]) - first
        grown_mb = _rss_mb() - before_mb
    forged = sent.get()
    lost = 1 - heard / spoken
    return {
        f"{lost:.2%} of {spoken} voice packets lost under {forged / FLOOD_S:.0f} forged packets a second": lost
        < MOST_LOST,
        f"memory grew by {grown_mb:.1f} MB, at most {MOST_MB:.0f}": grown_mb <= MOST_MB,
    }


def _rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> None:
    checks = {**asyncio.run(race()), **asyncio.run(flood())}
    for words, holds in checks.items():
        print(("ok      " if holds else "FAILED  ") + words)
    failed = sum(not holds for holds in checks.values())
    print(f"{len(checks) - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()

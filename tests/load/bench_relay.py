"""What the relay costs: CPU per forwarded packet, Python's share of it, CPU, time and memory per joining peer.

One publisher sends browser-like video (30 frames a second, 5 packets of 1100 B each, all at once) and audio (50 packets a second) to N subscribers over
real ICE, DTLS and SRTP on loopback. Run: `python -m tests.load.bench_relay [N]`; prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import Any

from tests.kit.rtc_client import RtcClient
from tests.load.relay_process import RelayProcess, relay_process

FRAME_BYTES = 5 * 1100
FPS = 30
WINDOW_S = 4.0
WINDOWS = 3


async def join(relay: RelayProcess, peer: int, client: RtcClient) -> float:
    """Joins and answers the seconds from offer to keys."""
    begin = time.perf_counter()
    media = [{"mid": each.mid, "role": each.role} for each in client.publish]
    client.accept(await relay.ask(do="add", peer=peer, offer=client.offer(), publish=media))
    await client.connect()
    return time.perf_counter() - begin


async def teach(lecturer: RtcClient, stop: asyncio.Event) -> None:
    """Camera and microphone until told to stop; a keyframe first and whenever one is asked for."""
    frame = 0
    asked = 0
    begin = time.perf_counter()
    while not stop.is_set():
        wanted = sum(lecturer.asked_keyframes.values())
        first = 0x10 if frame == 0 or wanted > asked else 0x11
        asked = wanted
        # RFC 7741 §4.3: bit 0 of the first byte is 0 in a keyframe, which then carries the start code and 640×360.
        head = bytes([first, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01])
        lecturer.send_frame(head + bytes(FRAME_BYTES - len(head)))
        if frame % 3 != 2:
            lecturer.send_audio(payload=bytes(100))
        frame += 1
        await asyncio.sleep(max(0.0, begin + frame / FPS - time.perf_counter()))


async def measure(n: int) -> dict[str, Any]:
    async with relay_process() as relay:
        lecturer = RtcClient({"microphone": (), "camera": ()}, seed=1)
        await join(relay, 1, lecturer)
        empty_kb, cpu = relay.rss_kb(), relay.cpu_ns()
        students = [RtcClient(audio_slots=2, video_slots=2, seed=2 + i) for i in range(n)]
        times = [await join(relay, 2 + i, student) for i, student in enumerate(students)]
        join_cpu_ms = (relay.cpu_ns() - cpu) / 1e6 / n
        join_kb = (relay.rss_kb() - empty_kb) / n
        stop = asyncio.Event()
        teaching = asyncio.create_task(teach(lecturer, stop))
        async with asyncio.timeout(30):
            while not all(any(student.received.values()) for student in students):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        for student in students:
            student.stop_checks()
        windows = [await window(relay) for _ in range(WINDOWS)]
        stop.set()
        await teaching
        for client in (lecturer, *students):
            await client.close()
        return {
            "subscribers": n,
            "cpu_us_per_packet": round(statistics.median(w[0] for w in windows), 2),
            "packets_per_s": round(statistics.median(w[1] for w in windows)),
            "python_percent_of_core": round(statistics.median(w[2] for w in windows), 2),
            "join_ms_p50": round(statistics.median(times) * 1e3, 1),
            "join_ms_max": round(max(times) * 1e3, 1),
            "join_cpu_ms": round(join_cpu_ms, 2),
            "kb_per_subscriber": round(join_kb),
        }


async def window(relay: RelayProcess) -> tuple[float, float, float]:
    """CPU µs per packet sent, packets per second, Python's percent of a core, over one window."""
    sent = (await relay.ask(do="counters"))["tx_packets"]
    cpu, python, begin = relay.cpu_ns(), relay.main_thread_cpu_ns(), time.perf_counter()
    await asyncio.sleep(WINDOW_S)
    seconds = time.perf_counter() - begin
    cpu, python = relay.cpu_ns() - cpu, relay.main_thread_cpu_ns() - python
    sent = (await relay.ask(do="counters"))["tx_packets"] - sent
    return cpu / 1e3 / max(1, sent), sent / seconds, 100 * python / 1e9 / seconds


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 30))))

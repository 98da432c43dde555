"""A crowd at the door: so many join one room at once while another room is being forwarded. How long until all hear it, and what it
does to the delay in the other room.

Run: `python -m tests.load.bench_crowd [N] [SHARDS]`; prints one JSON line. With `--write`: three rounds with one and two shards, into
docs/performance.md. Load and server share this machine's cores: the load makes as many
DTLS handshakes as the server. Delay is from the publisher's send to the kernel's arrival at the viewer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from media.load.peers import Audio, Listening, Load, LoadPeer, Video
from tests.load.report import machine, put_section
from tests.load.servers import Server, whip_server

IP = "127.0.0.1"
#: Viewers of the room that is running meanwhile.
WATCHING = 20
BEFORE_S = 5.0
LONGEST_S = 60.0
ROUNDS = 3
LISTENING = Listening(twcc=True)


async def room(load: Load, server: Server, viewers: int) -> list[LoadPeer]:
    """A lecturer with camera and microphone, and so many viewers at once."""
    await load.publish(server.publisher(), Video(), Audio())
    joining = [load.subscribe(server.subscriber(), 1, LISTENING, audio=1) for _ in range(viewers)]
    return list(await asyncio.gather(*joining))


async def until_all_hear(load: Load, viewers: list[LoadPeer]) -> list[float]:
    """Seconds from each one's asking to its first packet."""
    async with asyncio.timeout(LONGEST_S):
        while not all(load.heard(viewer)[0] for viewer in viewers):  # noqa: ASYNC110 - the engine's thread counts
            await asyncio.sleep(0.02)
    return sorted(load.heard(viewer)[1] for viewer in viewers)


async def measure(n: int, shards: int) -> dict[str, Any]:
    async with (
        whip_server("tests.load.relay_face", IP, "--rooms", "--shards", str(shards)) as server,
        Load(IP) as running,
        Load(IP) as crowd,
    ):
        await until_all_hear(running, await room(running, server, WATCHING))
        before = await running.window(BEFORE_S)
        cpu_ns, begun = server.cpu_ns(), time.monotonic()
        running.engine.open_window()
        first = await until_all_hear(crowd, await room(crowd, server, n))
        all_s = time.monotonic() - begun
        running.engine.close_window()
        spent_ms = (server.cpu_ns() - cpu_ns) / 1e6
        await asyncio.sleep(0.5)
        during = running.engine.stats()
    return {
        "joins": n,
        "shards": shards,
        "all_hear_s": round(all_s, 2),
        "hears_s_p50": round(first[n // 2], 2),
        "hears_s_p95": round(first[int(n * 0.95)], 2),
        "server_cpu_ms_per_join": round(spent_ms / n, 1),
        "delay_before_ms_p50_p99": [round(before[f"{p}_us"] / 1e3, 2) for p in ("p50", "p99")],
        "delay_during_ms_p50_p99": [round(during[f"{p}_us"] / 1e3, 2) for p in ("p50", "p99")],
        "added_ms_p99": round((during["p99_us"] - before["p99_us"]) / 1e3, 2),
    }


def told(rows: list[dict[str, Any]]) -> str:
    """The section of docs/performance.md."""
    heads = list(rows[0])
    lines = [
        " | ".join(heads),
        "|".join(["---"] * len(heads)),
        *(" | ".join(str(row[h]) for h in heads) for row in rows),
    ]
    table = "\n".join(f"| {line} |" for line in lines)
    return f"""## A crowd at the door
Written by `python -m tests.load.bench_crowd --write` on {datetime.now(UTC):%Y-%m-%d}: {machine()}.

So many viewers join one room by WHEP in the same moment, while a lecturer's camera and microphone go to {WATCHING} viewers of another room of the same relay.
`hears`: from asking to the first packet. `delay`: in the other room, from the lecturer's send to the kernel's arrival at a viewer, in {BEFORE_S:.0f} s before
the crowd came and while it came. Load and server share the cores, and other work ran beside them: the rounds show how much that swings.

{table}
"""


def main() -> None:
    if sys.argv[1:] == ["--write"]:
        rows = [asyncio.run(measure(150, shards)) for _ in range(ROUNDS) for shards in (1, 2)]
        put_section("crowd", told(rows))
        return
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    shards = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    print(json.dumps(asyncio.run(measure(n, shards))))


if __name__ == "__main__":
    main()

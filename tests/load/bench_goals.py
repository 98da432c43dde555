"""`make bench-relay`: the goals P1 to P10 against Janus and the floor, interleaved in one run. One JSON line per goal, then a count.

`--quick`: one round of short windows, written nowhere. A full run writes docs/performance.md. Needs Linux, and Janus from Debian.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from media.load.peers import JoinFailed
from tests.load.goals import FLOOR, GOALS, JANUS, JANUS_LOOP, ONCE, OURS, ROUND, Key, verdict
from tests.load.namespace import ADDRESS, enter
from tests.load.report import goals_section, machine, put_section
from tests.load.runs import Run, Scenario, run
from tests.load.servers import Server, janus_server, whip_server

ROUNDS = 3
QUICK_S = 2.0
#: With two receive slots or more the relay keeps the first for a shared screen.
RESERVED = 1


def start(server: str, scenario: Scenario) -> AbstractAsyncContextManager[Server]:
    reserved = RESERVED if scenario.publishers > 1 else 0
    made: dict[str, Callable[[], AbstractAsyncContextManager[Server]]] = {
        # One thread, as the floor and one event loop of Janus have; what further shards cost is bench_crowd's to say.
        OURS: lambda: whip_server("tests.load.relay_face", ADDRESS, "--shards", "1", reserved=reserved),
        FLOOR: lambda: whip_server("tests.load.floor_face", ADDRESS),
        JANUS_LOOP: lambda: janus_server("load0", 1),
        JANUS: lambda: janus_server("load0", 0),
    }
    return made[server]()


def attempt(scenario: Scenario, server: str) -> Run | None:
    """One run, told on stderr; None when the server did not come so far."""
    begin = time.monotonic()
    try:
        made = asyncio.run(run(start(server, scenario), scenario, ADDRESS))
    except (JoinFailed, TimeoutError, OSError) as error:
        print(f"{scenario.name:30} {server:20} failed: {error!r}", file=sys.stderr)
        return None
    print(
        f"{scenario.name:30} {server:20} {made.cpu_us_per_packet:6.2f} µs/packet, p50 {made.p50_ms:.2f} p99 {made.p99_ms:.1f} ms, "
        f"join {made.join_cpu_ms:.2f} ms, {made.kb_per_subscriber:.0f} kB, load {made.load_percent:.0f} %, "
        f"system load {os.getloadavg()[0]:.1f}, {time.monotonic() - begin:.0f} s {made.invalid}",
        file=sys.stderr,
    )
    return made


def measure(rounds: int, quick: bool, only: frozenset[str]) -> dict[Key, list[Run]]:
    runs: dict[Key, list[Run]] = defaultdict(list)
    plan = [pair for _ in range(rounds) for pair in ROUND] + [*ONCE]
    for planned, server in plan:
        if only and planned.name not in only:
            continue
        scenario = replace(planned, seconds=QUICK_S) if quick else planned
        if (made := attempt(scenario, server)) is not None:
            runs[planned.name, server].append(made)
    return runs


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-relay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of short windows; nothing is written")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--only", action="append", default=[], metavar="LOAD", help="only loads of this name; nothing is written"
    )
    options = parser.parse_args()
    if shutil.which("janus") is None:
        print("Janus is missing: apt-get install janus (Debian)", file=sys.stderr)
        return 2
    enter("tests.load.bench_goals")
    print(f"before: {machine()}", file=sys.stderr)
    rounds = 1 if options.quick else options.rounds
    runs = measure(rounds, options.quick, frozenset(options.only))
    verdicts = [verdict(goal, runs) for goal in GOALS]
    if options.only:
        verdicts = [v for v in verdicts if v["value"] is not None]
    for line in verdicts:
        print(json.dumps(line, ensure_ascii=False))
    if not options.quick and not options.only:
        put_section("bench-relay", goals_section(verdicts, runs, rounds))
    failed = sum(not v["ok"] for v in verdicts)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

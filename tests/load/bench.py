"""`make bench`: run every figure in a process of its own, print them, write docs/performance.md with machine and method."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from tests.load.report import TARGET, machine, put_section

RELAY_SIZES = (1, 10, 40)


def run(module: str, *arguments: str) -> dict[str, Any]:
    """The last line a bench prints is its result."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(module, *arguments, json.dumps(result))
    return result


def table(rows: list[dict[str, Any]]) -> str:
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(row[head]) for head in heads) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    relay = [run("tests.load.bench_relay", str(n)) for n in RELAY_SIZES]
    ledger = run("tests.load.bench_ledger")
    joins = run("tests.load.bench_join")
    put_section(
        "bench",
        f"""Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}. Machine: {machine()}; compare rows, not machines.

## Relay, ledger, joining
One publisher (30 frames/s × 5 packets × 1100 B, 33 audio packets/s) to N subscribers over real ICE, DTLS 1.2 and SRTP (as negotiated)
on loopback. CPU is that of the whole relay process (`/proc/PID/task/*/schedstat`, softirq of loopback's receive side included),
packets are those sent to subscribers; medians of 3 windows of 4 s.
`python_percent_of_core` is the share of Python's thread in steady state. `join_*`:
offer → answer → ICE → DTLS → keys, one after another, client side included in the time, not in the CPU.

{table(relay)}

### The ledger
Durable commits (SQLite, WAL, synchronous=FULL, this disk): one event per append, then as many lessons at once as group commit meets.

{table([ledger])}

### Joining a lesson
REST ticket → Socket.IO → `joined` with the answer → media keys, against a running school with the ledger on disk.

{table([joins])}
""",
    )
    print(f"wrote {TARGET.name}")


if __name__ == "__main__":
    main()

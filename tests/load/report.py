"""Writes figures into docs/performance.md: each bench owns a marked section and leaves the rest alone. Also the machine, in words."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.load.goals import ONCE, ROUND, Runs

TARGET = Path(__file__).parents[2] / "docs" / "performance.md"


def put_section(name: str, text: str, target: Path = TARGET) -> None:
    """Replace what stands between the section's marks; a section that is not there yet comes at the end."""
    begin, end = f"<!-- {name}: written by a bench, not by hand -->", f"<!-- end of {name} -->"
    old = target.read_text() if target.exists() else "# Performance\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    head, found, rest = old.partition(begin)
    _, _, tail = rest.partition(end)
    target.write_text(head + section + tail if found else f"{old.rstrip()}\n\n{section}\n")


def _processor_ticks() -> tuple[int, int]:
    """(all, of which a host gave to other machines than this one) since the machine began."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks), ticks[7]


_AT_FIRST = _processor_ticks()


def stolen_percent() -> float:
    """What a virtual machine's host took for others since this program began: with more than a few percent no figure is worth anything."""
    total, stolen = (now - then for now, then in zip(_processor_ticks(), _AT_FIRST, strict=True))
    return 100 * stolen / total if total else 0.0


def machine() -> str:
    """Processor, cores, kernel, Python, how busy it is and how much of it the host took, in one sentence."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    kernel = ".".join(platform.release().split(".")[:2])
    is_busy = f"load average {os.getloadavg()[0]:.1f} at the end, {stolen_percent():.0f} % taken by the host"
    return f"{model}, {os.cpu_count()} cores, Linux {kernel}, Python {platform.python_version()}; {is_busy}"


def goals_section(verdicts: Sequence[Mapping[str, object]], runs: Runs, rounds: int) -> str:
    """The section of `make bench-relay`."""
    lines = [
        f"Written by `make bench-relay` on {datetime.now(UTC):%Y-%m-%d}: {machine()}; medians of {rounds} interleaved rounds.",
        "",
        "| goal | figure | must | stretch | |",
        "|---|---|---|---|---|",
    ]
    for v in verdicts:
        mark = "missed" if not v["ok"] else "stretch" if v["stretch_ok"] else "kept"
        must = "–" if v["must"] is None else f"≤ {v['must']}"
        lines.append(f"| {v['id']} {v['says']} | {v['value']} | {must} | ≤ {v['stretch']} | {mark} |")
    lines += [
        "",
        "Medians, with the lowest and highest round in brackets:",
        "",
        "| load | server | CPU µs/packet | packets/s | latency p50 / p99 ms | lost | join CPU ms | kB/subscriber | load's CPU % | rounds that count |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    pairs = [(scenario.name, server) for scenario, server in (*ROUND, *ONCE) if runs.get((scenario.name, server))]
    return "\n".join([*lines, *(_row(scenario, server, runs) for scenario, server in pairs)])


def _row(scenario: str, server: str, runs: Runs) -> str:
    made = runs[scenario, server]
    good = [r for r in made if not r.invalid] or list(made)

    def spread(field: str, digits: int) -> str:
        values = sorted(getattr(r, field) for r in good)
        middle = (
            values[len(values) // 2]
            if len(values) % 2
            else (values[len(values) // 2 - 1] + values[len(values) // 2]) / 2
        )
        both = f" [{values[0]:.{digits}f}–{values[-1]:.{digits}f}]" if len(values) > 1 else ""
        return f"{middle:.{digits}f}{both}"

    cells = [
        scenario, server, spread("cpu_us_per_packet", 2), spread("packets_per_s", 0),
        f"{spread('p50_ms', 2)} / {spread('p99_ms', 1)}", str(sum(r.lost for r in good)), spread("join_cpu_ms", 2),
        spread("kb_per_subscriber", 0), spread("load_percent", 0), f"{sum(not r.invalid for r in made)} of {len(made)}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"

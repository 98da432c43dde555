"""The goals P1 to P10: what each compares, its bounds, and the verdict over all runs. Pure; `tests.load.bench_goals` makes the runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from media.load.peers import Audio, Video
from tests.load.runs import Run, Scenario

#: Servers by short name.
OURS, FLOOR, JANUS_LOOP, JANUS = "relay", "floor", "janus event_loops=1", "janus"

BURST_200 = Scenario("1 → 200", 200)
BURST_50 = Scenario("1 → 50", 50)
SPACED_200 = Scenario("1 → 200, packets 1 ms apart", 200, video=Video(pace_us=1000))
FOUR_50 = Scenario("4 → 50", 50, publishers=4)
AUDIO_200 = Scenario("1 → 200, sound alone", 200, video=None, audio=Audio())
MINUTE_200 = Scenario("1 → 200 for 60 s", 200, seconds=60.0)
#: A student's offer: as many receive slots as the lesson's client asks for.
WHOLE_OFFER_100 = Scenario("1 → 100, 6 + 9 slots each", 100, seconds=2.0, slots=(6, 9))
#: 17 packets in a frame: 102 000 packets a second go out.
HEAVY_200 = Scenario("1 → 200, 100 000 packets/s", 200, video=Video(packets=17, key_packets=17), seconds=20.0)

#: Runs of a round, in this order, so that what is compared is measured close together.
ROUND: tuple[tuple[Scenario, str], ...] = (
    (BURST_200, OURS),
    (BURST_200, JANUS_LOOP),
    (BURST_200, FLOOR),
    (BURST_200, JANUS),
    (SPACED_200, OURS),
    (SPACED_200, JANUS_LOOP),
    (SPACED_200, FLOOR),
    (FOUR_50, OURS),
    (FOUR_50, JANUS_LOOP),
    (FOUR_50, FLOOR),
    (AUDIO_200, OURS),
    (AUDIO_200, JANUS_LOOP),
    (AUDIO_200, FLOOR),
    (BURST_50, OURS),
    (BURST_50, JANUS),
    (WHOLE_OFFER_100, OURS),
)
#: Made once.
ONCE: tuple[tuple[Scenario, str], ...] = ((MINUTE_200, OURS), (HEAVY_200, OURS))

Key = tuple[str, str]
Runs = Mapping[Key, Sequence[Run]]


@dataclass(frozen=True)
class Goal:
    """`value` finds the figure in the runs; None: there is none that counts."""

    id: str
    says: str
    must: float
    stretch: float
    value: Callable[[Runs], float | None]


def _figure(runs: Runs, scenario: Scenario, server: str, field: str) -> float | None:
    """The median over the runs that count."""
    found = [getattr(r, field) for r in runs.get((scenario.name, server), ()) if not r.invalid]
    return median(found) if found else None


def _ratio(scenario: Scenario, other: str, field: str = "cpu_us_per_packet") -> Callable[[Runs], float | None]:
    def value(runs: Runs) -> float | None:
        ours, theirs = _figure(runs, scenario, OURS, field), _figure(runs, scenario, other, field)
        return None if ours is None or not theirs else ours / theirs

    return value


def _own(scenario: Scenario, field: str) -> Callable[[Runs], float | None]:
    return lambda runs: _figure(runs, scenario, OURS, field)


def _each_further(field: str) -> Callable[[Runs], float | None]:
    """What each subscriber adds from 50 to 200: what the room needs anyway, its history of packets above all, is left out."""

    def value(runs: Runs) -> float | None:
        few, many = _figure(runs, BURST_50, OURS, field), _figure(runs, BURST_200, OURS, field)
        if few is None or many is None:
            return None
        n, m = BURST_50.subscribers, BURST_200.subscribers
        return (many * m - few * n) / (m - n)

    return value


def _worst(*values: Callable[[Runs], float | None]) -> Callable[[Runs], float | None]:
    def value(runs: Runs) -> float | None:
        found = [each(runs) for each in values]
        known = [v for v in found if v is not None]
        return max(known) if len(known) == len(found) else None

    return value


def _not_as_sent(scenario: Scenario) -> Callable[[Runs], float | None]:
    """Packets lost, damaged or doubled; such runs count here, of all places."""

    def value(runs: Runs) -> float | None:
        made = runs.get((scenario.name, OURS), ())
        return float(sum(abs(r.lost) + r.wrong for r in made)) if made else None

    return value


GOALS = (
    Goal("P1", "CPU per packet ÷ Janus event_loops=1, 1 → 200", 0.45, 0.30, _ratio(BURST_200, JANUS_LOOP)),
    Goal("P1b", "the same, packets of a frame 1 ms apart", 0.60, 0.45, _ratio(SPACED_200, JANUS_LOOP)),
    Goal("P2", "CPU per packet ÷ Janus as installed, the worse of 1 → 50 and 1 → 200", 0.20, 0.12, _worst(_ratio(BURST_50, JANUS), _ratio(BURST_200, JANUS))),
    Goal("P3", "CPU per packet ÷ floor, 1 → 200", 1.5, 1.2, _ratio(BURST_200, FLOOR)),
    Goal("P4", "CPU per packet ÷ Janus event_loops=1, 4 → 50", 0.35, 0.25, _ratio(FOUR_50, JANUS_LOOP)),
    Goal("P5", "CPU per packet ÷ Janus event_loops=1, sound alone, 1 → 200", 0.40, 0.30, _ratio(AUDIO_200, JANUS_LOOP)),
    Goal("P6", "median latency ÷ Janus event_loops=1, 1 → 200", 0.6, 0.3, _ratio(BURST_200, JANUS_LOOP, "p50_ms")),
    Goal("P6b", "latency p99 ÷ Janus event_loops=1, 1 → 200", 0.7, 0.4, _ratio(BURST_200, JANUS_LOOP, "p99_ms")),
    Goal("P7", "packets lost, damaged or doubled in 60 s at 30 000/s", 0, 0, _not_as_sent(MINUTE_200)),
    Goal("P7b", "the same in 20 s at 100 000/s (a stretch goal)", math.inf, 0, _not_as_sent(HEAVY_200)),
    Goal("P8", "CPU ms of a join: signalling, ICE, DTLS", 4.0, 2.0, _own(BURST_200, "join_cpu_ms")),
    Goal("P8b", "the same with receive slots for 6 voices and 9 pictures", 4.0, 2.0, _own(WHOLE_OFFER_100, "join_cpu_ms")),
    Goal("P9", "kB of memory that a further subscriber takes, from 50 to 200", 120, 80, _each_further("kb_per_subscriber")),
    Goal("P10", "Python's percent of a core in steady media, 1 → 200", 5.0, 2.0, _own(BURST_200, "python_percent")),
)  # fmt: skip


def verdict(goal: Goal, runs: Runs) -> dict[str, Any]:
    """The goal's JSON line."""
    value = goal.value(runs)
    must = None if math.isinf(goal.must) else goal.must
    rounded = None if value is None else float(f"{value:.3g}")
    return {
        "id": goal.id,
        "value": rounded,
        "must": must,
        "stretch": goal.stretch,
        "ok": value is not None and value <= goal.must,
        "stretch_ok": value is not None and value <= goal.stretch,
        "says": goal.says,
    }

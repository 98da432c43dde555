"""How a browser's notes on joining become phases, and which of twenty rounds is the 95th in a hundred."""

from __future__ import annotations

from tests.load.bench_join_line import p
from tests.load.join_trace import PHASES, moments, phases

TRACE = {
    "redirected": 100.0, "html": 200.0, "socket": 220.0, "socketOpen": 300.0, "pressed": 900.0, "connect": 1000.0, "joined": 1100.0,
    "answered": 1200.0, "ice": 1250.0, "dtls": 1400.0, "packet": 1420.0, "heard": 1500.0,
    "files": [{"name": "/assets/index-a1b2c3d4.js", "done": 700.0}, {"name": "/assets/other-a1b2c3d4.js", "done": 950.0}],
}  # fmt: skip


def test_phases_follow_one_another_and_add_up_to_the_whole_way() -> None:
    found = phases(TRACE)
    assert list(found) == [name for _, name in PHASES]
    assert sum(found.values()) == 1500.0
    assert all(ms >= 0 for ms in found.values())


def test_what_happened_ahead_of_its_turn_costs_nothing() -> None:
    assert phases(TRACE)["socket"] == 0.0
    assert moments(TRACE)["scripts"] == 700.0
    assert phases(TRACE)["who and what lesson, prejoin shown"] == 200.0


def test_of_twenty_rounds_the_second_worst_is_the_95th_in_a_hundred() -> None:
    assert p([float(n) for n in range(20, 0, -1)], 0.95) == 19.0
    assert p([1.0], 0.95) == 1.0
    assert p([float(n) for n in range(1, 101)], 0.95) == 95.0

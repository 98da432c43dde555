"""The bench's verdicts: ratios of medians over the runs that count, and a report section that leaves the rest of the page alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.load.goals import (
    AUDIO_200,
    BURST_50,
    BURST_200,
    GOALS,
    HEAVY_200,
    JANUS,
    JANUS_LOOP,
    MINUTE_200,
    OURS,
    Key,
    verdict,
)
from tests.load.report import goals_section, put_section
from tests.load.runs import Run

RUN = Run(
    cpu_us_per_packet=4.0, packets_per_s=30_000.0, p50_ms=2.0, p99_ms=8.0, max_ms=9.0, lost=0, wrong=0, join_cpu_ms=1.9,
    kb_per_subscriber=100.0, python_percent=0.3, load_percent=12.0, invalid="",
)  # fmt: skip
GOAL = {goal.id: goal for goal in GOALS}


def test_a_ratio_is_that_of_the_medians_of_runs_that_count() -> None:
    spoilt = replace(RUN, cpu_us_per_packet=99.0, invalid="0.5 % lost")
    runs: dict[Key, list[Run]] = {
        (BURST_200.name, OURS): [RUN, replace(RUN, cpu_us_per_packet=5.0), spoilt],
        (BURST_200.name, JANUS_LOOP): [replace(RUN, cpu_us_per_packet=c) for c in (14.0, 15.0, 40.0)],
    }
    found = verdict(GOAL["P1"], runs)
    assert (found["value"], found["ok"], found["stretch_ok"]) == (0.3, True, True)


def test_without_a_run_that_counts_a_goal_is_missed() -> None:
    runs = {(BURST_200.name, OURS): [RUN], (BURST_200.name, JANUS_LOOP): [replace(RUN, invalid="18 % lost")]}
    found = verdict(GOAL["P1"], runs)
    assert (found["value"], found["ok"]) == (None, False)
    assert not verdict(GOAL["P5"], {(AUDIO_200.name, OURS): [RUN]})["ok"]


def test_of_two_sizes_the_worse_counts() -> None:
    runs = {
        (BURST_50.name, OURS): [RUN],
        (BURST_50.name, JANUS): [replace(RUN, cpu_us_per_packet=16.0)],
        (BURST_200.name, OURS): [RUN],
        (BURST_200.name, JANUS): [replace(RUN, cpu_us_per_packet=40.0)],
    }
    found = verdict(GOAL["P2"], runs)
    assert (found["value"], found["ok"]) == (0.25, False)


@pytest.mark.parametrize(("lost", "wrong", "ok"), [(0, 0, True), (1, 0, False), (0, 1, False), (-1, 0, False)])
def test_a_minute_without_a_single_lost_or_wrong_packet(lost: int, wrong: int, ok: bool) -> None:
    runs = {(MINUTE_200.name, OURS): [replace(RUN, lost=lost, wrong=wrong, invalid="x" if wrong else "")]}
    assert verdict(GOAL["P7"], runs)["ok"] is ok


def test_a_goal_that_is_a_stretch_alone_fails_only_when_it_was_not_run() -> None:
    runs = {(HEAVY_200.name, OURS): [replace(RUN, lost=5)]}
    found = verdict(GOAL["P7b"], runs)
    assert (found["ok"], found["stretch_ok"], found["must"]) == (True, False, None)
    assert not verdict(GOAL["P7b"], {})["ok"]


def test_memory_is_what_a_further_subscriber_takes() -> None:
    runs = {
        (BURST_50.name, OURS): [replace(RUN, kb_per_subscriber=120.0)],
        (BURST_200.name, OURS): [replace(RUN, kb_per_subscriber=90.0)],
    }
    assert verdict(GOAL["P9"], runs)["value"] == 80.0


def test_a_section_is_replaced_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nBy hand.\n")
    put_section("one", "first", page)
    put_section("two", "second", page)
    put_section("one", "third", page)
    text = page.read_text()
    assert "first" not in text and text.index("By hand") < text.index("third") < text.index("second")
    put_section("one", "third", page)
    assert page.read_text() == text


def test_the_report_shows_goals_and_runs_with_their_spread() -> None:
    runs = {(BURST_200.name, OURS): [RUN, replace(RUN, cpu_us_per_packet=5.0, invalid=""), replace(RUN, invalid="bad")]}
    text = goals_section([verdict(goal, runs) for goal in GOALS], runs, 3)
    assert "| P8 " in text and "| stretch |" in text and "| missed |" in text
    assert "4.50 [4.00–5.00]" in text and "2 of 3" in text

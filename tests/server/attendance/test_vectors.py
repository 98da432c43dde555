"""The worked vectors of regulation D.4, told as event logs and judged by the whole fold."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.attendance.eligibility import AbsenceRule, is_eligible
from server.attendance.facts import Gap, StudentFacts
from server.attendance.intervals import length
from server.attendance.judge import mark_of
from server.attendance.recompute import project
from server.clock import SCHOOL_TZ, from_micros
from tests.server.attendance.scripts import LessonScript

DATA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors/attendance/vectors.json").read_text())
MINUTE_US = 60_000_000


@pytest.mark.parametrize("vector", DATA["vectors"], ids=lambda v: v["id"])
def test_vector_gives_the_mark_that_the_regulation_works_out(vector: dict[str, Any]) -> None:
    script = LessonScript(
        leaves=[(a, b) for a, b in vector.get("leaves", [])], grid=[(a, b) for a, b in DATA["periods"]]
    )
    projection = project(script.run(*vector["log"]))
    facts = projection.rows(0)[0]
    mark = mark_of(facts, projection.policy)
    expected = vector["expect"]
    seen = {
        "mark": mark.mark,
        "flags": list(mark.flags),
        "absent_p": mark.absent_p,
        "absent_k": mark.absent_k,
        "late": facts.late,
        "presence_min": facts.presence_us // MINUTE_US,
        "present_min": {str(p.no): p.present_us // MINUTE_US for p in facts.periods},
        "countable_min": {str(p.no): p.countable_us // MINUTE_US for p in facts.periods},
        "undelivered": [p.no for p in facts.periods if not p.delivered],
        "gaps": [_told(gap) for gap in facts.gaps],
        "gap_s": sum(gap.counted_us for gap in facts.gaps) // 1_000_000,
        "roll_calls": f"{facts.roll_calls_answered}/{facts.roll_calls_asked}",
        "devices": facts.devices,
        "outage_min": sum(o.to_us - o.from_us for o in projection.outages) // MINUTE_US,
    }
    for key, value in expected.items():
        found = seen[key]
        if isinstance(value, dict) and isinstance(found, dict):
            found = {no: found[no] for no in value}
        assert found == value, key
    _presence_is_within_the_lesson(facts)


def _presence_is_within_the_lesson(facts: StudentFacts) -> None:
    assert facts.presence_us == length(facts.presence) <= facts.countable_us


def _told(gap: Gap) -> str:
    clocks = [f"{from_micros(t).astimezone(SCHOOL_TZ) + timedelta():%H:%M:%S}" for t in (gap.from_us, gap.to_us)]
    words = ["-".join(clocks), gap.reason, "bridged" if gap.bridged else "open"]
    return " ".join([*words, "inferred"] if gap.inferred else words)


def test_every_vector_of_the_regulation_is_here() -> None:
    numbers = {int(v["id"].strip("Vabc")) for v in DATA["vectors"]} | {16}
    assert numbers == set(range(1, 19))


@pytest.mark.parametrize("case", DATA["eligibility"]["cases"], ids=lambda c: str(c["absent"]))
def test_exam_eligibility_is_decided_in_integers(case: dict[str, Any]) -> None:
    vector = DATA["eligibility"]
    rule = AbsenceRule(op=vector["op"], pct=vector["pct"], count_excused=True, can_cu="Quy chế của trường")
    assert is_eligible(rule, vector["total_periods"], 0, case["absent"]) is case["eligible"]

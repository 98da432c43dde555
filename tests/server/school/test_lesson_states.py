"""A lesson goes forward only."""

from __future__ import annotations

import itertools

import pytest

from server.errors import Conflict
from server.school.lesson_states import AFTER, NEXT, OPEN, LessonState, moved


def test_usual_lesson_passes_through_all_its_states() -> None:
    way = ["scheduled", "lobby", "live", "suspended", "live", "ended", "sheet_open", "closed"]
    for here, there in itertools.pairwise(way):
        assert moved(LessonState(here), LessonState(there)) == there


@pytest.mark.parametrize(
    ("here", "there"),
    [("scheduled", "live"), ("ended", "live"), ("closed", "live"), ("live", "cancelled"), ("cancelled", "lobby")],
)
def test_shortcut_and_way_back_are_refused(here: str, there: str) -> None:
    with pytest.raises(Conflict, match=r"lesson\.wrong_state"):
        moved(LessonState(here), LessonState(there))


def test_every_state_has_its_ways_and_is_open_or_after_or_neither() -> None:
    assert set(NEXT) == set(LessonState)
    assert not OPEN & AFTER

"""Who may see and hear whom, as the lesson's events make it."""

from __future__ import annotations

import pytest

from server.errors import Problem
from server.events import room
from server.ids import PersonId
from server.room import commands as wish
from server.room.decisions_presence import leave
from server.room.visibility import reach
from tests.server.room.hall_of_values import LECTURER, MANAGER, STUDENTS, PaperRoom, role_of

ANNA, BINH, CHI, _ = STUDENTS


@pytest.fixture
def paper() -> PaperRoom:
    made = PaperRoom()
    made.enter(LECTURER, MANAGER, *STUDENTS)
    made.do(LECTURER, wish.StartLesson())
    return made


def may_see(paper: PaperRoom, who: PersonId, whom: PersonId) -> bool:
    allowed = reach(paper.state, who, role_of(who)).sees
    return allowed is None or whom in allowed


def may_hear(paper: PaperRoom, who: PersonId, whom: PersonId) -> bool:
    allowed = reach(paper.state, who, role_of(who)).hears
    return allowed is None or whom in allowed


def both(paper: PaperRoom, who: PersonId, whom: PersonId) -> tuple[bool, bool]:
    return may_see(paper, who, whom), may_hear(paper, who, whom)


YES, NO = (True, True), (False, False)


def test_students_in_the_lobby_see_the_staff_and_not_each_other() -> None:
    paper = PaperRoom()
    paper.enter(LECTURER, ANNA, BINH)
    assert both(paper, ANNA, LECTURER) == YES
    assert both(paper, ANNA, BINH) == NO
    assert both(paper, LECTURER, ANNA) == YES
    paper.do(LECTURER, wish.StartLesson())
    assert both(paper, ANNA, BINH) == YES


def test_in_an_exam_students_see_the_staff_alone_even_when_one_has_the_floor(paper: PaperRoom) -> None:
    paper.do(LECTURER, wish.SetVisibility(mode="exam"))
    paper.do(LECTURER, wish.GiveFloor(participant=BINH))
    assert both(paper, ANNA, BINH) == NO
    assert both(paper, ANNA, LECTURER) == both(paper, LECTURER, ANNA) == both(paper, MANAGER, ANNA) == YES


def test_with_cameras_for_the_staff_students_hear_each_other_and_see_who_has_the_floor(paper: PaperRoom) -> None:
    paper.do(LECTURER, wish.SetVisibility(mode="staff_cameras"))
    paper.do(LECTURER, wish.GiveFloor(participant=BINH))
    assert both(paper, ANNA, CHI) == (False, True)
    assert both(paper, ANNA, BINH) == both(paper, ANNA, LECTURER) == both(paper, LECTURER, CHI) == YES


@pytest.mark.parametrize("mode", ["open", "staff_cameras", "exam"])
def test_an_aside_is_heard_by_its_two_alone_whatever_the_rule(paper: PaperRoom, mode: str) -> None:
    paper.do(LECTURER, wish.SetVisibility(mode=mode))
    paper.do(LECTURER, wish.StartAside(participant=ANNA))
    assert both(paper, ANNA, LECTURER) == both(paper, LECTURER, ANNA) == YES
    for outside in (BINH, MANAGER):
        assert both(paper, outside, ANNA) == both(paper, outside, LECTURER) == NO
        assert both(paper, ANNA, outside) == both(paper, LECTURER, outside) == NO
    assert may_hear(paper, MANAGER, BINH)
    paper.do(LECTURER, wish.EndAside())
    assert both(paper, MANAGER, ANNA) == both(paper, BINH, LECTURER) == YES


def test_an_aside_ends_when_one_of_the_two_leaves(paper: PaperRoom) -> None:
    paper.do(LECTURER, wish.StartAside(participant=ANNA))
    paper.happen(leave(paper.state, ANNA, paper.now_us, "leave"))
    assert room.AsideEnded(by=ANNA) in paper.events
    assert both(paper, BINH, LECTURER) == YES


def test_a_second_aside_takes_the_place_of_the_first(paper: PaperRoom) -> None:
    paper.do(LECTURER, wish.StartAside(participant=ANNA))
    paper.do(LECTURER, wish.StartAside(participant=BINH))
    assert both(paper, ANNA, LECTURER) == NO
    assert both(paper, BINH, LECTURER) == YES
    assert paper.do(LECTURER, wish.StartAside(participant=BINH)) == [], "asked again, it is so already"


def test_the_rule_is_the_lecturers_to_make_and_nobody_talks_aside_with_an_empty_chair(paper: PaperRoom) -> None:
    assert paper.refusal(ANNA, wish.SetVisibility(mode="exam")) == "room.not_allowed"
    assert paper.refusal(MANAGER, wish.StartAside(participant=ANNA)) == "room.not_allowed"
    assert paper.refusal(LECTURER, wish.StartAside(participant=LECTURER)) == "room.not_yourself"
    assert paper.refusal(LECTURER, wish.StartAside(participant="nobody")) == "room.no_such_person"
    paper.happen(leave(paper.state, CHI, paper.now_us, "leave"))
    with pytest.raises(Problem, match="not_present"):
        paper.do(LECTURER, wish.StartAside(participant=CHI))

"""The permission table, walked whole: every act, role and state has a stated answer, and the dangerous ones are looked at by name."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest

from server.ids import CohortId, LessonId, PersonId, SchoolId
from server.room.commands import AnyCommand
from server.room.desk_pushes import AnyDeskPush
from server.room.pushes import AnyPush
from server.school.lesson_states import AFTER, OPEN, LessonState
from server.school.permissions import (
    TABLE,
    Grant,
    LessonFacts,
    Role,
    Scope,
    main_role,
    may,
    may_in_room,
    may_push,
    role_in_lesson,
    room_role,
)

ROLES = list(Role)
STATES = list(LessonState)
LESSON = LessonFacts(
    lesson=LessonId("l"),
    cohort=CohortId("c"),
    school=SchoolId("s"),
    lecturer=PersonId("lecturer"),
    class_manager=PersonId("manager"),
    is_enrolled=False,
)


def _tags(union: object) -> list[str]:
    return [str(kind.__struct_config__.tag) for kind in get_args(union)]


def test_every_command_and_push_of_the_protocol_stands_in_the_table() -> None:
    commands = {f"command.{tag}" for tag in _tags(AnyCommand)}
    pushes = {f"push.{tag}" for tag in [*_tags(AnyPush), *_tags(AnyDeskPush)]}
    assert {act for act in TABLE if act.startswith("command.")} == commands
    assert {act for act in TABLE if act.startswith("push.")} == pushes


@pytest.mark.parametrize("act", sorted(TABLE))
def test_answer_is_exactly_what_the_table_says_for_every_role_and_state(act: str) -> None:
    for role, state in product(ROLES, STATES):
        assert may(act, role.value, state.value) == (state in TABLE[act].get(role, frozenset())), (role, state)


@pytest.mark.parametrize("act", sorted(TABLE))
def test_strangers_and_invented_words_are_refused(act: str) -> None:
    for state in STATES:
        assert not may(act, None, state)
        assert not may(act, "", state)
        assert not may(act, "root", state)
    for role in ROLES:
        assert not may(act, role, "LIVE")
        assert not may(act + "x", role, "live")


@pytest.mark.parametrize("tag", _tags(AnyCommand))
def test_no_command_passes_in_a_lesson_without_a_room(tag: str) -> None:
    for role, state in product(ROLES, set(STATES) - OPEN):
        assert not may_in_room(tag, role, state)


MODERATION = ("start_lesson", "suspend_lesson", "resume_lesson", "end_lesson", "hide_chat", "lower_all_hands", "give_floor",
              "ask_mute", "remove_person", "take_screenshot")  # fmt: skip


@pytest.mark.parametrize("tag", MODERATION)
def test_only_the_lecturer_moderates(tag: str) -> None:
    assert any(may_in_room(tag, Role.LECTURER, state) for state in OPEN)
    for role, state in product(set(ROLES) - {Role.LECTURER}, STATES):
        assert not may_in_room(tag, role, state), role


def test_observer_does_nothing_but_look() -> None:
    allowed = {tag for tag in _tags(AnyCommand) for state in STATES if may_in_room(tag, Role.OBSERVER, state)}
    assert allowed == {"set_view", "offer", "restart_ice", "hears", "report_quality", "leave"}


def test_administrator_sees_that_lessons_exist_and_nothing_of_what_happens_in_them() -> None:
    assert {act for act in TABLE for state in STATES if may(act, Role.ADMINISTRATOR, state)} == {"lesson.read"}


def test_student_reads_no_rolls_sheets_evidence_or_events_of_others() -> None:
    for act in ("roll.read", "sheet.read", "evidence.read", "evidence.bundle", "events.read", "lesson.watch"):
        assert not any(may(act, Role.STUDENT, state) for state in STATES), act
    for push in ("screenshot_taken", "desk_snapshot", "desk_changed"):
        assert not any(may_push(push, Role.STUDENT, state) for state in STATES), push


def test_nobody_edits_after_the_lesson_is_closed() -> None:
    for act, role in product(("roll.override", "roll.confirm", "sheet.edit", "sheet.confirm", "sheet.send"), ROLES):
        assert not may(act, role, LessonState.CLOSED)


def test_recording_is_for_those_who_belong_to_the_lesson_and_only_afterwards() -> None:
    readers = {role for role in ROLES for state in STATES if may("recording.read", role, state)}
    assert readers == {Role.LECTURER, Role.STUDENT, Role.CLASS_MANAGER, Role.TRAINING_OFFICE, Role.PRINCIPAL}
    assert {state for state in STATES if may("recording.read", Role.STUDENT, state)} == AFTER


def test_closest_tie_to_a_lesson_decides_the_role() -> None:
    office = [Grant(Role.TRAINING_OFFICE, Scope.SCHOOL, "s")]
    enrolled = replace(LESSON, is_enrolled=True)
    assert role_in_lesson(PersonId("lecturer"), office, LESSON) is Role.LECTURER
    assert role_in_lesson(PersonId("x"), office, enrolled) is Role.STUDENT
    assert role_in_lesson(PersonId("manager"), office, LESSON) is Role.CLASS_MANAGER
    assert role_in_lesson(PersonId("x"), office, LESSON) is Role.TRAINING_OFFICE
    assert role_in_lesson(PersonId("x"), [], LESSON) is None


@pytest.mark.parametrize(
    "grant",
    [
        Grant(Role.TRAINING_OFFICE, Scope.SCHOOL, "another school"),
        Grant(Role.CLASS_MANAGER, Scope.COHORT, "another cohort"),
        Grant(Role.OBSERVER, Scope.LESSON, "another lesson"),
        Grant(Role.LECTURER, Scope.SCHOOL, "s"),
        Grant(Role.STUDENT, Scope.COHORT, "c"),
    ],
)
def test_grant_elsewhere_or_without_the_plan_gives_no_role(grant: Grant) -> None:
    assert role_in_lesson(PersonId("x"), [grant], LESSON) is None


def test_office_and_principal_sit_in_a_room_as_observers() -> None:
    assert {room_role(Role.TRAINING_OFFICE), room_role(Role.PRINCIPAL)} == {Role.OBSERVER}
    assert room_role(Role.STUDENT) is Role.STUDENT


def test_office_work_comes_before_teaching_on_the_home_screen() -> None:
    both = [Grant(Role.LECTURER, Scope.SCHOOL, "s"), Grant(Role.TRAINING_OFFICE, Scope.SCHOOL, "s")]
    assert main_role(both) is Role.TRAINING_OFFICE
    assert main_role([]) is None

"""The table of rights, cell by cell: every command × role × state, asked of the room's own decisions."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from server.errors import Problem
from server.room.commands import AnyCommand, Command, Leave
from server.room.decisions import Actor, decide, tag_of
from server.school.lesson_states import LessonState
from server.school.permissions import Role, may_in_room
from tests.server.room.hall_of_values import LECTURER, STUDENTS, PaperRoom

REASON = "lý do đủ mười ký tự"
FIELDS = {
    "message": "m1", "text": "lời", "reason": REASON, "participant": STUDENTS[0], "roll_call": "none", "microphone": True,
    "camera": True, "screen": False, "rev": 1, "tiles": [], "n": 1, "gen": 1, "sdp": "v=0", "media": [], "hears": True,
    "concealed_ppm": 0, "audio_ms": 10_000, "freezes": 0, "frozen_ms": 0, "mode": "exam",
}  # fmt: skip
ROOM_ROLES = (Role.LECTURER, Role.STUDENT, Role.CLASS_MANAGER, Role.OBSERVER)


def made(kind: type[Command]) -> Command:
    """A command of this kind with fields that fit."""
    names = {field.name for field in msgspec.structs.fields(kind)}
    return msgspec.convert({"t": kind.__struct_config__.tag, **{k: v for k, v in FIELDS.items() if k in names}}, kind)


@pytest.mark.parametrize("state", list(LessonState))
@pytest.mark.parametrize("role", ROOM_ROLES)
@pytest.mark.parametrize("kind", get_args(AnyCommand), ids=lambda kind: str(kind.__struct_config__.tag))
def test_a_command_is_carried_out_exactly_where_the_table_allows_it(
    kind: type[Command], role: Role, state: LessonState
) -> None:
    paper = PaperRoom()
    paper.enter(LECTURER, *STUDENTS)
    paper.state.phase = state
    person = LECTURER if role is Role.LECTURER else STUDENTS[1]
    command = made(kind)
    try:
        decide(paper.state, Actor(person, role), command, paper.moment())
        code = ""
    except Problem as problem:
        code = problem.code
    if isinstance(command, Leave) or may_in_room(tag_of(command), role, state):
        assert code not in ("room.wrong_state",)
        return
    ever = any(may_in_room(tag_of(command), role, each) for each in LessonState)
    assert code in (("room.wrong_state", "") if ever else ("room.not_allowed",))
    if code == "":
        assert tag_of(command) in ("start_lesson", "suspend_lesson", "resume_lesson", "end_lesson")

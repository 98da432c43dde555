"""(state, who, command) → events, or a Problem. PURE: the room appends the events and only then lets them happen.

Commands about media and views change nothing that is recorded; the room hands them to the relay (`media_link.py`).
An empty list means: already so, nothing to record. A command that is sent again after a reconnect is therefore harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.errors import Conflict, Refused
from server.events.base import Event
from server.ids import PersonId
from server.room import commands as wish
from server.room import decisions_chat, decisions_floor, decisions_lesson, decisions_roll_call, decisions_visibility
from server.room.moment import Moment
from server.room.state import RoomState
from server.school.lesson_states import LessonState
from server.school.permissions import Role, may_in_room


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks."""

    person: PersonId
    role: Role


_Decide = Callable[[RoomState, PersonId, Role, Any, Moment], list[Event]]

_DECISIONS: Mapping[type[wish.Command], _Decide] = {
    wish.StartLesson: decisions_lesson.start,
    wish.SuspendLesson: decisions_lesson.suspend,
    wish.ResumeLesson: decisions_lesson.resume,
    wish.EndLesson: decisions_lesson.end,
    wish.TakeScreenshot: decisions_lesson.take_screenshot,
    wish.PostChat: decisions_chat.post,
    wish.EditChat: decisions_chat.edit,
    wish.HideChat: decisions_chat.hide,
    wish.RaiseHand: decisions_floor.raise_hand,
    wish.LowerHand: decisions_floor.lower_hand,
    wish.LowerAllHands: decisions_floor.lower_all_hands,
    wish.GiveFloor: decisions_floor.give,
    wish.TakeFloor: decisions_floor.take,
    wish.AskMute: decisions_floor.ask_mute,
    wish.RemovePerson: decisions_floor.remove,
    wish.SetVisibility: decisions_visibility.set_mode,
    wish.StartAside: decisions_visibility.start_aside,
    wish.EndAside: decisions_visibility.end_aside,
    wish.StartRollCall: decisions_roll_call.start,
    wish.AnswerRollCall: decisions_roll_call.answer,
}

#: Where a lesson stands once a command has had its effect: sent again by its owner, it is done already.
_DONE: Mapping[type[wish.Command], LessonState] = {
    wish.StartLesson: LessonState.LIVE,
    wish.SuspendLesson: LessonState.SUSPENDED,
    wish.ResumeLesson: LessonState.LIVE,
    wish.EndLesson: LessonState.ENDED,
}


def decide(state: RoomState, actor: Actor, command: wish.Command, moment: Moment) -> list[Event]:
    """The events of a command. Raises Problem; never changes the state."""
    allow(state, actor, command)
    if state.phase == _DONE.get(type(command)):
        return []
    decision = _DECISIONS.get(type(command))
    return [] if decision is None else decision(state, actor.person, actor.role, command, moment)


def allow(state: RoomState, actor: Actor, command: wish.Command) -> None:
    """Raises Refused if this role never may, Conflict if it may, but not now. Everybody may leave at any time."""
    if isinstance(command, wish.Leave):
        return
    tag = tag_of(command)
    if may_in_room(tag, actor.role, state.phase):
        return
    if state.phase == _DONE.get(type(command)) and _ever(tag, actor.role):
        return
    if _ever(tag, actor.role):
        raise Conflict("room.wrong_state", state=state.phase.value)
    raise Refused("room.not_allowed")


def tag_of(command: wish.Command) -> str:
    """The wire tag of a command."""
    return str(command.__struct_config__.tag)


def _ever(tag: str, role: Role) -> bool:
    return any(may_in_room(tag, role, state) for state in LessonState)

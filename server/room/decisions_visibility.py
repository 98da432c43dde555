"""Decisions about who may see whom. PURE. What they mean for each person is in visibility.py."""

from __future__ import annotations

from server.errors import Conflict, NotFound
from server.events import room
from server.events.base import Event
from server.ids import PersonId
from server.room import commands as wish
from server.room.moment import Moment
from server.room.state import Presence, RoomState
from server.school.permissions import Role


def set_mode(state: RoomState, _: PersonId, __: Role, command: wish.SetVisibility, ___: Moment) -> list[Event]:
    if command.mode == state.visibility:
        return []
    return [room.VisibilitySet(mode=command.mode)]


def start_aside(state: RoomState, person: PersonId, _: Role, command: wish.StartAside, __: Moment) -> list[Event]:
    whom = state.person(PersonId(command.participant))
    if whom is None:
        raise NotFound("room.no_such_person")
    if whom.person == person:
        raise Conflict("room.not_yourself")
    if whom.presence is not Presence.PRESENT:
        raise Conflict("room.not_present")
    both = frozenset({person, whom.person})
    if state.aside == both:
        return []
    ended: list[Event] = [room.AsideEnded(by=person)] if state.aside else []
    return [*ended, room.AsideStarted(by=person, person=whom.person)]


def end_aside(state: RoomState, person: PersonId, _: Role, __: object, ___: Moment) -> list[Event]:
    return [room.AsideEnded(by=person)] if state.aside else []

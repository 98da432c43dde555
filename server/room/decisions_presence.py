"""Decisions about coming and going: who may take a seat, what a lost line is, when a seat is given up. PURE.

The measurements come from `participant.py` (socket) and `media_link.py` (relay); the words and events are chosen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.errors import Conflict, Refused
from server.events import lesson, room
from server.events.base import Event
from server.ids import PersonId
from server.room.decisions_floor import give_back
from server.room.decisions_lesson import lecturer_back, lecturer_gone
from server.room.state import PersonState, Presence, RoomState
from server.school.lesson_states import AFTER, OPEN
from server.school.permissions import Role

#: Connection states that follow from measurements; the others follow from events.
MEASURED = frozenset({"joining", "learning", "listening_only", "weak", "handing_over", "background"})

#: Changes of one person's path that a lesson's record takes.
MOST_PATH_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Knock:
    """An authenticated connection that wants a seat. `is_connected`: another connection of this person is alive now."""

    person: PersonId
    role: Role
    device: str
    with_media: bool
    take_over: bool
    is_connected: bool


def check_open(state: RoomState) -> None:
    """Raises Conflict unless a room can be entered now."""
    if state.phase in AFTER:
        raise Conflict("room.ended")
    if state.phase not in OPEN:
        raise Conflict("room.not_open", state=state.phase.value)


def consented(state: RoomState, person: PersonId, version: int, purposes: Sequence[str]) -> list[Event]:
    """The agreement that a person gave before coming in, once per lesson and version of the notice."""
    if state.consents.get(person) == version:
        return []
    return [lesson.ConsentGiven(person=person, notice_version=version, purposes=list(purposes))]


def come_in(state: RoomState, knock: Knock) -> list[Event]:
    """The events of taking a seat, or of coming back to it. Raises Problem.

    A removed person stays out whatever ticket they hold (the ban is the person's, not the connection's).
    """
    check_open(state)
    known = state.person(knock.person)
    if known is not None and known.presence is Presence.REMOVED:
        raise Refused("room.removed")
    if known is None or not known.is_seated:
        came: list[Event] = [
            room.PersonKnocked(
                person=knock.person, role=knock.role.value, device=knock.device, with_media=knock.with_media
            ),
            room.PersonAdmitted(person=knock.person),
        ]
    else:
        came = _to_held_seat(known, knock)
    return came + _if_lecturer(state, knock.person, lecturer_back(state))


def _to_held_seat(known: PersonState, knock: Knock) -> list[Event]:
    """One person is in one place: a second device needs the person's word, unless the first one is away anyway."""
    back: list[Event] = [room.PersonReturned(person=knock.person, device=knock.device, how="rejoined")]
    if known.device == knock.device:
        return back
    if knock.is_connected and not knock.take_over:
        raise Conflict("room.other_device")
    return [*back, room.DeviceChanged(person=knock.person, from_device=known.device, to_device=knock.device)]


def came_back(state: RoomState, person: PersonId, how: str) -> list[Event]:
    """The line of a held seat works again. how ∈ resumed, ice_restart."""
    known = state.person(person)
    if known is None or not known.is_seated:
        return []
    back = room.PersonReturned(person=person, device=known.device, how=how)
    return [back, *_if_lecturer(state, person, lecturer_back(state))]


def lose(state: RoomState, person: PersonId, last_alive_us: int, reason: str) -> list[Event]:
    """No sign of life any more; the seat is kept."""
    known = state.person(person)
    if known is None or known.presence is not Presence.PRESENT:
        return []
    return [room.PersonLost(person=person, last_alive_us=last_alive_us, reason=reason)]


def leave(state: RoomState, person: PersonId, last_alive_us: int, reason: str) -> list[Event]:
    """The seat is given up."""
    known = state.person(person)
    if known is None or not known.is_seated:
        return []
    left = room.PersonLeft(person=person, last_alive_us=last_alive_us, reason=reason)
    return [*give_back(state, person), left, *_if_lecturer(state, person, lecturer_gone(state))]


def measured(state: RoomState, person: PersonId, word: str) -> list[Event]:
    """The connection state that the measurements add up to, if it is another one than before."""
    known = state.person(person)
    if known is None or known.presence is not Presence.PRESENT or known.state == word or word not in MEASURED:
        return []
    return [room.ConnectionStateChanged(person=person, state=word)]


def media_changed(state: RoomState, person: PersonId, role: str, on: bool) -> list[Event]:
    """What the server sees somebody send started or stopped."""
    known = state.person(person)
    if known is None or not known.is_seated or (role in known.media) == on:
        return []
    return [room.MediaChanged(person=person, role=role, on=on)]


def path_changed(state: RoomState, person: PersonId, path: str, ipv6: bool) -> list[Event]:
    """Somebody's media come another way. Told so often and no more: a line that flaps all lesson long fills no record."""
    known = state.person(person)
    if known is None or not known.is_seated or known.path == (path, ipv6) or known.path_changes >= MOST_PATH_CHANGES:
        return []
    return [room.PathChanged(person=person, path=path, ipv6=ipv6)]


def _if_lecturer(state: RoomState, person: PersonId, events: list[Event]) -> list[Event]:
    known = state.person(person)
    return events if known is not None and known.role is Role.LECTURER else []

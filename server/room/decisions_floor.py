"""Decisions about hands, the floor, muting and removing; and what a person's place allows the relay to forward. PURE."""

from __future__ import annotations

from server.errors import Conflict, NotFound, Refused
from server.events import room
from server.events.base import Event
from server.ids import PersonId
from server.room import commands as wish
from server.room.moment import Moment
from server.room.state import PersonState, Presence, RoomState
from server.room.wording import clean
from server.school.permissions import Role

MICROPHONE, CAMERA, SCREEN, SCREEN_AUDIO = "microphone", "camera", "screen", "screen_audio"
_TALK = frozenset({MICROPHONE, CAMERA})
_EVERYTHING = frozenset({MICROPHONE, CAMERA, SCREEN, SCREEN_AUDIO})


def may_publish(role: Role, has_floor: bool) -> frozenset[str]:
    """Roles of media that the relay forwards: the whole class may talk and be seen; showing a screen needs the floor."""
    if role is Role.LECTURER:
        return _EVERYTHING
    if role is Role.STUDENT:
        return _EVERYTHING if has_floor else _TALK
    return frozenset()


def priority(role: Role, has_floor: bool) -> int:
    """Who gets bandwidth first: the lecturer 2, whoever has the floor 1, everybody else 0."""
    if role is Role.LECTURER:
        return 2
    return 1 if has_floor else 0


def raise_hand(state: RoomState, person: PersonId, _: Role, __: object, ___: Moment) -> list[Event]:
    if person in state.hands or person in state.floor:
        return []
    return [room.HandRaised(person=person)]


def lower_hand(state: RoomState, person: PersonId, role: Role, command: wish.LowerHand, _: Moment) -> list[Event]:
    whose = PersonId(command.participant) if command.participant is not None else person
    if whose != person and role is not Role.LECTURER:
        raise Refused("room.not_allowed")
    if whose not in state.hands:
        return []
    return [room.HandLowered(person=whose, by="self" if whose == person else "lecturer")]


def lower_all_hands(state: RoomState, _: PersonId, __: Role, ___: object, ____: Moment) -> list[Event]:
    return [room.HandLowered(person=each, by="lecturer") for each in state.hands]


def give(state: RoomState, _: PersonId, __: Role, command: wish.GiveFloor, ___: Moment) -> list[Event]:
    whom = _person(state, command.participant)
    if whom.role is not Role.STUDENT:
        raise Conflict("room.not_a_student")
    if whom.presence is not Presence.PRESENT:
        raise Conflict("room.not_present")
    if whom.person in state.floor:
        return []
    lowered: list[Event] = []
    if whom.person in state.hands:
        lowered.append(room.HandLowered(person=whom.person, by="given"))
    return [*lowered, room.FloorGiven(person=whom.person)]


def take(state: RoomState, person: PersonId, role: Role, command: wish.TakeFloor, _: Moment) -> list[Event]:
    whose = PersonId(command.participant)
    if whose != person and role is not Role.LECTURER:
        raise Refused("room.not_allowed")
    if whose not in state.floor:
        return []
    return [room.FloorTaken(person=whose, by="self" if whose == person else "lecturer")]


def ask_mute(state: RoomState, _: PersonId, __: Role, command: wish.AskMute, ___: Moment) -> list[Event]:
    if command.participant is None:
        return [room.MuteAsked(person=None)]
    return [room.MuteAsked(person=_person(state, command.participant).person)]


def remove(state: RoomState, person: PersonId, _: Role, command: wish.RemovePerson, moment: Moment) -> list[Event]:
    whom = _person(state, command.participant)
    if whom.person == person or whom.role is Role.LECTURER:
        raise Conflict("room.not_yourself")
    if whom.presence is Presence.REMOVED:
        return []
    removed: list[Event] = [room.PersonRemoved(person=whom.person, reason=clean(command.reason))]
    if whom.is_seated:
        removed.append(room.PersonLeft(person=whom.person, last_alive_us=moment.at_us, reason="removed"))
    return [*give_back(state, whom.person), *removed]


def give_back(state: RoomState, person: PersonId) -> list[Event]:
    """Whoever goes takes neither a raised hand nor the floor along, and ends the aside."""
    events: list[Event] = []
    if person in state.hands:
        events.append(room.HandLowered(person=person, by="self"))
    if person in state.floor:
        events.append(room.FloorTaken(person=person, by="left"))
    if person in state.aside:
        events.append(room.AsideEnded(by=person))
    return events


def _person(state: RoomState, participant: str) -> PersonState:
    person = state.person(PersonId(participant))
    if person is None:
        raise NotFound("room.no_such_person")
    return person

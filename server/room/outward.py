"""Events → pushes: who is told what once a fact is durable. PURE: it looks at the room through its `View`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from server.events import device, lesson, room
from server.events.base import Event, Recorded
from server.ids import MessageId, ParticipantId, PersonId
from server.room import pushes as tell
from server.room.state import STAFF
from server.room.view import View
from server.school.permissions import Role

STUDENTS = frozenset({Role.STUDENT})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A push and its audience: these roles (None: all), or this person alone; never `but`."""

    push: tell.Push
    roles: frozenset[Role] | None = None
    person: PersonId | None = None
    but: PersonId | None = None

    def is_for(self, person: PersonId, role: Role) -> bool:
        if person == self.but:
            return False
        if self.person is not None:
            return person == self.person
        return self.roles is None or role in self.roles


_Tell = Callable[[View, Any], Iterable[Outgoing]]

#: Events that change a person's line in the roster.
_ABOUT_PEOPLE = (
    room.PersonKnocked, room.PersonReturned, room.PersonLost, room.PersonLeft, room.PersonRemoved, room.DeviceChanged,
    room.ConnectionStateChanged, room.MediaChanged, room.FloorGiven,
)  # fmt: skip
_ABOUT_DEVICES = device.DeviceJoined | device.DeviceLeft | device.DeviceMediaChanged


def outgoing(view: View, recorded: Iterable[Recorded]) -> list[Outgoing]:
    """The pushes of a batch of events, each fact once, the roster's changes gathered in one push at the end."""
    changed: set[ParticipantId] = set()
    told: list[Outgoing] = []
    hands = floor = False
    for each in recorded:
        event = each.event
        if isinstance(event, _ABOUT_PEOPLE):
            changed.add(event.person)
        if isinstance(event, _ABOUT_DEVICES):
            changed.add(event.device)
        hands = hands or isinstance(event, room.HandRaised | room.HandLowered)
        floor = floor or isinstance(event, room.FloorGiven | room.FloorTaken)
        teller = _TELLERS.get(type(event))
        if teller is not None:
            told += teller(view, event)
    if hands:
        told.append(Outgoing(tell.HandsChanged(hands=view.hands())))
    if floor:
        told += _floor(view, [each.event for each in recorded])
    if changed:
        told.append(roster_changed(view, changed))
    return told


def roster_changed(view: View, people: set[ParticipantId]) -> Outgoing:
    return Outgoing(tell.RosterChanged(people=view.entries(people), counts=view.counts()))


def _floor(view: View, events: list[Event]) -> list[Outgoing]:
    invited = {each.person for each in events if isinstance(each, room.FloorGiven)}
    floor = view.floor()
    personal = [Outgoing(tell.FloorChanged(floor=floor, invited_me=True), person=each) for each in invited]
    only = next(iter(invited)) if len(invited) == 1 else None
    return [Outgoing(tell.FloorChanged(floor=floor, invited_me=False), but=only), *personal]


def _lesson(reason: str) -> _Tell:
    return lambda view, event: [
        Outgoing(tell.LessonChanged(lesson=view.lesson(), reason=reason or getattr(event, "reason", "")))
    ]


def _posted(view: View, event: room.MessagePosted) -> list[Outgoing]:
    return [Outgoing(tell.ChatPosted(message=view.message(view.state.chat[event.message], Role.LECTURER)))]


def _chat_changed(view: View, event: room.MessageEdited | room.MessageHidden) -> list[Outgoing]:
    entry = view.state.chat[MessageId(event.message)]
    return [
        Outgoing(tell.ChatChanged(message=view.message(entry, Role.LECTURER)), roles=STAFF),
        Outgoing(tell.ChatChanged(message=view.message(entry, Role.STUDENT)), roles=STUDENTS),
    ]


def _mute(view: View, event: room.MuteAsked) -> list[Outgoing]:
    push = tell.MuteRequested()
    if event.person is not None:
        return [Outgoing(push, person=event.person)]
    return [Outgoing(push, roles=frozenset(Role) - {Role.LECTURER})]


def _removed(view: View, event: room.PersonRemoved) -> list[Outgoing]:
    return [Outgoing(tell.Removed(code="removed", reason=event.reason), person=event.person)]


def _roll_call_started(view: View, event: lesson.RollCallStarted) -> list[Outgoing]:
    return roll_call_told(view, view.participants)


def roll_call_told(view: View, people: Iterable[PersonId]) -> list[Outgoing]:
    """The open roll-call as each of these people sees it."""
    told = []
    for person in people:
        held = view.participants.get(person)
        if held is not None:
            info = view.roll_call(person, held.role)
            told.append(Outgoing(tell.RollCallChanged(roll_call=info), person=person))
    return told


def _roll_call_answered(view: View, event: room.RollCallAnswered) -> list[Outgoing]:
    call = view.state.open_roll_call
    if call is None:
        return []
    staff = view.roll_call_info(call, PersonId(""), Role.LECTURER)
    mine = view.roll_call_info(call, event.person, Role.STUDENT)
    return [
        Outgoing(tell.RollCallChanged(roll_call=staff), roles=STAFF),
        Outgoing(tell.RollCallChanged(roll_call=mine), person=event.person),
    ]


def _roll_call_closed(view: View, event: lesson.RollCallClosed) -> list[Outgoing]:
    return [Outgoing(tell.RollCallChanged(roll_call=None))]


def _evidence(view: View, event: lesson.EvidenceFiled) -> list[Outgoing]:
    return [Outgoing(tell.ScreenshotTaken(count=view.state.evidence, sha256=event.sha256), roles=STAFF)]


def _visibility(view: View, _: Event) -> list[Outgoing]:
    return [Outgoing(tell.VisibilityChanged(visibility=view.visibility()))]


_TELLERS: dict[type[Event], _Tell] = {
    lesson.LessonStarted: _lesson("started"),
    lesson.LessonSuspended: _lesson(""),
    lesson.LessonResumed: _lesson("resumed"),
    lesson.LessonEnded: _lesson(""),
    lesson.RollCallStarted: _roll_call_started,
    lesson.RollCallClosed: _roll_call_closed,
    lesson.EvidenceFiled: _evidence,
    room.RollCallAnswered: _roll_call_answered,
    room.MessagePosted: _posted,
    room.MessageEdited: _chat_changed,
    room.MessageHidden: _chat_changed,
    room.MuteAsked: _mute,
    room.VisibilitySet: _visibility,
    room.AsideStarted: _visibility,
    room.AsideEnded: _visibility,
    room.PersonRemoved: _removed,
}

"""Event → state: the only way in which a room's state changes, live and when it is rebuilt from the ledger. PURE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.events import device, lesson, room
from server.events.base import Event, Recorded
from server.ids import PersonId
from server.room.state import ChatEntry, DeviceState, PersonState, Presence, RollCall, RoomState
from server.school.lesson_states import LessonState
from server.school.permissions import Role

_Apply = Callable[[RoomState, Any, int], None]


def apply(state: RoomState, recorded: Recorded) -> None:
    """Let one recorded event happen. Events that a room does not know (the sheet's, the recording's) change nothing."""
    act = _ACTS.get(type(recorded.event))
    if act is not None:
        act(state, recorded.event, recorded.at_us)


def _person(state: RoomState, person: PersonId) -> PersonState:
    return state.people.setdefault(person, PersonState(person, Role.OBSERVER))


def _opened(state: RoomState, event: lesson.LessonOpened, _: int) -> None:
    state.opened = event
    state.phase = LessonState.LOBBY
    state.people[event.lecturer] = PersonState(event.lecturer, Role.LECTURER)
    if event.class_manager is not None:
        state.people[event.class_manager] = PersonState(event.class_manager, Role.CLASS_MANAGER)
    for line in event.roster:
        state.people[line.person] = PersonState(line.person, Role.STUDENT)


def _started(state: RoomState, _: Event, at_us: int) -> None:
    state.phase = LessonState.LIVE
    state.started_us = at_us


def _suspended(state: RoomState, event: lesson.LessonSuspended, _: int) -> None:
    state.phase = LessonState.SUSPENDED
    state.suspended_reason = event.reason


def _resumed(state: RoomState, _: Event, __: int) -> None:
    state.phase = LessonState.LIVE
    state.suspended_reason = ""


def _ended(state: RoomState, _: Event, at_us: int) -> None:
    state.phase = LessonState.ENDED
    state.ended_us = at_us


def _outage(state: RoomState, event: lesson.ServerOutage, _: int) -> None:
    """Whoever was connected lost the line through our fault. Our absence is not the lecturer's either."""
    for person in state.people.values():
        if person.presence is Presence.PRESENT:
            _gone(state, person, Presence.LOST, "lost", event.from_us)
    if state.without_lecturer_since_us is not None:
        state.without_lecturer_since_us = max(state.without_lecturer_since_us, event.to_us)


def _consented(state: RoomState, event: lesson.ConsentGiven, _: int) -> None:
    state.consents[event.person] = event.notice_version


def _knocked(state: RoomState, event: room.PersonKnocked, at_us: int) -> None:
    person = state.people.setdefault(event.person, PersonState(event.person, Role(event.role)))
    person.role = Role(event.role)
    person.device = event.device
    _there(state, person, at_us)
    person.state = "joining"


def _returned(state: RoomState, event: room.PersonReturned, at_us: int) -> None:
    person = _person(state, event.person)
    person.device = event.device
    was_away = person.presence is not Presence.PRESENT
    _there(state, person, at_us)
    if was_away:
        person.state = "joining"


def _device_changed(state: RoomState, event: room.DeviceChanged, at_us: int) -> None:
    person = _person(state, event.person)
    person.device = event.to_device
    person.media.clear()
    _there(state, person, at_us)
    person.state = "joining"


def _there(state: RoomState, person: PersonState, at_us: int) -> None:
    if person.presence is not Presence.PRESENT:
        person.since_us = at_us
    person.presence = Presence.PRESENT
    if person.role is Role.LECTURER:
        state.without_lecturer_since_us = None


def _lost(state: RoomState, event: room.PersonLost, _: int) -> None:
    _gone(state, _person(state, event.person), Presence.LOST, "lost", event.last_alive_us)


def _left(state: RoomState, event: room.PersonLeft, _: int) -> None:
    person = _person(state, event.person)
    if person.presence is Presence.REMOVED:
        return
    _gone(state, person, Presence.LEFT, "left", event.last_alive_us)


def _removed(state: RoomState, event: room.PersonRemoved, at_us: int) -> None:
    _gone(state, _person(state, event.person), Presence.REMOVED, "removed", at_us)


def _gone(state: RoomState, person: PersonState, presence: Presence, word: str, at_us: int) -> None:
    if person.role is Role.LECTURER and person.presence is Presence.PRESENT:
        state.without_lecturer_since_us = at_us
    person.presence = presence
    person.state = word
    person.since_us = at_us
    person.media.clear()


def _state_changed(state: RoomState, event: room.ConnectionStateChanged, _: int) -> None:
    _person(state, event.person).state = event.state


def _hand_raised(state: RoomState, event: room.HandRaised, at_us: int) -> None:
    state.hands.setdefault(event.person, at_us)


def _hand_lowered(state: RoomState, event: room.HandLowered, _: int) -> None:
    state.hands.pop(event.person, None)


def _floor_given(state: RoomState, event: room.FloorGiven, at_us: int) -> None:
    state.floor.setdefault(event.person, at_us)
    _person(state, event.person).times_spoken += 1


def _floor_taken(state: RoomState, event: room.FloorTaken, _: int) -> None:
    state.floor.pop(event.person, None)


def _visibility_set(state: RoomState, event: room.VisibilitySet, _: int) -> None:
    state.visibility = event.mode


def _aside_started(state: RoomState, event: room.AsideStarted, _: int) -> None:
    state.aside = frozenset({event.by, event.person})


def _aside_ended(state: RoomState, _: room.AsideEnded, __: int) -> None:
    state.aside = frozenset()


def _media_changed(state: RoomState, event: room.MediaChanged, _: int) -> None:
    media = _person(state, event.person).media
    if event.on:
        media.add(event.role)
    else:
        media.discard(event.role)


def _path_changed(state: RoomState, event: room.PathChanged, _: int) -> None:
    person = _person(state, event.person)
    person.path = (event.path, event.ipv6)
    person.path_changes += 1


def _posted(state: RoomState, event: room.MessagePosted, at_us: int) -> None:
    state.chat[event.message] = ChatEntry(event.message, event.person, at_us, event.text)


def _edited(state: RoomState, event: room.MessageEdited, _: int) -> None:
    entry = state.chat[event.message]
    entry.text = event.text
    entry.edited = True


def _hidden(state: RoomState, event: room.MessageHidden, _: int) -> None:
    state.chat[event.message].hidden_reason = event.reason


def _roll_call_started(state: RoomState, event: lesson.RollCallStarted, at_us: int) -> None:
    asked = {each.person for each in state.present_students()}
    earlier = [call for call in state.roll_calls if call.no == event.no]
    for call in earlier:
        asked -= call.answered
    state.roll_calls.append(RollCall(event.roll_call, event.no, at_us, event.window_s, event.issued_by, asked=asked))


def _roll_call_closed(state: RoomState, event: lesson.RollCallClosed, _: int) -> None:
    for call in state.roll_calls:
        if call.roll_call == event.roll_call:
            call.is_open = False


def _roll_call_answered(state: RoomState, event: room.RollCallAnswered, _: int) -> None:
    for call in state.roll_calls:
        if call.roll_call == event.roll_call:
            call.answered.add(event.person)
            call.asked.add(event.person)


def _device_joined(state: RoomState, event: device.DeviceJoined, at_us: int) -> None:
    state.devices[event.device] = DeviceState(event.device, event.owner, event.purpose, at_us)


def _device_left(state: RoomState, event: device.DeviceLeft, _: int) -> None:
    known = state.devices[event.device]
    known.is_present, known.since_us = False, event.last_alive_us
    known.media.clear()


def _device_media(state: RoomState, event: device.DeviceMediaChanged, _: int) -> None:
    known = state.devices[event.device].media
    (known.add if event.on else known.discard)(event.role)


def _screenshot_asked(state: RoomState, event: room.ScreenshotAsked, _: int) -> None:
    state.screenshots_asked.append(event.cause)


def _evidence_filed(state: RoomState, event: lesson.EvidenceFiled, _: int) -> None:
    state.evidence += 1


_ACTS: dict[type[Event], _Apply] = {
    lesson.LessonOpened: _opened,
    lesson.LessonStarted: _started,
    lesson.LessonSuspended: _suspended,
    lesson.LessonResumed: _resumed,
    lesson.LessonEnded: _ended,
    lesson.ServerOutage: _outage,
    lesson.RollCallStarted: _roll_call_started,
    lesson.RollCallClosed: _roll_call_closed,
    lesson.EvidenceFiled: _evidence_filed,
    lesson.ConsentGiven: _consented,
    room.PersonKnocked: _knocked,
    room.PersonReturned: _returned,
    room.DeviceChanged: _device_changed,
    room.PersonLost: _lost,
    room.PersonLeft: _left,
    room.PersonRemoved: _removed,
    room.ConnectionStateChanged: _state_changed,
    room.HandRaised: _hand_raised,
    room.HandLowered: _hand_lowered,
    room.FloorGiven: _floor_given,
    room.FloorTaken: _floor_taken,
    room.VisibilitySet: _visibility_set,
    room.AsideStarted: _aside_started,
    room.AsideEnded: _aside_ended,
    room.MediaChanged: _media_changed,
    room.PathChanged: _path_changed,
    room.MessagePosted: _posted,
    room.MessageEdited: _edited,
    room.MessageHidden: _hidden,
    room.RollCallAnswered: _roll_call_answered,
    room.ScreenshotAsked: _screenshot_asked,
    device.DeviceJoined: _device_joined,
    device.DeviceLeft: _device_left,
    device.DeviceMediaChanged: _device_media,
}

"""The room as its ledger tells it, after a restart: state from events, seats held for whoever was there, the outage written down."""

from __future__ import annotations

from collections.abc import Sequence

from server.events import device, lesson, room
from server.events.base import Event, Origin, Recorded
from server.ids import LessonId
from server.room.apply import apply
from server.room.hall import Hall
from server.room.participant import Participant
from server.room.state import Presence, RoomState
from server.school.lesson_states import OPEN


def state_of(lesson_id: LessonId, events: Sequence[Recorded]) -> RoomState:
    """The state after all of these events."""
    state = RoomState(lesson_id)
    for each in events:
        apply(state, each)
    return state


def interruption(state: RoomState, last_alive_us: int, now_us: int) -> list[Event]:
    """What to record when a server comes back to a lesson that was open: lines that nobody saw break, and the outage itself."""
    if state.phase not in OPEN:
        return []
    lost: list[Event] = [
        room.PersonLost(person=each.person, last_alive_us=last_alive_us, reason="server_restart", inferred=True)
        for each in state.people.values()
        if each.presence is Presence.PRESENT
    ]
    lost += [
        device.DeviceLeft(device=each.device, last_alive_us=last_alive_us, reason="server_restart", inferred=True)
        for each in state.present_devices()
    ]
    outage = lesson.ServerOutage(from_us=last_alive_us, to_us=max(now_us, last_alive_us))
    return [*lost, outage]


async def take_up(hall: Hall, last_alive_us: int) -> None:
    """Record the interruption and hold the seats: everybody has the full grace from now, whatever the outage took."""
    await hall.record(interruption(hall.state, last_alive_us, hall.now_us), Origin.SERVER)
    hold_seats(hall)


def hold_seats(hall: Hall) -> None:
    """A seat without a browser for everybody whom the record says to be seated."""
    now_us = hall.now_us
    for person in hall.state.seated():
        if person.person in hall.participants:
            continue
        held = Participant(person.person, person.role, device=person.device)
        held.socket_alive_us = person.since_us or now_us
        held.socket_closed_us = held.lost_us = now_us
        held.why_closed = "server_restart"
        hall.participants[person.person] = held

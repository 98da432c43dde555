"""A live room as its recording sees it: implements RecordingHost over a Room, and goes on after the room has closed."""

from __future__ import annotations

from collections.abc import Sequence

from server.errors import Conflict
from server.events.base import Event, Origin, Recorded
from server.ids import DeviceId, LessonId, PersonId
from server.ledger import LogWriter, NewEvent
from server.room.pushes import RecordingChanged, RecordingInfo
from server.room.room import Room
from server.room.view import View
from server.school.permissions import Role
from server.services.recording_face import Attendee, Scene

_FAMILY = "recording."


class LiveHost:
    """One lesson's room for its recording."""

    def __init__(self, room: Room, writer: LogWriter, recorded: Sequence[Recorded]) -> None:
        self._room = room
        self._writer = writer
        self._recorded = [each.event for each in recorded if _is_recording(each.event)]

    @property
    def lesson(self) -> LessonId:
        return self._room.lesson

    async def record(self, event: Event, origin: Origin) -> None:
        try:
            await self._room.record(event, origin)
        except Conflict as problem:
            if problem.code != "room.closed":
                raise
            await self._writer.append(NewEvent(event, origin))

    def person_of(self, peer: int) -> PersonId | None:
        """Whose picture it is: a device's is its owner's."""
        hall = self._room.hall
        who = hall.media.person_of(peer)
        device = hall.state.devices.get(DeviceId(who)) if who is not None else None
        return device.owner if device is not None else PersonId(who) if who is not None else None

    def scene(self) -> Scene:
        hall = self._room.hall
        view = hall.view
        counts = view.counts()
        plan = hall.plan
        return Scene(
            title=f"{plan.cohort_code} · Chuyên đề {plan.topic_no}: {plan.topic_name}",
            present=counts.present,
            enrolled=counts.enrolled,
            attendees=[self._attendee(view, person.person, person.role) for person in view.present()],
        )

    def recording_changed(self, info: RecordingInfo) -> None:
        self._room.tell(RecordingChanged(recording=info))

    def recorded(self) -> Sequence[Event]:
        return self._recorded

    def _attendee(self, view: View, person: PersonId, role: Role) -> Attendee:
        card = view.cards.get(person)
        media = self._room.hall.media
        title = f"{card.title} " if card is not None and card.title and role is Role.LECTURER else ""
        caption = "" if card is None else f"{title}{card.name}" + (f" · {card.code}" if role is Role.STUDENT else "")
        return Attendee(
            person=person,
            caption=caption,
            peer=media.peer_of(person) if media.has(person) else None,
            lecturer=role is Role.LECTURER,
        )


def _is_recording(event: Event) -> bool:
    tag = event.__struct_config__.tag
    return isinstance(tag, str) and tag.startswith(_FAMILY)

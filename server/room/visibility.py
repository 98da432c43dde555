"""Who may see and hear whom in a lesson: one matrix, computed from what happened in it. PURE: the relay enforces it.

Cases, the first that applies decides:
1. An aside (nói chuyện riêng): the two see and hear each other and nobody else; nobody else sees or hears them.
2. The lobby: until the lesson starts, students see and hear the staff, not each other.
3. `exam` (a star): students see and hear the staff; the staff everybody.
4. `staff_cameras`: as open, but pictures of students go to the staff alone, unless a student has the floor.
5. `open`: everybody sees and hears everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.ids import DeviceId, PersonId
from server.room.device import CAMERA
from server.room.state import RoomState
from server.school.lesson_states import LessonState
from server.school.permissions import Role

OPEN, STAFF_CAMERAS, EXAM = "open", "staff_cameras", "exam"
MODES = (OPEN, STAFF_CAMERAS, EXAM)


#: Whoever may send or be sent something.
Party = PersonId | DeviceId


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose pictures (`sees`) and voices (`hears`) a party may be sent; None: everybody's."""

    sees: frozenset[Party] | None = None
    hears: frozenset[Party] | None = None


def reach(state: RoomState, who: PersonId | None, role: Role) -> Reach:
    """One row of the matrix. `who` None: a screen before an audience, which shows what a student may see."""
    aside: frozenset[Party] = frozenset(state.aside)
    if who in aside:
        return _only(aside - {who})
    if role is Role.STUDENT and (state.phase is LessonState.LOBBY or state.visibility == EXAM):
        return _only(_staff(state) - aside)
    heard = (frozenset(state.people) | _cameras(state)) - aside if aside else None
    if role is Role.STUDENT and state.visibility == STAFF_CAMERAS:
        return Reach((_staff(state) | frozenset(state.floor)) - aside, heard)
    return Reach(heard, heard)


def _only(parties: frozenset[Party]) -> Reach:
    return Reach(parties, parties)


def _staff(state: RoomState) -> frozenset[Party]:
    """Everybody but students, and the lecturer's further cameras."""
    people = frozenset(person for person, each in state.people.items() if each.role is not Role.STUDENT)
    return people | _cameras(state)


def _cameras(state: RoomState) -> frozenset[Party]:
    return frozenset(device for device, each in state.devices.items() if each.purpose == CAMERA)

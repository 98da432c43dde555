"""What is true in a live lesson, as far as its events say. Built by `apply.py` alone; nothing here is a connection or a timer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from server.events.lesson import LessonOpened
from server.ids import DeviceId, LessonId, MessageId, PersonId, RollCallId
from server.school.lesson_states import LessonState
from server.school.permissions import Role

#: Who is told of counts, hidden messages and evidence.
STAFF = frozenset({Role.LECTURER, Role.CLASS_MANAGER, Role.OBSERVER})


class Presence(StrEnum):
    EXPECTED = "expected"
    PRESENT = "present"
    LOST = "lost"
    LEFT = "left"
    REMOVED = "removed"


#: A seat is held: the person is there, or may come back to it.
SEATED = frozenset({Presence.PRESENT, Presence.LOST})


@dataclass(slots=True)
class PersonState:
    """One person of the lesson. `state` is product.md's connection state; `media` what the server sees them send."""

    person: PersonId
    role: Role
    presence: Presence = Presence.EXPECTED
    state: str = "not_joined"
    since_us: int | None = None
    device: str = ""
    media: set[str] = field(default_factory=set)
    times_spoken: int = 0
    #: The way of their media (path, is IPv6), and how often it changed.
    path: tuple[str, bool] = ("", False)
    path_changes: int = 0

    @property
    def is_seated(self) -> bool:
        return self.presence in SEATED


@dataclass(slots=True)
class DeviceState:
    """A device of the lesson; one that left stays known. `media` is what the server sees it send."""

    device: DeviceId
    owner: PersonId
    purpose: str
    since_us: int
    is_present: bool = True
    media: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ChatEntry:
    message: MessageId
    person: PersonId
    at_us: int
    text: str
    edited: bool = False
    hidden_reason: str | None = None


@dataclass(slots=True)
class RollCall:
    """One asking. A retry has the `no` of the asking it repeats."""

    roll_call: RollCallId
    no: int
    opened_us: int
    window_s: int
    issued_by: str
    asked: set[PersonId]
    answered: set[PersonId] = field(default_factory=set)
    is_open: bool = True

    @property
    def closes_us(self) -> int:
        return self.opened_us + self.window_s * 1_000_000


@dataclass(slots=True)
class RoomState:
    """Dictionaries keep the order of the events: chat by posting, hands by raising."""

    lesson: LessonId
    phase: LessonState = LessonState.SCHEDULED
    opened: LessonOpened | None = None
    started_us: int | None = None
    ended_us: int | None = None
    suspended_reason: str = ""
    people: dict[PersonId, PersonState] = field(default_factory=dict)
    devices: dict[DeviceId, DeviceState] = field(default_factory=dict)
    #: Who agreed to the notice, and to which version of it.
    consents: dict[PersonId, int] = field(default_factory=dict)
    chat: dict[MessageId, ChatEntry] = field(default_factory=dict)
    hands: dict[PersonId, int] = field(default_factory=dict)
    floor: dict[PersonId, int] = field(default_factory=dict)
    #: Who may see whom (visibility.py): open, staff_cameras, exam.
    visibility: str = "open"
    #: The two who talk in private, or nobody.
    aside: frozenset[PersonId] = frozenset()
    roll_calls: list[RollCall] = field(default_factory=list)
    screenshots_asked: list[str] = field(default_factory=list)
    evidence: int = 0
    #: When the lecturer was last seen to leave; None while the lecturer has a live connection (or never came).
    without_lecturer_since_us: int | None = None

    @property
    def open_roll_call(self) -> RollCall | None:
        return next((call for call in reversed(self.roll_calls) if call.is_open), None)

    def person(self, person: PersonId) -> PersonState | None:
        return self.people.get(person)

    def seated(self) -> list[PersonState]:
        return [each for each in self.people.values() if each.is_seated]

    def present_students(self) -> list[PersonState]:
        return [
            each for each in self.people.values() if each.role is Role.STUDENT and each.presence is Presence.PRESENT
        ]

    def present_devices(self) -> list[DeviceState]:
        return [each for each in self.devices.values() if each.is_present]

    def is_teaching(self) -> bool:
        return self.phase in (LessonState.LIVE, LessonState.SUSPENDED)

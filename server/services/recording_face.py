"""What the recording of a lesson and its live room need from each other: values and one protocol, no behaviour.

The room (or services/live.py) implements `RecordingHost` and holds a `LessonRecording` (services/lesson_recording.py), made by
`Recordings.open` (services/recordings.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from server.events.base import Event, Origin
from server.ids import EvidenceId, LessonId, PersonId
from server.room.pushes import RecordingInfo


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody present, for the evidence picture. `caption` is printed below the tile (roster name, code)."""

    person: PersonId
    caption: str
    peer: int | None
    lecturer: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands above the evidence picture and who belongs on it, at one moment.

    `title` e.g. "K45.B2 · Chuyên đề 3: …"; attendees in the order in which they shall be tiled.
    """

    title: str
    present: int
    enrolled: int
    attendees: Sequence[Attendee]


@dataclass(frozen=True, slots=True)
class SnapshotFiled:
    """An evidence picture exists and its `EvidenceFiled` is recorded."""

    evidence: EvidenceId
    sha256: str
    decoded: int
    tiles: int


class RecordingHost(Protocol):
    """One live lesson as its recording sees it. Everything is called on the event loop."""

    @property
    def lesson(self) -> LessonId: ...

    async def record(self, event: Event, origin: Origin) -> None:
        """Append through the room's owner task; returns when durable. After the room closed: straight to the ledger."""
        ...

    def person_of(self, peer: int) -> PersonId | None:
        """Whose peer of the relay this is (or was, in this lesson)."""
        ...

    def scene(self) -> Scene: ...

    def recording_changed(self, info: RecordingInfo) -> None:
        """The state for the strip changed: push it. Must only hand over."""
        ...

    def recorded(self) -> Sequence[Event]:
        """The `recording.*` events of this lesson so far, so that nothing is written twice after a restart."""
        ...

"""What a room needs from outside, as protocols: the browser's connection, the ledger's writer, the lesson's recording.

`realtime/` and `services/` bring the real ones; a room never imports them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.events.base import Recorded
from server.ids import ConnectionId
from server.ledger.faces import NewEvent
from server.room.pushes import RecordingInfo


class Connection(Protocol):
    """One Socket.IO socket of a participant. Nothing here waits for the network."""

    @property
    def id(self) -> ConnectionId: ...

    @property
    def is_open(self) -> bool: ...

    @property
    def last_seen_us(self) -> int:
        """When the browser's last packet came (Unix microseconds, server time)."""
        ...

    def send(self, frame: bytes) -> None:
        """Queue one push, a JSON object. Quietly nothing on a closed socket."""
        ...

    def close(self) -> None:
        """Close after what is queued has been sent."""
        ...


class Log(Protocol):
    """The lesson's chain (`server.ledger.LogWriter`)."""

    @property
    def epoch(self) -> int: ...

    async def append(self, *events: NewEvent) -> list[Recorded]: ...

    async def beat(self) -> None: ...


class Filed(Protocol):
    """A picture of evidence that is in the record now."""

    @property
    def sha256(self) -> str: ...


class RecordingDoor(Protocol):
    """The recording of this lesson (`server.services.lesson_recording.LessonRecording`)."""

    @property
    def info(self) -> RecordingInfo: ...

    def begin(self, origin_us: int) -> None: ...

    async def take_snapshot(self, *, source: str = "system") -> Filed: ...

    async def end(self, ended_us: int) -> None: ...

    def close(self) -> None: ...


#: Told of everything that was recorded, in order, after it is durable.
Observer = Callable[[Recorded], None]

"""Whether a lesson is being recorded, as the strip says it and the record keeps it. PURE: time and messages in, state and events out.

waiting → starting → recording ⇄ failed → finished        off: the school does not record
"""

from __future__ import annotations

from collections.abc import Iterable

from server.events.base import Event
from server.events.lesson import (
    RecordingFailed,
    RecordingFinished,
    RecordingGap,
    RecordingRestored,
    RecordingStarted,
    SegmentClosed,
)
from server.room.pushes import RecordingInfo

#: The recorder gives a sign of life each second.
SILENT_US = 3_500_000
#: Data that arrived so long ago and still is not in a file (a segment that paused is closed after 5 s).
UNCONFIRMED_US = 12_000_000
START_US = 10_000_000


class RecordingState:
    """Made from what the ledger has (`recorded`), so that a restarted server goes on where the old one stopped."""

    def __init__(self, *, record: bool, recorded: Iterable[Event]) -> None:
        self.state = "waiting" if record else "off"
        self._since_us: int | None = None
        self._began_us = 0
        self._heard_us = 0
        self._confirmed_us = 0
        self._failed_us: int | None = None
        self._has_started = False
        self._segments: set[str] = set()
        self._gaps: set[RecordingGap] = set()
        self._is_finished = False
        for event in recorded:
            self._remember(event)

    def info(self, now_us: int) -> RecordingInfo:
        lost_ms = (now_us - self._failed_us) // 1_000 if self.state == "failed" and self._failed_us else 0
        return RecordingInfo(state=self.state, since_us=self._since_us, lost_ms=max(0, lost_ms))

    def begin(self, now_us: int) -> list[Event]:
        if self.state == "waiting":
            self._began_us = now_us
            self._enter("starting", now_us)
        return []

    def writing(self, confirmed_us: int, has_media: bool, now_us: int) -> list[Event]:
        """The recorder's sign of life. Nothing written yet is no failure while nobody sends anything."""
        self._heard_us = now_us
        if self.state == "off" or self.state == "finished" or (confirmed_us == 0 and has_media):
            return []
        if confirmed_us == 0 and self.state == "starting":
            return []
        self._confirmed_us = max(self._confirmed_us, confirmed_us)
        events = self._written(now_us) if self.state != "recording" else []
        return events or self.watch(now_us)

    def failed(self, since_us: int, reason: str, now_us: int) -> list[Event]:
        """reason ∈ disk_full, io, recorder_down."""
        if self.state not in ("starting", "recording"):
            return []
        self._failed_us = since_us or now_us
        self._enter("failed", self._failed_us)
        return self._new(RecordingFailed(since_us=self._failed_us, reason=reason))

    def recorder_gone(self, now_us: int) -> list[Event]:
        return self.failed(self._confirmed_us, "recorder_down", now_us) if self.state == "recording" else []

    def watch(self, now_us: int) -> list[Event]:
        """Each second: silence is a failure too."""
        if self.state == "recording" and now_us - self._heard_us > SILENT_US:
            return self.failed(self._confirmed_us, "recorder_down", now_us)
        if self.state == "recording" and now_us - self._confirmed_us > UNCONFIRMED_US:
            return self.failed(self._confirmed_us, "io", now_us)
        if self.state == "starting" and now_us - max(self._began_us, self._heard_us) > START_US:
            return self.failed(self._began_us, "recorder_down", now_us)
        return []

    def observe(self, event: SegmentClosed | RecordingGap | RecordingFinished, now_us: int) -> list[Event]:
        """A fact that the recorder tells, perhaps again: what is recorded already is not recorded twice."""
        is_known = (
            (isinstance(event, SegmentClosed) and event.file_name in self._segments)
            or (isinstance(event, RecordingGap) and event in self._gaps)
            or (isinstance(event, RecordingFinished) and self._is_finished)
        )
        if isinstance(event, RecordingFinished):
            self._enter("finished", now_us)
        return [] if is_known else self._new(event)

    def _written(self, now_us: int) -> list[Event]:
        self._enter("recording", now_us)
        if not self._has_started:
            return self._new(RecordingStarted())
        if self._failed_us is None:
            return []
        return self._new(RecordingRestored(lost_ms=max(0, now_us - self._failed_us) // 1_000))

    def _enter(self, state: str, since_us: int) -> None:
        self.state, self._since_us = state, since_us

    def _new(self, event: Event) -> list[Event]:
        self._remember(event)
        return [event]

    def _remember(self, event: Event) -> None:
        match event:
            case RecordingStarted():
                self._has_started, self._failed_us = True, None
            case RecordingFailed():
                self._failed_us = event.since_us
            case RecordingRestored():
                self._failed_us = None
            case SegmentClosed():
                self._segments.add(event.file_name)
            case RecordingGap():
                self._gaps.add(event)
            case RecordingFinished():
                self._is_finished = True

"""The fold of a lesson's events into what the sheet needs beside attendance: texts, evidence, its states, the story of the lesson. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.events import lesson, room, sheet
from server.events.base import Recorded
from server.ids import AccountId, PersonId
from server.sheet.states import SheetState

#: Events that tell the lesson's story in appendix 2.
_STORY = (
    lesson.LessonOpened,
    lesson.LessonStarted,
    lesson.LessonSuspended,
    lesson.LessonResumed,
    lesson.LessonEnded,
    lesson.ServerOutage,
    lesson.ClockStep,
    lesson.RollCallStarted,
    lesson.RollCallClosed,
    lesson.LeaveApproved,
    lesson.EvidenceFiled,
    lesson.RecordingStarted,
    lesson.RecordingFailed,
    lesson.RecordingRestored,
    lesson.RecordingGap,
    lesson.RecordingFinished,
    room.PersonRemoved,
    room.MessageHidden,
    sheet.MarkOverridden,
    sheet.RollConfirmed,
)


@dataclass(frozen=True, slots=True)
class Written:
    """One text as last saved."""

    text: str
    at_us: int
    seq: int


@dataclass(frozen=True, slots=True)
class Filed:
    """One item of evidence and the event that carries its digest."""

    item: lesson.EvidenceFiled
    seq: int


@dataclass(slots=True)
class SheetProjection:
    """Feed every event of the lesson's chain once, in order."""

    texts: dict[str, Written] = field(default_factory=dict)
    evidence: list[Filed] = field(default_factory=list)
    story: list[Recorded] = field(default_factory=list)
    state: SheetState = SheetState.DRAFT
    version: int = 1
    confirmed: Recorded | None = None
    sent: Recorded | None = None
    observers: list[PersonId] = field(default_factory=list)
    #: When the lecturer shared a screen: (from, to); `to` None: until the end.
    screens: list[tuple[int, int | None]] = field(default_factory=list)
    head_seq: int = 0
    head_hash: str = ""
    _lecturer: PersonId | None = None

    def apply(self, recorded: Recorded) -> None:
        """Fold one event."""
        event = recorded.event
        self.head_seq, self.head_hash = recorded.seq, recorded.hash
        if isinstance(event, _STORY):
            self.story.append(recorded)
        match event:
            case lesson.LessonOpened():
                self._lecturer = event.lecturer
            case lesson.EvidenceFiled():
                self.evidence.append(Filed(event, recorded.seq))
            case room.PersonKnocked() if event.role == "observer" and event.person not in self.observers:
                self.observers.append(event.person)
            case room.MediaChanged() if event.role == "screen" and event.person == self._lecturer:
                self._screen(recorded.at_us, event.on)
            case sheet.SheetTextSaved():
                self.texts[event.field] = Written(event.text, recorded.at_us, recorded.seq)
            case sheet.SheetConfirmed():
                self.state, self.version, self.confirmed = SheetState.LECTURER_CONFIRMED, event.version, recorded
            case sheet.SheetSent():
                self.state, self.sent = SheetState.SENT, recorded

    def text(self, key: str) -> str:
        written = self.texts.get(key)
        return written.text if written else ""

    @property
    def all_texts(self) -> dict[str, str]:
        return {key: written.text for key, written in self.texts.items()}

    @property
    def confirmed_by(self) -> AccountId | None:
        return self.confirmed.actor if self.confirmed else None

    @property
    def screenshots(self) -> list[Filed]:
        return [filed for filed in self.evidence if filed.item.kind.startswith("anh_chup")]

    def _screen(self, at_us: int, on: bool) -> None:
        if on:
            self.screens.append((at_us, None))
        elif self.screens and self.screens[-1][1] is None:
            self.screens[-1] = (self.screens[-1][0], at_us)

"""Marks on a recording's time line, from the lesson's events: chapters and the chat as it stood. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.events.base import Recorded
from server.events.lesson import LessonResumed, LessonStarted, LessonSuspended, RollCallStarted
from server.events.room import MediaChanged, MessageEdited, MessageHidden, MessagePosted
from server.ids import PersonId

#: Shares switched on and off in quick succession are one chapter.
NEAR_MS = 15_000


@dataclass(frozen=True, slots=True)
class ChapterMark:
    at_ms: int
    title: str


@dataclass(frozen=True, slots=True)
class ChatMark:
    at_ms: int
    person: PersonId
    text: str


def chapters_of(events: Sequence[Recorded], origin_us: int) -> list[ChapterMark]:
    """Beginning, roll-calls, interruptions, screens shared."""
    marks: list[ChapterMark] = []
    called: set[int] = set()
    for recorded in events:
        title = _title(recorded, called)
        at_ms = _at_ms(recorded, origin_us)
        is_near = bool(marks) and marks[-1].title == title and at_ms - marks[-1].at_ms < NEAR_MS
        if title and not is_near:
            marks.append(ChapterMark(at_ms, title))
    return marks


def chat_of(events: Sequence[Recorded], origin_us: int) -> list[ChatMark]:
    """What was said in the lesson, last wording, without what was hidden."""
    latest: dict[str, str] = {}
    hidden: set[str] = set()
    for recorded in events:
        match recorded.event:
            case MessagePosted(message=message, text=text) | MessageEdited(message=message, text=text):
                latest[message] = text
            case MessageHidden(message=message):
                hidden.add(message)
    return [
        ChatMark(_at_ms(recorded, origin_us), recorded.event.person, latest[recorded.event.message])
        for recorded in events
        if isinstance(recorded.event, MessagePosted)
        and recorded.event.message not in hidden
        and recorded.at_us >= origin_us
    ]


def _title(recorded: Recorded, called: set[int]) -> str:
    match recorded.event:
        case LessonStarted():
            return "Bắt đầu buổi học"
        case RollCallStarted(no=no) if no not in called:
            called.add(no)
            return f"Điểm danh lần {no}"
        case LessonSuspended():
            return "Tạm dừng"
        case LessonResumed():
            return "Tiếp tục"
        case MediaChanged(role="screen", on=True):
            return "Chia sẻ màn hình"
    return ""


def _at_ms(recorded: Recorded, origin_us: int) -> int:
    return max(0, (recorded.at_us - origin_us) // 1_000)

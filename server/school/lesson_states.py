"""The states of a lesson and the ways between them. PURE.

scheduled → lobby → live ⇄ suspended → ended → sheet_open → closed; side exits: cancelled, rescheduled (before live).
`live` comes by the lecturer's act alone, never by the first join.
"""

from __future__ import annotations

from enum import StrEnum

from server.errors import Conflict


class LessonState(StrEnum):
    SCHEDULED = "scheduled"
    LOBBY = "lobby"
    LIVE = "live"
    SUSPENDED = "suspended"
    ENDED = "ended"
    SHEET_OPEN = "sheet_open"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"


S = LessonState
NEXT: dict[LessonState, frozenset[LessonState]] = {
    S.SCHEDULED: frozenset({S.LOBBY, S.CANCELLED, S.RESCHEDULED}),
    S.LOBBY: frozenset({S.LIVE, S.CANCELLED, S.RESCHEDULED}),
    S.LIVE: frozenset({S.SUSPENDED, S.ENDED}),
    S.SUSPENDED: frozenset({S.LIVE, S.ENDED}),
    S.ENDED: frozenset({S.SHEET_OPEN}),
    S.SHEET_OPEN: frozenset({S.CLOSED}),
    S.CLOSED: frozenset({S.SHEET_OPEN}),
    S.CANCELLED: frozenset(),
    S.RESCHEDULED: frozenset(),
}

#: A room exists for the lesson.
OPEN = frozenset({S.LOBBY, S.LIVE, S.SUSPENDED})
#: The lesson was taught; roll and sheet can be worked on or read.
AFTER = frozenset({S.ENDED, S.SHEET_OPEN, S.CLOSED})


def moved(current: LessonState, to: LessonState) -> LessonState:
    """`to`, if a lesson may go there from `current`. Raises Conflict `lesson.wrong_state`."""
    if to not in NEXT[current]:
        raise Conflict("lesson.wrong_state", state=current.value)
    return to

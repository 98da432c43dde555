"""Decisions about the lesson as a whole: it starts and ends by the lecturer's act, or ends by itself without a lecturer. PURE."""

from __future__ import annotations

from server.events import lesson, room
from server.events.base import Event
from server.ids import PersonId
from server.room.decisions_roll_call import close_open
from server.room.moment import Moment
from server.room.state import RoomState
from server.school.lesson_states import LessonState
from server.school.permissions import Role

#: Nobody needs more pictures of one lesson than this.
MAX_SCREENSHOTS = 60


def start(_: RoomState, __: PersonId, ___: Role, ____: object, _____: Moment) -> list[Event]:
    return [lesson.LessonStarted()]


def suspend(_: RoomState, __: PersonId, ___: Role, ____: object, _____: Moment) -> list[Event]:
    return [lesson.LessonSuspended(reason="lecturer")]


def resume(_: RoomState, __: PersonId, ___: Role, ____: object, _____: Moment) -> list[Event]:
    return [lesson.LessonResumed()]


def end(state: RoomState, _: PersonId, __: Role, ___: object, ____: Moment) -> list[Event]:
    return end_because(state, "lecturer")


def end_because(state: RoomState, reason: str) -> list[Event]:
    """The lesson is over: an open roll-call closes first, and one last picture is asked for."""
    if not state.is_teaching():
        return []
    return [*close_open(state), room.ScreenshotAsked(cause="end"), lesson.LessonEnded(reason=reason)]


def take_screenshot(state: RoomState, _: PersonId, __: Role, ___: object, ____: Moment) -> list[Event]:
    return screenshot(state, "lecturer")


def screenshot(state: RoomState, cause: str) -> list[Event]:
    """One more picture of evidence, if the lesson runs and there are not too many already."""
    if not state.is_teaching() or len(state.screenshots_asked) >= MAX_SCREENSHOTS:
        return []
    return [room.ScreenshotAsked(cause=cause)]


def lecturer_gone(state: RoomState) -> list[Event]:
    """The lecturer's seat was given up while the lesson was live: nobody's time counts until somebody teaches again."""
    if state.phase is not LessonState.LIVE:
        return []
    return [lesson.LessonSuspended(reason="lecturer_lost")]


def lecturer_back(state: RoomState) -> list[Event]:
    """The lecturer is back after `lecturer_gone`: the lesson goes on by itself. A pause that they asked for stays."""
    if state.phase is not LessonState.SUSPENDED or state.suspended_reason != "lecturer_lost":
        return []
    return [lesson.LessonResumed()]


def end_without_lecturer(state: RoomState, at_us: int, auto_end_s: int) -> list[Event]:
    """The lesson ends by itself when the lecturer has been away for the policy's time."""
    since = state.without_lecturer_since_us
    if since is None or at_us - since < auto_end_s * 1_000_000:
        return []
    return end_because(state, "auto")

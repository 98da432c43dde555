"""Decisions about roll-calls: asked by hand or by the plan, answered, closed, asked once more of the silent. PURE."""

from __future__ import annotations

from itertools import zip_longest

from server.errors import Conflict, NotFound
from server.events import lesson, room
from server.events.base import Event
from server.ids import PersonId, RollCallId
from server.room import commands as wish
from server.room.moment import Moment
from server.room.state import RollCall, RoomState
from server.school.lesson_states import LessonState
from server.school.permissions import Role

#: An answer that was on its way when the window closed still counts (microseconds).
ANSWER_SLACK_US = 2_000_000
AUTO, RETRY = "auto", "auto_retry"


def start(state: RoomState, _: PersonId, role: Role, command: wish.StartRollCall, moment: Moment) -> list[Event]:
    if state.open_roll_call is not None:
        raise Conflict("roll_call.already_open")
    return [_started(next_no(state), command.window_s, role.value, moment), *_picture(state)]


def start_automatic(state: RoomState, window_s: int, moment: Moment) -> list[Event]:
    """One of the plan's roll-calls. Waits (no event) while another is open or nobody teaches."""
    if state.phase is not LessonState.LIVE or state.open_roll_call is not None:
        return []
    return [_started(next_no(state), window_s, AUTO, moment), *_picture(state)]


def answer(state: RoomState, person: PersonId, _: Role, command: wish.AnswerRollCall, moment: Moment) -> list[Event]:
    call = next((each for each in state.roll_calls if each.roll_call == command.roll_call), None)
    if call is None:
        raise NotFound("roll_call.no_such")
    if person in call.answered:
        return []
    if moment.at_us > call.closes_us + ANSWER_SLACK_US or not call.is_open:
        raise Conflict("roll_call.closed")
    return [room.RollCallAnswered(person=person, roll_call=call.roll_call)]


def close_due(state: RoomState, at_us: int) -> list[Event]:
    """Close the open roll-call when its window and the slack are over."""
    call = state.open_roll_call
    if call is None or at_us < call.closes_us + ANSWER_SLACK_US:
        return []
    return close_open(state)


def close_open(state: RoomState) -> list[Event]:
    call = state.open_roll_call
    if call is None:
        return []
    return [lesson.RollCallClosed(roll_call=call.roll_call, answered=len(call.answered), asked=len(call.asked))]


def retry_due(state: RoomState, retry_s: int, moment: Moment) -> list[Event]:
    """`retry_s` after it was opened, an automatic roll-call is repeated once if somebody present did not answer.

    The plan's next one may have come in between: then as soon as that one is closed.
    """
    if state.phase is not LessonState.LIVE or state.open_roll_call is not None:
        return []
    repeated = {call.no for call in state.roll_calls if call.issued_by == RETRY}
    automatic = [call for call in state.roll_calls if call.issued_by == AUTO]
    for call, after in zip_longest(automatic, automatic[1:]):
        due_us = call.opened_us + retry_s * 1_000_000
        is_overtaken = after is not None and after.opened_us >= due_us
        if moment.at_us >= due_us and not is_overtaken and call.no not in repeated and _silent(state, call):
            return [_started(call.no, call.window_s, RETRY, moment)]
    return []


def _silent(state: RoomState, call: RollCall) -> set[PersonId]:
    present = {each.person for each in state.present_students()}
    return (call.asked - call.answered) & present


def next_no(state: RoomState) -> int:
    return max((call.no for call in state.roll_calls), default=0) + 1


def automatic_count(state: RoomState) -> int:
    """How many of the plan's roll-calls have been issued."""
    return sum(call.issued_by == AUTO for call in state.roll_calls)


def _picture(state: RoomState) -> list[Event]:
    """A roll-call is shown by a picture as well, if the policy frozen into the lesson says so."""
    is_wanted = state.opened is not None and state.opened.policy.get("screenshot_at_roll_call", 0) == 1
    return [room.ScreenshotAsked(cause="roll_call")] if is_wanted else []


def _started(no: int, window_s: int, issued_by: str, moment: Moment) -> Event:
    return lesson.RollCallStarted(roll_call=RollCallId(moment.id), no=no, window_s=window_s, issued_by=issued_by)

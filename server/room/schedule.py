"""When a lesson asks by itself: the moments of automatic roll-calls and of pictures. PURE; chance is handed in.

Roll-calls (regulation D.2 `challenges`): the first within the first 20 minutes, one in each inner part, the last within the last 20 minutes,
at a random second, because a moment that can be guessed proves nothing. Pictures: at fixed moments, and at each roll-call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.attendance.policy import Policy

_EDGE_US = 20 * 60 * 1_000_000
_SETTLE_US = 20 * 1_000_000


def roll_call_moments(from_us: int, to_us: int, count: int, chances: Sequence[float]) -> list[int]:
    """`count` moments between start and planned end. `chances` are random numbers in [0, 1), one for each.

    The time is cut into `count` parts, the outer ones shortened to 20 minutes, so that the moments are spread over the lesson.
    The window's own length is left free at the end by the caller's choice of `to_us`.
    """
    length = to_us - from_us
    if count <= 0 or length <= 0:
        return []
    if count == 1:
        return [from_us + int(length * chances[0])]
    part = length // count
    moments = []
    for i, chance in zip(range(count), chances, strict=True):
        begin, end = from_us + i * part, from_us + (i + 1) * part
        if i == 0:
            end = min(end, begin + _EDGE_US)
        elif i == count - 1:
            begin = max(begin, end - _EDGE_US)
        moments.append(begin + int((end - begin) * chance))
    return moments


@dataclass(frozen=True, slots=True)
class Picture:
    cause: str
    at_us: int


def pictures(started_us: int, planned_end_us: int, policy: Policy) -> list[Picture]:
    """The planned pictures of a lesson in order: enough for three even when it ends after a minute (with the one at its end)."""
    planned = [Picture("start", started_us), Picture("start_plus_20s", started_us + _SETTLE_US)]
    if policy.screenshot_after_start_s:
        planned.append(Picture("start_plus_10", started_us + policy.screenshot_after_start_s * 1_000_000))
    if policy.screenshot_middle:
        planned.append(Picture("middle", (started_us + planned_end_us) // 2))
    if policy.screenshot_before_end_s:
        planned.append(Picture("end_minus_10", planned_end_us - policy.screenshot_before_end_s * 1_000_000))
    inside = [each for each in planned if started_us <= each.at_us < max(planned_end_us, started_us + 2 * _SETTLE_US)]
    return sorted(inside, key=lambda each: each.at_us)


def next_picture(plan: Sequence[Picture], asked: Sequence[str], at_us: int) -> Picture | None:
    """The latest planned picture that is due and was not asked for; earlier ones that were missed are not made up for."""
    due = [each for each in plan if each.at_us <= at_us and each.cause not in asked]
    return due[-1] if due else None

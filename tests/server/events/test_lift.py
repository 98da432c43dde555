"""Old versions stay readable: bodies are raised step by step, and what is stored is left alone."""

from __future__ import annotations

import pytest

from server.events.lift import STEPS, Body, lift
from server.events.registry import EVENT_TYPES


def _to_two(body: Body) -> Body:
    return {**body, "type": "room.hand_raised/2", "side": "left"}


def _to_three(body: Body) -> Body:
    body["type"] = "room.hand_raised/3"
    body["hand"] = body.pop("side")
    return body


def test_first_version_reaches_the_newest_through_all_steps() -> None:
    steps = {"room.hand_raised/1": _to_two, "room.hand_raised/2": _to_three}
    stored = {"type": "room.hand_raised/1", "person": "p"}
    assert lift(stored, steps) == {"type": "room.hand_raised/3", "person": "p", "hand": "left"}
    assert stored == {"type": "room.hand_raised/1", "person": "p"}


def test_steps_in_a_circle_are_an_error_not_a_hang() -> None:
    with pytest.raises(ValueError, match="circle"):
        lift({"type": "a/1"}, {"a/1": lambda b: {**b, "type": "a/2"}, "a/2": lambda b: {**b, "type": "a/1"}})


def test_every_step_leads_to_a_version_that_is_known_and_leaves_one_that_is_not() -> None:
    assert all(old not in EVENT_TYPES for old in STEPS)

"""Raising old versions of events to the newest one on read. What is stored is never rewritten.

A step turns the body of one version into the body of the next (`room.hand_raised/1` → `/2`). Steps are applied until none
fits, so a body of version 1 reaches version 3 through 2. No event has a second version yet, so STEPS is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]
Step = Callable[[Body], Body]

#: From the wire type of the old version to the step that leads to the next.
STEPS: Mapping[str, Step] = {}


def lift(body: Body, steps: Mapping[str, Step] = STEPS) -> Body:
    """The body in its newest version. The input is left as it is. Raises ValueError when a step leads nowhere new."""
    seen: set[str] = set()
    while (kind := str(body.get("type"))) in steps:
        if kind in seen:
            raise ValueError(f"lifting {kind} goes in a circle")
        seen.add(kind)
        body = steps[kind](dict(body))
    return body

"""Which events may follow the seal made at a lesson's end. Why these: docs/decisions/0004-seals-are-cumulative.md."""

from __future__ import annotations

from server.events.base import Event, type_of

_FAMILIES = frozenset({"roll", "sheet", "recording"})
_TYPES = frozenset(
    {"lesson.evidence_filed", "lesson.leave_approved", "lesson.clock_step", "lesson.consent_given", "room.flag_raised"}
)


def may_follow_seal(event: Event) -> bool:
    """Roll, sheet, the recorder's closing work, late leaves, evidence and flags may; facts of a live room may not."""
    return is_after_lesson(type_of(event))


def is_after_lesson(wire_type: str) -> bool:
    """The same for a wire type such as `roll.confirmed/1`."""
    name = wire_type.partition("/")[0]
    return name.partition(".")[0] in _FAMILIES or name in _TYPES

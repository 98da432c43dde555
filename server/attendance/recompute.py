"""The whole way at once: a lesson's log to its roll. For rebuilding, for verifying a bundle, for anybody who doubts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from server.attendance.judge import Mark, marks
from server.attendance.projection import AttendanceProjection
from server.attendance.roll import RollEntry, decided_roll, digest
from server.events.base import Recorded


def project(events: Iterable[Recorded]) -> AttendanceProjection:
    """The projection after all these events."""
    projection = AttendanceProjection()
    for recorded in events:
        projection.apply(recorded)
    return projection


def roll_of(projection: AttendanceProjection, now_us: int = 0) -> list[RollEntry]:
    """Proposal and decision per student; `now_us` matters only while the lesson runs."""
    return decided_roll(marks(projection.rows(now_us), projection.policy), projection.decided.overrides)


def recompute(events: Iterable[Recorded]) -> tuple[list[Mark], str]:
    """The final marks that follow from a log, and their digest: what `RollConfirmed.marks_sha256` must say."""
    roll = roll_of(project(events))
    return [entry.final for entry in roll], digest(roll)

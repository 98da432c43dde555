"""Checks that the marks follow from the events: each confirmed roll, and the two lists, are computed again and compared."""

from __future__ import annotations

from collections.abc import Mapping

from server.attendance.projection import AttendanceProjection
from server.attendance.recompute import roll_of
from server.attendance.roll import digest
from server.events.base import Recorded
from server.events.sheet import RollConfirmed
from server.ledger.bundle import layout
from server.ledger.bundle.findings import Finding
from server.ledger.bundle.tables import connections_csv, roll_csv


class MarksCheck:
    """Folds the events as attendance does, and compares wherever a roll was confirmed."""

    def __init__(self) -> None:
        self.projection = AttendanceProjection()
        self.rolls = 0
        self.findings: list[Finding] = []

    def see(self, recorded: Recorded) -> None:
        """Fold the next event."""
        if isinstance(recorded.event, RollConfirmed):
            self.rolls += 1
            if digest(roll_of(self.projection)) != recorded.event.marks_sha256:
                self.findings.append(Finding(code="marks.differ", seq=recorded.seq))
        self.projection.apply(recorded)

    def check_lists(self, labels: layout.LessonLabels, lists: Mapping[str, bytes]) -> list[Finding]:
        """The CSV lists must be what the events and the labels give."""
        expected = {
            layout.CONNECTIONS_CSV: connections_csv(self.projection, labels),
            layout.ROLL_CSV: roll_csv(self.projection, labels),
        }
        return [
            Finding(code="list.differs", file=name) for name, content in expected.items() if lists.get(name) != content
        ]

"""Recomputing what is shown about a lesson from its events alone, and saying where a kept copy is different."""

from __future__ import annotations

from dataclasses import dataclass

from server.attendance.recompute import project, roll_of
from server.attendance.roll import digest
from server.errors import NotFound
from server.events.base import Recorded
from server.events.sheet import RollConfirmed, SheetConfirmed, SheetSent
from server.events.stored import line_of
from server.ids import LessonId
from server.ledger import Ledger, lesson_log
from server.ledger.bundle.chain_check import ChainCheck
from server.ledger.bundle.seal_check import check_coverage, check_signatures, lesson_sealed_at
from server.ledger.bundle.texts import sentence
from server.services.planning import Planning
from server.storage.plan_store import LessonLine
from server.storage.sheet_store import SheetStore


@dataclass(frozen=True)
class Rebuilt:
    """`differences` empty: identical. Each is a sentence with its place."""

    events: int
    sealed_seq: int
    marks_sha256: str
    rolls: int
    differences: list[str]


class Rebuilding:
    """Reads only. The ledger is the authority: a difference is the copy's fault, or somebody's hand in the database."""

    def __init__(self, planning: Planning, ledger: Ledger, sheets: SheetStore) -> None:
        self._planning = planning
        self._ledger = ledger
        self._sheets = sheets

    async def compare(self, lesson: LessonId, language: str = "vi") -> Rebuilt:
        """Check the chain in the database, compute the rolls again, compare plan and sheet rows. Raises NotFound."""
        differences, events = await self._chain(lesson, language)
        if not events:
            raise NotFound("lesson.not_started")
        rolls = [r for r in events if isinstance(r.event, RollConfirmed)]
        for confirmed in rolls:
            before = project(e for e in events if e.seq < confirmed.seq)
            if isinstance(confirmed.event, RollConfirmed) and digest(roll_of(before)) != confirmed.event.marks_sha256:
                differences.append(f"event {confirmed.seq}: the confirmed roll does not follow from the events")
        projection = project(events)
        line = await self._planning.line(lesson)
        differences += _plan_differences(line, projection.started_us, projection.ended_us)
        differences += await self._sheet_differences(lesson, events)
        head = await self._ledger.head(lesson_log(lesson))
        return Rebuilt(
            events=events[-1].seq,
            sealed_seq=head.sealed_seq if head else 0,
            marks_sha256=digest(roll_of(projection)) if projection.ended_us is not None else "",
            rolls=len(rolls),
            differences=differences,
        )

    async def _chain(self, lesson: LessonId, language: str) -> tuple[list[str], list[Recorded]]:
        log_id = lesson_log(lesson)
        seals = await self._ledger.seals(log_id)
        events: list[Recorded] = []
        chain = ChainCheck(log_id, {seal.last_seq for seal in seals}, lesson_sealed_at(seals), events.append)
        async for entry in self._ledger.entries(log_id):
            if not chain.feed(line_of(entry)):
                break
        findings = check_signatures(seals, log_id, self._ledger.key.public)
        findings += [chain.finding] if chain.finding else check_coverage(seals, chain.points, chain.seq)
        return [sentence(finding, language) for finding in findings], events

    async def _sheet_differences(self, lesson: LessonId, events: list[Recorded]) -> list[str]:
        row = await self._sheets.of_lesson(lesson)
        state = "draft"
        for recorded in events:
            if isinstance(recorded.event, SheetConfirmed):
                state = "lecturer_confirmed"
            elif isinstance(recorded.event, SheetSent):
                state = "sent"
        if row is None:
            return [] if state == "draft" else [f"sheet: missing; the events say {state}"]
        return [] if row.state == state else [f"sheet: state {row.state}; the events say {state}"]


def _plan_differences(line: LessonLine, started_us: int | None, ended_us: int | None) -> list[str]:
    """The plan keeps moments of its own for lists; more than a second apart is a difference."""
    found = []
    for name, kept, recorded in (("start", line.started_us, started_us), ("end", line.ended_us, ended_us)):
        if (kept is None) != (recorded is None) or (kept and recorded and abs(kept - recorded) > 1_000_000):
            found.append(f"plan: {name} {kept}; the events say {recorded}")
    return found

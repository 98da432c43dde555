"""What the code on a printed sheet leads to: whether the school knows this sheet, and whether its record still stands. Public; no names."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from server.ledger import Ledger, lesson_log
from server.services.planning import Planning
from server.sheet.numbers import read_code
from server.storage.sheet_store import SheetRow, SheetStore, VersionRow

log = structlog.get_logger("verification")


@dataclass(frozen=True, slots=True)
class Verified:
    """A sheet's version with the day of its lesson. `sealed`: a seal covers the chain up to it, and the chain still has that digest."""

    sheet: SheetRow
    version: VersionRow
    lesson_day: str
    sealed: bool


class Verifications:
    def __init__(self, planning: Planning, ledger: Ledger, sheets: SheetStore) -> None:
        self._planning = planning
        self._ledger = ledger
        self._sheets = sheets

    async def by_code(self, typed: str) -> Verified | None:
        """The sheet of a code as somebody typed it; None when there is none."""
        code = read_code(typed)
        found = await self._sheets.by_code(code) if code else None
        if found is None:
            return None
        sheet, version = found
        line = await self._planning.line(sheet.lesson)
        return Verified(sheet, version, line.day, await self._stands(sheet, version))

    async def _stands(self, sheet: SheetRow, version: VersionRow) -> bool:
        log_id = lesson_log(sheet.lesson)
        head = await self._ledger.head(log_id)
        entries = [e async for e in self._ledger.entries(log_id, version.events - 1, version.events)]
        if head is None or not entries or entries[0].hash != version.head_hash:
            log.error("a confirmed sheet and its chain disagree", lesson=sheet.lesson, version=version.version)
            return False
        return head.sealed_seq >= version.events

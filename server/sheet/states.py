"""The life of a sheet: draft → lecturer_confirmed → sent (A 23.4). Pure decisions; a Problem says why not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from server.errors import Conflict


class SheetState(StrEnum):
    DRAFT = "draft"
    LECTURER_CONFIRMED = "lecturer_confirmed"
    SENT = "sent"


#: Signature levels (regulation C.5); L0 is a confirmation by account, never called a signature.
LEVELS = ("L0", "L1", "L2", "L3")


def must_be_editable(state: SheetState) -> None:
    """Texts change only in a draft: a confirmed sheet needs a new version. Raises Conflict."""
    if state is not SheetState.DRAFT:
        raise Conflict("sheet.not_editable", state=state.value)


def must_be_confirmable(
    state: SheetState, *, ended: bool, sealed: bool, roll_confirmed: bool, missing: Sequence[str]
) -> None:
    """draft → lecturer_confirmed: lesson ended, log sealed, roll confirmed, nothing missing. Raises Conflict."""
    if state is not SheetState.DRAFT:
        raise Conflict("sheet.already_confirmed", state=state.value)
    if not ended:
        raise Conflict("sheet.lesson_runs")
    if not sealed:
        raise Conflict("sheet.not_sealed")
    if not roll_confirmed:
        raise Conflict("sheet.roll_not_confirmed")
    if missing:
        raise Conflict("sheet.incomplete", count=len(missing), missing=",".join(missing))


def must_be_sendable(state: SheetState) -> None:
    """lecturer_confirmed → sent. Raises Conflict."""
    if state is SheetState.DRAFT:
        raise Conflict("sheet.not_confirmed")
    if state is SheetState.SENT:
        raise Conflict("sheet.already_sent")

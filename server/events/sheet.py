"""Facts after the lesson: the roll confirmed or overridden, the sheet's text, its states."""

from __future__ import annotations

from server.events.base import Event
from server.ids import EnrolmentId, SheetId


class MarkOverridden(Event, frozen=True, kw_only=True, tag="roll.mark_overridden/1"):
    """The lecturer's decision against the machine's proposal; reason ≥ 10 characters. mark ∈ CM, P, K; flags ⊆ M, S."""

    enrolment: EnrolmentId
    mark: str
    flags: list[str]
    absent_periods_p: int
    absent_periods_k: int
    reason: str


class RollConfirmed(Event, frozen=True, kw_only=True, tag="roll.confirmed/1"):
    """All final marks at once; `marks_sha256` is the digest of the canonical roll."""

    marks_sha256: str
    overrides: int


class SheetTextSaved(Event, frozen=True, kw_only=True, tag="sheet.text_saved/1"):
    """What the lecturer wrote: one field of the sheet by its key (e.g. `content.1`, `remarks`)."""

    sheet: SheetId
    field: str
    text: str


class SheetConfirmed(Event, frozen=True, kw_only=True, tag="sheet.confirmed/1"):
    """draft → lecturer_confirmed. `content_sha256` binds screen and print; level L0..L3 (regulation C.5)."""

    sheet: SheetId
    version: int
    content_sha256: str
    pdf_sha256: str
    signature_level: str


class SheetSent(Event, frozen=True, kw_only=True, tag="sheet.sent/1"):
    """lecturer_confirmed → sent to the training office (A 23.4)."""

    sheet: SheetId
    version: int

"""Every printed word of a sheet, as data: what is digested, what the template lays out, what the screen shows. Strings and integers only.

The digest leaves out `Print`: who confirmed when, and what depends on the digest itself (code, QR picture).
"""

from __future__ import annotations

import msgspec

from server.events.canonical import digest_of

#: The form's own version: template folder and the label printed at the foot.
TEMPLATE = "sheet_v1"
TEMPLATE_LABEL = "v1"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the sheet."""


class Head(Part, frozen=True, kw_only=True):
    """doc_style ∈ dang, nha_nuoc: which of the two heads."""

    doc_style: str
    parent: str
    school: str
    place: str
    number: str


class Info(Part, frozen=True, kw_only=True):
    """Part I, items 1–14 as printed."""

    cohort: str
    course: str
    mode: str
    programme: str
    programme_kind: str
    course_unit: str
    topic: str
    topic_periods: str
    date: str
    session: str
    kind: str
    planned: str
    planned_periods: int
    held: str
    suspended_min: int
    held_periods: int
    lecturer: str
    faculty: str
    substitute: str
    class_manager: str
    room_code: str
    ground: str
    observers: str
    sites: str


class PeriodRow(Part, frozen=True, kw_only=True):
    """Part II, one period."""

    no: int
    span: str
    content: str
    materials: str
    tasks: str


class RollLine(Part, frozen=True, kw_only=True):
    """Part III: one student who was absent, late, early, or whose mark the lecturer decided."""

    no: int
    name: str
    unit: str
    sign: str
    absent_p: str
    absent_k: str
    times: str
    note: str


class RollTotals(Part, frozen=True, kw_only=True):
    enrolled: int
    present: int
    excused: int
    unexcused: int
    late: int
    early: int
    unverified: int
    roll_calls: int
    roll_call_times: str
    overrides: int
    confirmed: bool


class Technical(Part, frozen=True, kw_only=True):
    """Part IV."""

    outage_min: int
    outage_spans: str
    affected: int
    minutes_no: str
    help_asked: str
    help_solved: str
    recording: str
    text: str


class EvidenceLine(Part, frozen=True, kw_only=True):
    """Part VII, one item."""

    no: int
    kind: str
    moment: str
    file_name: str
    sha256: str
    source: str


class AttendanceLine(Part, frozen=True, kw_only=True):
    """Appendix 1: one student of the class."""

    no: int
    name: str
    code: str
    unit: str
    first_in: str
    last_out: str
    minutes: int
    gaps: str
    roll_calls: str
    camera: str
    machine: str
    final: str
    absent: str
    note: str


class LogLine(Part, frozen=True, kw_only=True):
    """Appendix 2."""

    seq: int
    time: str
    text: str


class Screenshot(Part, frozen=True, kw_only=True):
    """Appendix 3. `evidence` names the file; the renderer brings the picture."""

    no: int
    evidence: str
    file_name: str
    moment: str
    caption: str
    sha256: str


class Record(Part, frozen=True, kw_only=True):
    """What the sheet rests on: the chain as it stood when it was composed."""

    events: int
    head_hash: str
    marks_sha256: str
    rule_version: int
    policy_version: int


class SheetContent(Part, frozen=True, kw_only=True):
    """The whole sheet."""

    template: str
    version: int
    head: Head
    info: Info
    periods: list[PeriodRow]
    unfinished: str
    totals: RollTotals
    roll: list[RollLine]
    technical: Technical
    remarks: str
    manager_opinion: str
    evidence: list[EvidenceLine]
    attendance: list[AttendanceLine]
    log: list[LogLine]
    screenshots: list[Screenshot]
    record: Record

    def sha256(self) -> str:
        """content_sha256: hex SHA-256 of the canonical content. Screen and print have the same."""
        return digest_of(self)


class Signature(Part, frozen=True, kw_only=True):
    """One of the three blocks; empty strings print as blanks."""

    name: str
    moment: str
    level: str


class Print(Part, frozen=True, kw_only=True):
    """What a print adds to the content. `draft` alone carries the watermark."""

    draft: bool
    dated: str
    lecturer: Signature
    class_manager: Signature
    training_office: Signature
    content_sha256: str
    code: str
    verify_url: str
    template_label: str
    printed: str
    reprinted: str

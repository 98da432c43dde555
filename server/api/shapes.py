"""The shapes of the REST edge (`/api/v1`). TypeScript types and JSON Schema are generated from them and from the room's protocol.

A failed request answers `ProblemBody` with the Problem's status. Times are Unix microseconds (`_us`), dates ISO (school time).
Writing requests need the header `X-Giangduong-CSRF` with the value of the cookie `gd_csrf`.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from server.room.pushes import IceServer

Text = Annotated[str, Meta(max_length=8_000)]
Short = Annotated[str, Meta(max_length=256)]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Something answered."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something asked."""


# --- problems ------------------------------------------------------------------------------------------------------


class ProblemInfo(Body, frozen=True, kw_only=True):
    """`params` fill the sentence that the client chooses by `code`; `incident` is set when the fault is ours."""

    code: str
    params: dict[str, str | int | bool]
    incident: str | None = None


class ProblemBody(Body, frozen=True, kw_only=True):
    problem: ProblemInfo


# --- who am I --------------------------------------------------------------------------------------------------------


class SignIn(Request, frozen=True, kw_only=True):
    """POST /session"""

    login: Short
    password: Annotated[str, Meta(max_length=1024)]


class RoleGrant(Body, frozen=True, kw_only=True):
    """role ∈ lecturer, student, class_manager, training_office, principal, administrator; scope_kind ∈ school, cohort, lesson."""

    role: str
    scope_kind: str
    scope_id: str


class Me(Body, frozen=True, kw_only=True):
    """GET /me, and the answer of POST /session. `main_role` decides the home screen."""

    account: str
    person: str
    name: str
    title: str
    code: str
    unit: str
    main_role: str
    roles: list[RoleGrant]
    school_name: str
    school_parent: str
    demo: bool


# --- timetable -------------------------------------------------------------------------------------------------------


class PeriodShape(Body, frozen=True, kw_only=True):
    no: int
    start_us: int
    end_us: int


class LessonCard(Body, frozen=True, kw_only=True):
    """One lesson of the timetable for this person. state as in the room; `my_role` in that lesson; `may_join` now.

    sheet_state ∈ none, draft, lecturer_confirmed, sent; `sheet_due_us` for lecturers; `has_recording` once it plays.
    """

    id: str
    topic: str
    topic_no: int
    course_unit: str
    cohort: str
    cohort_code: str
    kind: str
    lecturer: str
    lecturer_title: str
    start_us: int
    end_us: int
    periods: list[PeriodShape]
    state: str
    my_role: str
    may_join: bool
    opens_us: int
    enrolled: int
    present: int
    sheet_state: str
    sheet_due_us: int | None
    has_recording: bool


class Timetable(Body, frozen=True, kw_only=True):
    """GET /lessons?from=YYYY-MM-DD&to=YYYY-MM-DD (≤ 42 days)."""

    lessons: list[LessonCard]
    server_time_us: int


class Consent(Body, frozen=True, kw_only=True):
    """The notice of the school (text per language) and whether this person already agreed to this version for this cohort."""

    notice_version: int
    notice_vi: str
    notice_en: str
    purposes: list[str]
    given_us: int | None


class LessonDetail(Body, frozen=True, kw_only=True):
    """GET /lessons/{id}: what prejoin shows. The name card is the roster's, never typed."""

    card: LessonCard
    name: str
    code: str
    room_code: str
    consent: Consent
    recording: bool
    mobile_notice: bool = False


class GiveConsent(Request, frozen=True, kw_only=True):
    """POST /lessons/{id}/consent"""

    notice_version: int
    purposes: Annotated[list[Short], Meta(max_length=8)]


class AskTicket(Request, frozen=True, kw_only=True):
    """POST /lessons/{id}/ticket"""

    device: Short


class Ticket(Body, frozen=True, kw_only=True):
    """One use, ≤ 60 s. `other_device`: this person is in the lesson from another device; joining needs `take_over`.

    `ice_servers`: the school's TURN servers, for the peer connection that makes the first offer.
    """

    ticket: str
    url: str
    role: str
    other_device: bool
    expires_us: int
    ice_servers: list[IceServer]


# --- devices ---------------------------------------------------------------------------------------------------------


class MakeDeviceKey(Request, frozen=True, kw_only=True):
    """POST /lessons/{id}/devices. purpose ∈ camera (WHIP, a second camera), screen (WHEP, a screen elsewhere). `sound`: its microphone is heard."""

    purpose: Annotated[str, Meta(pattern="^(camera|screen)$")]
    sound: bool = False


class DeviceKey(Body, frozen=True, kw_only=True):
    """A key without its secret. `since_us`: since when its device is in; null when it is not."""

    id: str
    purpose: str
    sound: bool
    owner: str
    created_us: int
    expires_us: int
    since_us: int | None


class DeviceKeyMade(Body, frozen=True, kw_only=True):
    """`url` and `key` (a bearer token) are what the encoder or screen is told. The key is never shown again."""

    key: str
    url: str
    device: DeviceKey


class DeviceKeys(Body, frozen=True, kw_only=True):
    """GET /lessons/{id}/devices"""

    devices: list[DeviceKey]


# --- the record of a lesson -------------------------------------------------------------------------------------------


class PeriodResult(Body, frozen=True, kw_only=True):
    """Presence in one period, seconds; `delivered` false: chưa thực hiện."""

    no: int
    present_s: int
    countable_s: int
    attended: bool
    delivered: bool


class GapShape(Body, frozen=True, kw_only=True):
    from_us: int
    to_us: int
    reason: str
    bridged: bool


class RollRow(Body, frozen=True, kw_only=True):
    """One student's proposal and decision. mark ∈ CM, P, K, ?; flags ⊆ M, S. `final_*` null until decided differently or confirmed."""

    enrolment: str
    person: str
    name: str
    given_name: str
    code: str
    unit: str
    machine_mark: str
    machine_flags: list[str]
    final_mark: str | None
    final_flags: list[str]
    absent_p: int
    absent_k: int
    first_in_us: int | None
    last_out_us: int | None
    presence_s: int
    gaps: list[GapShape]
    periods: list[PeriodResult]
    roll_calls_answered: int
    roll_calls_asked: int
    override_reason: str
    evidence_from_seq: int
    evidence_to_seq: int


class Roll(Body, frozen=True, kw_only=True):
    """GET /lessons/{id}/roll. state ∈ open (lesson still runs), proposed, confirmed."""

    lesson: LessonCard
    state: str
    confirmed_us: int | None
    rows: list[RollRow]
    outages: list[GapShape]
    rule_version: int
    may_decide: bool


class OverrideMark(Request, frozen=True, kw_only=True):
    """POST /lessons/{id}/roll/override"""

    enrolment: Short
    mark: Annotated[str, Meta(pattern="^(CM|P|K)$")]
    flags: Annotated[list[Short], Meta(max_length=2)] = []
    absent_p: Annotated[int, Meta(ge=0, le=12)] = 0
    absent_k: Annotated[int, Meta(ge=0, le=12)] = 0
    reason: Annotated[str, Meta(min_length=10, max_length=500)]


class EvidenceRow(Body, frozen=True, kw_only=True):
    """One item of part VII; `seq` is the event that carries the digest. `url` only for pictures and files that this person may read."""

    id: str
    kind: str
    captured_us: int
    file_name: str
    sha256: str
    size: int
    source: str
    seq: int
    url: str | None


class SheetField(Body, frozen=True, kw_only=True):
    """A manual field. `required` and empty: the sheet cannot be confirmed."""

    key: str
    label_vi: str
    label_en: str
    value: str
    required: bool
    multiline: bool


class SheetFact(Body, frozen=True, kw_only=True):
    """A machine field ("vì sao?" leads to the events `from_seq`..`to_seq`; 0: from the plan)."""

    key: str
    label_vi: str
    label_en: str
    value: str
    from_seq: int
    to_seq: int


class SheetShape(Body, frozen=True, kw_only=True):
    """GET /lessons/{id}/sheet. state ∈ draft, lecturer_confirmed, sent. `missing` lists keys (fields, `roll`, `screenshot`, `data_extract`).

    `pages` of the print; page n as a picture: GET /lessons/{id}/sheet/pages/{n}.png?ppi=72..220 (110 by default).
    """

    id: str
    number: str
    lesson: LessonCard
    state: str
    version: int
    facts: list[SheetFact]
    fields: list[SheetField]
    evidence: list[EvidenceRow]
    missing: list[str]
    confirmed_us: int | None
    sent_us: int | None
    verification_code: str
    pdf_url: str
    pages: int = 0
    may_edit: bool


class SaveSheetField(Request, frozen=True, kw_only=True):
    """PUT /lessons/{id}/sheet/fields"""

    key: Short
    text: Text


class EventRow(Body, frozen=True, kw_only=True):
    """One raw event, for "Nhật ký gốc". `body` is the event without ids' names; the client chooses the sentence by type."""

    seq: int
    at_us: int
    type: str
    origin: str
    body: dict[str, Any]
    hash: str


class EventPage(Body, frozen=True, kw_only=True):
    """GET /lessons/{id}/events?person=…&after=…"""

    events: list[EventRow]
    total: int
    head_hash: str


# --- recordings ------------------------------------------------------------------------------------------------------


class Track(Body, frozen=True, kw_only=True):
    """One playable file on the common time line; `start_ms` from the lesson's recorded beginning."""

    url: str
    person_name: str
    participant: str
    role: str
    kind: str
    mime: str
    start_ms: int
    end_ms: int


class Chapter(Body, frozen=True, kw_only=True):
    at_ms: int
    title: str


class ChatLine(Body, frozen=True, kw_only=True):
    at_ms: int
    name: str
    text: str


class RecordingGapShape(Body, frozen=True, kw_only=True):
    from_ms: int
    to_ms: int
    reason: str


class Recording(Body, frozen=True, kw_only=True):
    """GET /lessons/{id}/recording. state ∈ none, recording, finalising, available, failed."""

    lesson: LessonCard
    state: str
    duration_ms: int
    tracks: list[Track]
    gaps: list[RecordingGapShape]
    chapters: list[Chapter]
    chat: list[ChatLine]
    watermark: str
    manifest_sha256: str


class Verification(Body, frozen=True, kw_only=True):
    """GET /verify/{code}, public: what the QR code on a printed sheet leads to. No names."""

    found: bool
    number: str
    state: str
    version: int
    content_sha256: str
    pdf_sha256: str
    head_hash: str
    events: int
    sealed: bool
    lesson_date: str

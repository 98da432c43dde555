"""Facts about a lesson as a whole: opened, started, suspended, ended, outages, clock, evidence, recording."""

from __future__ import annotations

from server.events.base import Event
from server.ids import CohortId, EnrolmentId, EvidenceId, LessonId, PersonId, RollCallId, TopicId


class Period(Event, frozen=True, kw_only=True, tag="lesson.period/1"):
    """One planned period (tiết) of the grid; a value inside `LessonOpened`, never recorded alone."""

    no: int
    start_us: int
    end_us: int


class RosterLine(Event, frozen=True, kw_only=True, tag="lesson.roster_line/1"):
    """One expected student; a value inside `LessonOpened`."""

    enrolment: EnrolmentId
    person: PersonId


class Leave(Event, frozen=True, kw_only=True, tag="lesson.leave/1"):
    """An approved leave (đơn xin nghỉ) that touches the lesson; a value inside `LessonOpened` or `LeaveApproved`."""

    enrolment: EnrolmentId
    from_us: int
    to_us: int


class LessonOpened(Event, frozen=True, kw_only=True, tag="lesson.opened/1"):
    """The lobby opened: plan, roster, leaves and policy values are frozen here, so that marks follow from the log alone.

    `policy` holds the integers of `server.attendance.policy.Policy` by name.
    """

    lesson: LessonId
    cohort: CohortId
    topic: TopicId
    lecturer: PersonId
    class_manager: PersonId | None
    periods: list[Period]
    roster: list[RosterLine]
    leaves: list[Leave]
    policy_version: int
    policy: dict[str, int]
    rule_version: int


class LessonStarted(Event, frozen=True, kw_only=True, tag="lesson.started/1"):
    """The lecturer pressed "Bắt đầu buổi học"."""


class LessonSuspended(Event, frozen=True, kw_only=True, tag="lesson.suspended/1"):
    """Teaching is interrupted; the time until `LessonResumed` counts for nobody. reason ∈ lecturer, lecturer_lost, server."""

    reason: str


class LessonResumed(Event, frozen=True, kw_only=True, tag="lesson.resumed/1"):
    """Teaching goes on."""


class LessonEnded(Event, frozen=True, kw_only=True, tag="lesson.ended/1"):
    """reason ∈ lecturer, auto (no lecturer for the policy's time), schedule."""

    reason: str


class ServerOutage(Event, frozen=True, kw_only=True, tag="lesson.server_outage/1"):
    """The server was away from its last durable sign of life until now. Never held against a student."""

    from_us: int
    to_us: int


class ClockStep(Event, frozen=True, kw_only=True, tag="lesson.clock_step/1"):
    """Wall and monotonic clock moved apart by `step_ms` since the last event of this boot."""

    step_ms: int


class LeaveApproved(Event, frozen=True, kw_only=True, tag="lesson.leave_approved/1"):
    """A leave decided after the lesson was opened."""

    leave: Leave


class RollCallStarted(Event, frozen=True, kw_only=True, tag="lesson.roll_call_started/1"):
    """A presence challenge went out. issued_by ∈ auto, lecturer, class_manager."""

    roll_call: RollCallId
    no: int
    window_s: int
    issued_by: str


class RollCallClosed(Event, frozen=True, kw_only=True, tag="lesson.roll_call_closed/1"):
    """The window of a presence challenge is over: so many answered of those who were asked."""

    roll_call: RollCallId
    answered: int
    asked: int


class EvidenceFiled(Event, frozen=True, kw_only=True, tag="lesson.evidence_filed/1"):
    """A file of evidence exists, with the digest it had at capture. kind as in regulation (b) `evidence_item`.

    source ∈ system, lecturer. `covers_*` is the time the item speaks about.
    """

    evidence: EvidenceId
    kind: str
    sha256: str
    size: int
    mime: str
    file_name: str
    captured_us: int
    covers_from_us: int
    covers_to_us: int
    source: str
    present: int
    enrolled: int


class RecordingStarted(Event, frozen=True, kw_only=True, tag="recording.started/1"):
    """The recorder confirmed that it writes."""


class RecordingFailed(Event, frozen=True, kw_only=True, tag="recording.failed/1"):
    """The recorder is not writing since `since_us` (last confirmed write)."""

    since_us: int
    reason: str


class RecordingRestored(Event, frozen=True, kw_only=True, tag="recording.restored/1"):
    """Writing again; `lost_ms` without recording."""

    lost_ms: int


class SegmentClosed(Event, frozen=True, kw_only=True, tag="recording.segment_closed/1"):
    """One file of the recording is complete. role ∈ microphone, camera, screen, screen_audio."""

    publication: int
    person: PersonId
    role: str
    codec: str
    file_name: str
    sha256: str
    size: int
    from_us: int
    to_us: int
    end_reason: str


class RecordingGap(Event, frozen=True, kw_only=True, tag="recording.gap/1"):
    """Between these times nothing, or not all, was written. reason ∈ recorder_down, server_down, overflow, disk_full, io, loss."""

    publication: int | None
    from_us: int
    to_us: int
    reason: str


class RecordingFinished(Event, frozen=True, kw_only=True, tag="recording.finished/1"):
    """All segments are closed and the manifest stands; its digest is here."""

    manifest_sha256: str
    segments: int
    gaps: int


class RecordingViewed(Event, frozen=True, kw_only=True, tag="recording.viewed/1"):
    """A person opened the recording in the player. Stands in the school's log, not the lesson's."""

    lesson: LessonId
    person: PersonId


class ConsentGiven(Event, frozen=True, kw_only=True, tag="lesson.consent_given/1"):
    """A person agreed to notice `notice_version` for the purposes listed, before joining. Origin human."""

    person: PersonId
    notice_version: int
    purposes: list[str]


class BundleExported(Event, frozen=True, kw_only=True, tag="lesson.bundle_exported/1"):
    """A person took the evidence of a lesson out of the system; recorded in the school's chain. `head_hash` names the state exported."""

    lesson: LessonId
    person: PersonId
    events: int
    head_hash: str
    with_recording: bool

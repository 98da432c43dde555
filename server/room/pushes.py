"""What the live room tells a browser (Socket.IO event `push`, namespace `/lesson`).

Each push to a seat carries `seq`, counted per seat; after a reconnect the browser names the last one it saw and gets the rest, or a fresh
`Joined`. Times are Unix microseconds (`_us`). Names stand in roster entries only.
"""

from __future__ import annotations

import msgspec


class Push(msgspec.Struct, frozen=True, kw_only=True, tag_field="t"):
    """On the wire: `{"t": tag, "seq": n, …}`; `seq` is put in by the seat's outbox."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a push."""


class SessionInfo(Shape, frozen=True, kw_only=True):
    """The seat: kept `grace_s` seconds after the last sign of life. A new `epoch` means a new server: build a new peer connection."""

    id: str
    epoch: int
    grace_s: int


class RosterEntry(Shape, frozen=True, kw_only=True):
    """One person or device of the lesson. presence ∈ expected, present, lost, left, removed.

    role ∈ lecturer, student, class_manager, observer, device. state is product.md's connection state. `title` (TS., ThS.) for lecturers only.
    A device bears its owner's name: it is the `purpose` (camera, screen; the client has the word) of `owner`, and counts nowhere. `line` ∈ loss, delay,
    narrow, or empty (good or unknown): what the server measured to be wrong with their line.
    """

    participant: str
    name: str
    given_name: str
    title: str
    code: str
    unit: str
    role: str
    presence: str
    state: str
    since_us: int | None
    microphone: bool
    camera: bool
    screen: bool
    hears: bool
    times_spoken: int
    owner: str | None = None
    purpose: str = ""
    line: str = ""


class PeriodInfo(Shape, frozen=True, kw_only=True):
    no: int
    start_us: int
    end_us: int


class LessonInfo(Shape, frozen=True, kw_only=True):
    """What the strip shows. state ∈ scheduled, lobby, live, suspended, ended, sheet_open, closed."""

    id: str
    topic: str
    course_unit: str
    cohort_code: str
    room_code: str
    periods: list[PeriodInfo]
    state: str
    started_us: int | None
    ended_us: int | None


class ChatMessage(Shape, frozen=True, kw_only=True):
    """`hidden` messages reach the lecturer with their text, students without."""

    message: str
    participant: str
    at_us: int
    text: str
    edited: bool
    hidden: bool


class RaisedHand(Shape, frozen=True, kw_only=True):
    participant: str
    since_us: int


class SlotAssignment(Shape, frozen=True, kw_only=True):
    """Who is delivered in the receive slot `mid`; participant null: nobody. role ∈ microphone, camera, screen, screen_audio."""

    mid: str
    participant: str | None
    role: str | None


class RecordingInfo(Shape, frozen=True, kw_only=True):
    """state ∈ off, waiting, starting, recording, failed, finished. `lost_ms` since the last confirmed write while failed."""

    state: str
    since_us: int | None
    lost_ms: int


class RollCallInfo(Shape, frozen=True, kw_only=True):
    """An open roll-call. `answered_by_me` for students; counts for staff (0 otherwise)."""

    roll_call: str
    no: int
    opened_us: int
    closes_us: int
    answered_by_me: bool
    answered: int
    asked: int


class Counts(Shape, frozen=True, kw_only=True):
    enrolled: int
    present: int
    cannot_hear: int


class RoomPolicy(Shape, frozen=True, kw_only=True):
    """What the school decided. media slots: how many video and audio receive slots a browser should offer."""

    recording: bool
    video_slots: int
    audio_slots: int
    grace_s: int
    chat_open: bool


class Visibility(Shape, frozen=True, kw_only=True):
    """Who may see whom. mode ∈ open, staff_cameras, exam; `aside`: the two who talk in private, or nobody."""

    mode: str
    aside: list[str]


class IceServer(Shape, frozen=True, kw_only=True):
    """A TURN server of the school, as RTCPeerConnection takes it; the credential opens relays for an hour."""

    urls: list[str]
    username: str
    credential: str


class Joined(Push, frozen=True, kw_only=True, tag="joined"):
    """The whole picture. `me` is the own participant id; `answer` the SDP answer, null without an offer."""

    session: SessionInfo
    me: str
    role: str
    lesson: LessonInfo
    answer: str | None
    roster: list[RosterEntry]
    slots: list[SlotAssignment]
    chat: list[ChatMessage]
    hands: list[RaisedHand]
    speakers: list[str]
    floor: list[str]
    visibility: Visibility
    recording: RecordingInfo
    roll_call: RollCallInfo | None
    counts: Counts
    policy: RoomPolicy
    ice_servers: list[IceServer]
    server_time_us: int


class Resumed(Push, frozen=True, kw_only=True, tag="resumed"):
    """Same epoch, same seat: keep the peer connection; the missed pushes follow in order."""

    epoch: int
    server_time_us: int


class LessonChanged(Push, frozen=True, kw_only=True, tag="lesson_changed"):
    lesson: LessonInfo
    reason: str


class RosterChanged(Push, frozen=True, kw_only=True, tag="roster_changed"):
    """Entries to put in place of the old ones (by participant)."""

    people: list[RosterEntry]
    counts: Counts


class ChatPosted(Push, frozen=True, kw_only=True, tag="chat_posted"):
    message: ChatMessage


class ChatChanged(Push, frozen=True, kw_only=True, tag="chat_changed"):
    """Edited or hidden."""

    message: ChatMessage


class HandsChanged(Push, frozen=True, kw_only=True, tag="hands_changed"):
    """The queue in server order."""

    hands: list[RaisedHand]


class FloorChanged(Push, frozen=True, kw_only=True, tag="floor_changed"):
    """Who has been given the floor. `invited_me`: this browser's person was just invited ("bạn được mời phát biểu")."""

    floor: list[str]
    invited_me: bool


class VisibilityChanged(Push, frozen=True, kw_only=True, tag="visibility_changed"):
    """The rule changed, or an aside began or ended."""

    visibility: Visibility


class MuteRequested(Push, frozen=True, kw_only=True, tag="mute_requested"):
    """The lecturer asks this person to mute."""


class SlotsChanged(Push, frozen=True, kw_only=True, tag="slots_changed"):
    rev: int
    slots: list[SlotAssignment]


class SpeakersChanged(Push, frozen=True, kw_only=True, tag="speakers_changed"):
    """Who speaks now, loudest first."""

    speakers: list[str]


class RecordingChanged(Push, frozen=True, kw_only=True, tag="recording_changed"):
    recording: RecordingInfo


class RollCallChanged(Push, frozen=True, kw_only=True, tag="roll_call_changed"):
    """roll_call null: closed."""

    roll_call: RollCallInfo | None


class Answered(Push, frozen=True, kw_only=True, tag="answered"):
    n: int
    sdp: str


class IceAnswered(Push, frozen=True, kw_only=True, tag="ice_answered"):
    gen: int
    sdp: str


class IceServersChanged(Push, frozen=True, kw_only=True, tag="ice_servers_changed"):
    """Fresh credentials before the old ones expire; for the next gathering of candidates."""

    ice_servers: list[IceServer]


class LayersChanged(Push, frozen=True, kw_only=True, tag="layers_changed"):
    """Which encodings (rids) of the own camera somebody watches; switch the others off."""

    mid: str
    active: list[str]


class ProfileChanged(Push, frozen=True, kw_only=True, tag="profile_changed"):
    """What this person is sent. profile ∈ full, audio_and_stills (sound and stills of shared screens only).

    `automatic`: the line carries no more; otherwise the browser asked for it.
    """

    profile: str
    automatic: bool


class LineChanged(Push, frozen=True, kw_only=True, tag="line_changed"):
    """This person's line as the relay measured it in the last 10 s. path ∈ udp, tcp, relay; loss in parts per million, -1 unknown.

    level ∈ good, weak, poor with reason ∈ loss_down, loss_up, delay, narrow or empty; `estimate_bps`: what the way to this person is held
    for, 0 unknown.
    """

    path: str
    rtt_ms: int
    loss_up_ppm: int
    loss_down_ppm: int
    estimate_bps: int
    level: str
    reason: str


class ScreenshotTaken(Push, frozen=True, kw_only=True, tag="screenshot_taken"):
    """To staff: evidence number `count` of this lesson exists."""

    count: int
    sha256: str


class Removed(Push, frozen=True, kw_only=True, tag="removed"):
    """The browser stops. reason is the lecturer's text; code ∈ removed, replaced (moved to another device), lesson_closed."""

    code: str
    reason: str


AnyPush = (
    Joined | Resumed | LessonChanged | RosterChanged | ChatPosted | ChatChanged | HandsChanged | FloorChanged
    | VisibilityChanged | MuteRequested | SlotsChanged | SpeakersChanged | RecordingChanged | RollCallChanged | Answered
    | IceAnswered | IceServersChanged | LayersChanged | ProfileChanged | LineChanged | ScreenshotTaken | Removed
)  # fmt: skip

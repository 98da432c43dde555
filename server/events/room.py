"""Facts about people in a live room: arriving, leaving, states, hands, floor, chat, moderation."""

from __future__ import annotations

from server.events.base import Event
from server.events.line import MeasuredLine
from server.ids import MessageId, PersonId, RollCallId


class PersonKnocked(Event, frozen=True, kw_only=True, tag="room.person_knocked/1"):
    """An authenticated connection asked to come in: presence counts from here (waiting is not the student's fault).

    role ∈ lecturer, student, class_manager, observer. `device` is the browser's random id; `inferred` never true here.
    """

    person: PersonId
    role: str
    device: str
    with_media: bool


class PersonAdmitted(Event, frozen=True, kw_only=True, tag="room.person_admitted/1"):
    """The person came from the door into the room."""

    person: PersonId


class PersonReturned(Event, frozen=True, kw_only=True, tag="room.person_returned/1"):
    """The same seat is connected again after `PersonLost`. how ∈ resumed, rejoined, ice_restart."""

    person: PersonId
    device: str
    how: str


class PersonLost(Event, frozen=True, kw_only=True, tag="room.person_lost/1"):
    """No sign of life since `last_alive_us`; the seat is kept. reason ∈ ice_lost, heartbeat_lost, socket_closed, server_restart."""

    person: PersonId
    last_alive_us: int
    reason: str
    inferred: bool = False


class PersonLeft(Event, frozen=True, kw_only=True, tag="room.person_left/1"):
    """The seat is given up; presence ended at `last_alive_us`.

    reason ∈ leave, page_close, ice_lost, heartbeat_lost, removed, replaced, server_restart, lesson_end.
    """

    person: PersonId
    last_alive_us: int
    reason: str
    inferred: bool = False


class DeviceChanged(Event, frozen=True, kw_only=True, tag="room.device_changed/1"):
    """Hand-over to another device, confirmed by the person; counted once."""

    person: PersonId
    from_device: str
    to_device: str


class ConnectionStateChanged(Event, frozen=True, kw_only=True, tag="room.connection_state_changed/1"):
    """state of product.md's one vocabulary: joining, learning, listening_only, weak, lost, handing_over, background, left, removed."""

    person: PersonId
    state: str


class PersonRemoved(Event, frozen=True, kw_only=True, tag="room.person_removed/1"):
    """Removed by the lecturer, with the reason given."""

    person: PersonId
    reason: str


class HandRaised(Event, frozen=True, kw_only=True, tag="room.hand_raised/1"):
    """The student asked for the floor ("giơ tay")."""

    person: PersonId


class HandLowered(Event, frozen=True, kw_only=True, tag="room.hand_lowered/1"):
    """by ∈ self, lecturer, given (the floor was given)."""

    person: PersonId
    by: str


class FloorGiven(Event, frozen=True, kw_only=True, tag="room.floor_given/1"):
    """The lecturer invited the student to speak ("mời phát biểu")."""

    person: PersonId


class FloorTaken(Event, frozen=True, kw_only=True, tag="room.floor_taken/1"):
    """The turn to speak is over. by ∈ lecturer, self, left."""

    person: PersonId
    by: str


class VisibilitySet(Event, frozen=True, kw_only=True, tag="room.visibility_set/1"):
    """The lecturer decided who may see whom. mode ∈ open, staff_cameras (students' pictures go to the staff alone), exam (a star)."""

    mode: str


class AsideStarted(Event, frozen=True, kw_only=True, tag="room.aside_started/1"):
    """These two see and hear each other alone, until the aside ends or one of them leaves."""

    by: PersonId
    person: PersonId


class AsideEnded(Event, frozen=True, kw_only=True, tag="room.aside_ended/1"):
    """Both are back with the class."""

    by: PersonId


class MuteAsked(Event, frozen=True, kw_only=True, tag="room.mute_asked/1"):
    """The lecturer asked a person (or, None, everyone) to mute."""

    person: PersonId | None


class MediaChanged(Event, frozen=True, kw_only=True, tag="room.media_changed/1"):
    """What the server saw start or stop. role ∈ microphone, camera, screen, screen_audio."""

    person: PersonId
    role: str
    on: bool


class PathChanged(Event, frozen=True, kw_only=True, tag="room.path_changed/1"):
    """How the person's media reach the server. path ∈ udp, tcp, relay (a TURN server of the school). No address is recorded."""

    person: PersonId
    path: str
    ipv6: bool


class LineMeasured(MeasuredLine, frozen=True, kw_only=True, tag="room.line_measured/1"):
    """The person's line over up to five minutes, as the relay measured it. Each list has one value per 10 s, oldest first.

    The sample ended `at_ms` after `from_us`. up: to the server, down: to the person; loss in parts per million, -1: nothing was sent. `watched`, `sent`:
    pictures as `role:layer`, the stage first, `+n` for n more tiles.
    """

    person: PersonId


class LineClaimed(Event, frozen=True, kw_only=True, tag="room.line_claimed/1"):
    """What the person's browser says it heard and saw meanwhile. A claim that nobody checked (origin client_claim): it never counts for or against anybody.

    One value per report. `concealed_ppm`: share of sound made up, of `audio_ms` played; `freezes`, `frozen_ms`: pictures that stood still.
    """

    person: PersonId
    from_us: int
    at_ms: list[int]
    concealed_ppm: list[int]
    audio_ms: list[int]
    freezes: list[int]
    frozen_ms: list[int]


class Spoke(Event, frozen=True, kw_only=True, tag="room.spoke/1"):
    """Observed speech of at least 5 s in one stretch (counts as an answer to a roll-call, D.3 step 7)."""

    person: PersonId
    from_us: int
    to_us: int


class MessagePosted(Event, frozen=True, kw_only=True, tag="chat.message_posted/1"):
    """A message to the whole class, as it was sent."""

    message: MessageId
    person: PersonId
    text: str


class MessageEdited(Event, frozen=True, kw_only=True, tag="chat.message_edited/1"):
    """The new text; the original stays where it was recorded."""

    message: MessageId
    text: str


class MessageHidden(Event, frozen=True, kw_only=True, tag="chat.message_hidden/1"):
    """Hidden from students, kept in the record (R-23.3)."""

    message: MessageId
    reason: str


class RollCallAnswered(Event, frozen=True, kw_only=True, tag="room.roll_call_answered/1"):
    """The student answered a presence challenge within its window."""

    person: PersonId
    roll_call: RollCallId


class ScreenshotAsked(Event, frozen=True, kw_only=True, tag="room.screenshot_asked/1"):
    """cause ∈ start, start_plus_20s, start_plus_10, middle, end_minus_10, end, roll_call, lecturer."""

    cause: str


class FlagRaised(Event, frozen=True, kw_only=True, tag="room.flag_raised/1"):
    """A fact for a human to look at (regulation D.5), e.g. F-2DEV, F-CLOCK. severity ∈ info, xem_xet, nghiem_trong."""

    code: str
    people: list[PersonId]
    severity: str
    facts: dict[str, int]

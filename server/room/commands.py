"""What a browser may ask of the live room (Socket.IO event `do`, namespace `/lesson`), and how it connects.

A command is acked `{"ok": true, "seq": n}` or `{"problem": {code, params, incident}}`; an ack never carries data: results come
as pushes. Lengths are capped here, in the decoder, so that nothing larger reaches the room.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

PROTOCOL_VERSION = 1

Sdp = Annotated[str, Meta(max_length=65_536)]
Reason = Annotated[str, Meta(min_length=10, max_length=500)]
ChatText = Annotated[str, Meta(min_length=1, max_length=4_000)]
#: Ids come from us or from the browser's random generator: never free text, so that nothing strange is recorded by their way.
Id = Annotated[str, Meta(max_length=64, pattern="^[A-Za-z0-9._:-]+$")]
Count = Annotated[int, Meta(ge=0, le=1 << 31)]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t"):
    """A wish. The tag is `t`, the class name in snake_case (see `COMMANDS`)."""


class PublishedMedia(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sending m-line of the offer. role ∈ microphone, camera, screen, screen_audio."""

    mid: Annotated[str, Meta(max_length=16)]
    role: Annotated[str, Meta(pattern="^(microphone|camera|screen|screen_audio)$")]


class HeldSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a returning browser still holds: its seat, the room's epoch and the last push it has seen."""

    id: Id
    epoch: Count
    seq: Count


class Connect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `auth` of Socket.IO's CONNECT. `ticket` is one-use; a held session may come back without one.

    `offer` is null for a device that only watches (desk). `device` is the browser's random id, `take_over` confirms the hand-over from
    another device of the same person.
    """

    v: int
    ticket: Annotated[str, Meta(max_length=4_096)] | None = None
    session: HeldSession | None = None
    offer: Sdp | None = None
    media: Annotated[list[PublishedMedia], Meta(max_length=8)] = []
    device: Id
    take_over: bool = False
    listen_only: bool = False


class StartLesson(Command, frozen=True, kw_only=True, tag="start_lesson"):
    """Lecturer: "Bắt đầu buổi học"."""


class SuspendLesson(Command, frozen=True, kw_only=True, tag="suspend_lesson"):
    """Lecturer: "Tạm dừng"."""


class ResumeLesson(Command, frozen=True, kw_only=True, tag="resume_lesson"):
    """Lecturer: "Tiếp tục"."""


class EndLesson(Command, frozen=True, kw_only=True, tag="end_lesson"):
    """Lecturer: "Kết thúc buổi học"."""


class PostChat(Command, frozen=True, kw_only=True, tag="post_chat"):
    """`message` is made by the browser (UUID): sent again after a reconnect, it is one message still."""

    message: Id
    text: ChatText


class EditChat(Command, frozen=True, kw_only=True, tag="edit_chat"):
    """The author only."""

    message: Id
    text: ChatText


class HideChat(Command, frozen=True, kw_only=True, tag="hide_chat"):
    """Lecturer: hidden from students, kept in the record."""

    message: Id
    reason: Reason


class RaiseHand(Command, frozen=True, kw_only=True, tag="raise_hand"):
    """Student."""


class LowerHand(Command, frozen=True, kw_only=True, tag="lower_hand"):
    """Own hand (null), or the lecturer for somebody."""

    participant: Id | None = None


class LowerAllHands(Command, frozen=True, kw_only=True, tag="lower_all_hands"):
    """Lecturer."""


class GiveFloor(Command, frozen=True, kw_only=True, tag="give_floor"):
    """Lecturer: "Cho phát biểu". The student may then unmute and is heard and seen by all."""

    participant: Id


class TakeFloor(Command, frozen=True, kw_only=True, tag="take_floor"):
    """Lecturer: "Dừng"; or the speaker about themself."""

    participant: Id


class AskMute(Command, frozen=True, kw_only=True, tag="ask_mute"):
    """Lecturer: one participant, or everybody but the lecturer (null)."""

    participant: Id | None = None


class SetVisibility(Command, frozen=True, kw_only=True, tag="set_visibility"):
    """Lecturer: who may see whom. mode ∈ open, staff_cameras, exam."""

    mode: Annotated[str, Meta(pattern="^(open|staff_cameras|exam)$")]


class StartAside(Command, frozen=True, kw_only=True, tag="start_aside"):
    """Lecturer: "Trao đổi riêng" with one participant."""

    participant: Id


class EndAside(Command, frozen=True, kw_only=True, tag="end_aside"):
    """Lecturer: back to the class."""


class RemovePerson(Command, frozen=True, kw_only=True, tag="remove_person"):
    """Lecturer: "Mời ra khỏi lớp"."""

    participant: Id
    reason: Reason


class StartRollCall(Command, frozen=True, kw_only=True, tag="start_roll_call"):
    """Lecturer or class manager: "Điểm danh"."""

    window_s: Annotated[int, Meta(ge=15, le=600)] = 90


class AnswerRollCall(Command, frozen=True, kw_only=True, tag="answer_roll_call"):
    """Student: "Tôi có mặt"."""

    roll_call: Id


class TakeScreenshot(Command, frozen=True, kw_only=True, tag="take_screenshot"):
    """Lecturer: one more picture of evidence, composed by the server."""


class SetMedia(Command, frozen=True, kw_only=True, tag="set_media"):
    """What the browser sends at present, so that others see a muted microphone as muted."""

    microphone: bool
    camera: bool
    screen: bool


class WantedTile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tile on the screen and its size in device pixels. role ∈ camera, screen."""

    participant: Id
    role: Annotated[str, Meta(pattern="^(camera|screen)$")]
    width: Annotated[int, Meta(ge=0, le=8192)]
    height: Annotated[int, Meta(ge=0, le=8192)]


class SetView(Command, frozen=True, kw_only=True, tag="set_view"):
    """Which tiles are visible; the server chooses slots by it. `rev` grows; an older one is ignored.

    profile ∈ full, audio_and_stills: the second asks for sound and still pictures of shared screens only, whatever the line carries.
    """

    rev: Count
    tiles: Annotated[list[WantedTile], Meta(max_length=25)]
    pinned: Id | None = None
    listen_only: bool = False
    profile: Annotated[str, Meta(pattern="^(full|audio_and_stills)$")] = "full"


class Offer(Command, frozen=True, kw_only=True, tag="offer"):
    """A new SDP offer of the same peer connection, numbered. The same `n` gets the same answer; an older one is refused."""

    n: Count
    sdp: Sdp
    media: Annotated[list[PublishedMedia], Meta(max_length=8)]


class RestartIce(Command, frozen=True, kw_only=True, tag="restart_ice"):
    """An offer with new ICE credentials on the same peer connection; idempotent by `gen`."""

    gen: Count
    sdp: Sdp


class Hears(Command, frozen=True, kw_only=True, tag="hears"):
    """The browser's claim whether the lecturer is audible (evidence class E4: shown, never judged)."""

    hears: bool


class ReportQuality(Command, frozen=True, kw_only=True, tag="report_quality"):
    """The browser's claim of what the last 10 s were like (evidence class E4: shown, never judged).

    `concealed_ppm`: share of the lecturer's sound that was made up, of `audio_ms` that were played; `freezes`, `frozen_ms`: the pictures
    that stood still.
    """

    concealed_ppm: Annotated[int, Meta(ge=0, le=1_000_000)]
    audio_ms: Annotated[int, Meta(ge=0, le=60_000)]
    freezes: Annotated[int, Meta(ge=0, le=10_000)]
    frozen_ms: Annotated[int, Meta(ge=0, le=600_000)]


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """ "Rời lớp"."""


AnyCommand = (
    StartLesson | SuspendLesson | ResumeLesson | EndLesson | PostChat | EditChat | HideChat | RaiseHand | LowerHand
    | LowerAllHands | GiveFloor | TakeFloor | AskMute | SetVisibility | StartAside | EndAside | RemovePerson | StartRollCall
    | AnswerRollCall | TakeScreenshot | SetMedia | SetView | Offer | RestartIce | Hears | ReportQuality | Leave
)  # fmt: skip

"""What happened in the demonstration's finished lesson: an ordinary afternoon with 25 students. Values only; demo_history.py writes it down.

Times are seconds from the planned start (13:30): periods 0–2700, 2700–5400, break, 6300–9000, 9000–11700.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.events import lesson, room
from server.events.base import Event, Origin
from server.ids import ConnectionId, MessageId, PersonId, RollCallId
from server.services.demo_people import SMALL_COHORT
from server.services.demo_rows import demo_id, person_id

#: A student's number in the links, or the word of a member of staff.
Who = int | str
STARTED_S = 38
ENDED_S = 11_745
#: Student numbers as in the links: who was what on that afternoon.
ON_LEAVE, ABSENT = 73, 80
LATE_S = {64: 7 * 60, 68: 12 * 60, 76: 17 * 60}
LONG_GAP, SHORT_GAP, OTHER_DEVICE, LEFT_EARLY, SILENT = 71, 83, 69, 85, 78
LISTENING, WEAK = 82, 66
ROLL_CALLS_S = (724, 6_871, 10_830)
WINDOW_S, CLOSE_S, RETRY_S = 90, 92, 180

CHAT: tuple[tuple[int, Who, str], ...] = (
    (-240, 61, "Em chào cô, em nghe rõ ạ."),
    (-180, "lecturer", "Chào các đồng chí, lớp ta ổn định, 13 giờ 30 bắt đầu."),
    (210, 74, "Màn hình của cô rõ rồi ạ."),
    (1_460, 63, "Thưa cô, chi bộ thôn dưới 9 đảng viên thì có bắt buộc bầu chi ủy không ạ?"),
    (1_530, "lecturer", "Câu hỏi hay, cô sẽ trả lời ngay ở phần tiếp theo."),
    (2_710, 79, "Em ghi chép kịp ạ, cô cho em xin lại trang vừa rồi."),
    (3_620, 66, "Mạng nhà em yếu, em tắt hình để nghe cho rõ ạ."),
    (5_410, "lecturer", "Lớp nghỉ giải lao 15 phút, 15 giờ 15 học tiếp."),
    (6_330, 70, "Em có mặt ạ."),
    (7_240, 84, "Bản em họp chi bộ vào ngày 05 hằng tháng, nội dung thường là phát triển kinh tế hộ."),
    (7_310, 65, "Bản em mới kết nạp thêm 2 đảng viên là người Mông ạ."),
    (9_480, 61, "Thưa cô, biên bản sinh hoạt chi bộ ghi tay có được không ạ?"),
    (9_560, "lecturer", "Được, nhưng cần đủ chữ ký của chủ trì và thư ký."),
    (11_700, 72, "Em cảm ơn cô ạ."),
)
#: What the lecturer wrote on the sheet.
SHEET_TEXTS = {
    "content.1": "Vị trí, vai trò, chức năng của chi bộ thôn, bản; mối quan hệ với trưởng thôn và ban công tác mặt trận",
    "content.2": "Nhiệm vụ của bí thư chi bộ: chủ trì công việc, chuẩn bị nội dung sinh hoạt, phân công đảng viên; hỏi đáp",
    "content.3": "Sinh hoạt chi bộ thường kỳ: các bước chuẩn bị, điều hành, kết luận; thảo luận tình huống ở bản",
    "content.4": "Xử lý tình huống ở thôn, bản; cách ghi biên bản và nghị quyết của chi bộ; tổng kết, giải đáp",
    "materials.1": "Bài giảng, trang 1–8",
    "materials.3": "Mẫu biên bản sinh hoạt chi bộ",
    "tasks.4": "Viết dự thảo nghị quyết tháng của chi bộ mình",
}
#: Who asked for the floor, when, and how long they spoke.
SPEAKERS = ((1_510, 63, 74), (4_100, 75, 121), (7_420, 84, 96), (9_700, 77, 58))
#: Causes of the pictures and when they were taken.
PICTURES_S = (
    ("start_plus_10", 640),
    ("roll_call", ROLL_CALLS_S[0]),
    ("middle", 5_870),
    ("roll_call", ROLL_CALLS_S[1]),
    ("roll_call", ROLL_CALLS_S[2]),
    ("end_minus_10", 11_100),
)


@dataclass(frozen=True)
class Told:
    """One fact of the story: when, who vouches, whose account and connection."""

    at_s: float
    event: Event
    origin: Origin
    who: str = ""
    connection: ConnectionId | None = None


def students() -> list[int]:
    """The numbers of those who came."""
    numbers = [int(person.key.removeprefix("student")) for person in SMALL_COHORT]
    return [number for number in numbers if number not in (ON_LEAVE, ABSENT)]


def key_of(number: Who) -> str:
    return number if isinstance(number, str) else f"student{number}"


def person_of(number: Who) -> PersonId:
    return PersonId(person_id(key_of(number)))


def came_s(number: int) -> float:
    """When somebody knocked: most in the quarter of an hour before, the late ones after the start."""
    if number in LATE_S:
        return LATE_S[number] + STARTED_S - 30
    return -870 + (number * 137) % 790


def present_at(at_s: float) -> list[int]:
    """Who was connected at a moment, for the pictures."""
    return [
        number
        for number in students()
        if came_s(number) <= at_s
        and not (number == LONG_GAP and 7_005 <= at_s < 8_520)
        and not (number == LEFT_EARLY and at_s >= 11_020)
    ]


def story(start_us: int) -> list[Told]:
    """All facts in order of time."""
    told = [
        *_lecturer(),
        *(fact for number in students() for fact in _student(number, start_us)),
        *_roll_calls(),
        *_chat(),
        *_floor(start_us),
        Told(5_870, room.ScreenshotAsked(cause="middle"), Origin.SERVER),
        Told(640, room.ScreenshotAsked(cause="start_plus_10"), Origin.SERVER),
        Told(11_100, room.ScreenshotAsked(cause="end_minus_10"), Origin.SERVER),
    ]
    return sorted(told, key=lambda fact: fact.at_s)


def _connection(number: Who, no: int = 1) -> ConnectionId:
    return ConnectionId(demo_id("connection", number, no)[:20].replace("-", ""))


def _device(number: Who, no: int = 1) -> str:
    return demo_id("device", number, no)


def _lecturer() -> Iterator[Told]:
    who, person, connection = "lecturer", person_of("lecturer"), _connection("lecturer")
    knock = room.PersonKnocked(person=person, role="lecturer", device=_device(who), with_media=True)
    yield Told(-1_020, knock, Origin.SERVER, who, connection)
    yield Told(-1_020, room.PersonAdmitted(person=person), Origin.SERVER, who, connection)
    for at_s, role in ((-1_018, "microphone"), (-1_017, "camera"), (-300, "screen")):
        yield Told(at_s, room.MediaChanged(person=person, role=role, on=True), Origin.MEDIA, who, connection)
    yield Told(-1_012, room.ConnectionStateChanged(person=person, state="learning"), Origin.MEDIA, who, connection)
    yield Told(STARTED_S, lesson.LessonStarted(), Origin.HUMAN, who, connection)
    yield Told(ENDED_S, room.ScreenshotAsked(cause="end"), Origin.HUMAN, who, connection)
    yield Told(ENDED_S, lesson.LessonEnded(reason="lecturer"), Origin.HUMAN, who, connection)


def _student(number: int, start_us: int) -> Iterator[Told]:
    who, person, connection = key_of(number), person_of(number), _connection(number)
    came = came_s(number)
    with_camera = number not in (SILENT, LISTENING) and number % 4 != 1
    knock = room.PersonKnocked(person=person, role="student", device=_device(number), with_media=number != LISTENING)
    yield Told(came, knock, Origin.SERVER, who, connection)
    yield Told(came, room.PersonAdmitted(person=person), Origin.SERVER, who, connection)
    state = "listening_only" if number == LISTENING else "learning"
    yield Told(came + 4, room.ConnectionStateChanged(person=person, state=state), Origin.MEDIA, who, connection)
    if with_camera:
        yield Told(came + 6, room.MediaChanged(person=person, role="camera", on=True), Origin.MEDIA, who, connection)
    yield from _troubles(number, start_us)


def _troubles(number: int, start_us: int) -> Iterator[Told]:
    who, person, connection = key_of(number), person_of(number), _connection(number)

    def us(at_s: float) -> int:
        return start_us + round(at_s * 1_000_000)

    def lost(at_s: float, reason: str) -> Told:
        fact = room.PersonLost(person=person, last_alive_us=us(at_s), reason=reason)
        return Told(at_s + 30, fact, Origin.SERVER, who, connection)

    def back(at_s: float, no: int, device: int = 1) -> Told:
        fact = room.PersonReturned(person=person, device=_device(number, device), how="rejoined")
        return Told(at_s, fact, Origin.SERVER, who, _connection(number, no))

    if number == LONG_GAP:
        yield lost(7_005, "ice_lost")
        left = room.PersonLeft(person=person, last_alive_us=us(7_005), reason="ice_lost")
        yield Told(7_125, left, Origin.SERVER, who, connection)
        knock = room.PersonKnocked(person=person, role="student", device=_device(number), with_media=True)
        yield Told(8_520, knock, Origin.SERVER, who, _connection(number, 2))
        yield Told(8_520, room.PersonAdmitted(person=person), Origin.SERVER, who, _connection(number, 2))
    if number == SHORT_GAP:
        yield lost(4_310, "ice_lost")
        yield back(4_381, 2)
    if number == OTHER_DEVICE:
        yield lost(6_420, "socket_closed")
        yield back(6_462, 2, device=2)
        changed = room.DeviceChanged(person=person, from_device=_device(number), to_device=_device(number, 2))
        yield Told(6_462, changed, Origin.SERVER, who, _connection(number, 2))
    if number == WEAK:
        for at_s, state in ((3_560, "weak"), (4_040, "learning"), (9_200, "weak"), (9_410, "learning")):
            yield Told(at_s, room.ConnectionStateChanged(person=person, state=state), Origin.MEDIA, who, connection)
        yield Told(3_610, room.MediaChanged(person=person, role="camera", on=False), Origin.MEDIA, who, connection)
    if number == LEFT_EARLY:
        left = room.PersonLeft(person=person, last_alive_us=us(11_020), reason="leave")
        yield Told(11_020, left, Origin.HUMAN, who, connection)


def connection_at(number: Who, at_s: float) -> ConnectionId:
    """The connection that somebody had at a moment."""
    came_back_s = {LONG_GAP: 8_520, SHORT_GAP: 4_381, OTHER_DEVICE: 6_462}
    no = 2 if isinstance(number, int) and at_s >= came_back_s.get(number, float("inf")) else 1
    return _connection(number, no)


def _roll_calls() -> Iterator[Told]:
    for no, at_s in enumerate(ROLL_CALLS_S, start=1):
        asked = present_at(at_s)
        prompt = [number for number in asked if number != SILENT and not (no == 1 and number == WEAK)]
        yield from _roll_call(no, "auto", at_s, asked, prompt)
        yield Told(at_s, room.ScreenshotAsked(cause="roll_call"), Origin.SERVER)
        late = [WEAK] if no == 1 else []
        yield from _roll_call(no, "auto_retry", at_s + RETRY_S, present_at(at_s + RETRY_S), late)


def _roll_call(no: int, issued_by: str, at_s: float, asked: list[int], answering: list[int]) -> Iterator[Told]:
    call = RollCallId(demo_id("roll-call", no, issued_by))
    started = lesson.RollCallStarted(roll_call=call, no=no, window_s=WINDOW_S, issued_by=issued_by)
    yield Told(at_s, started, Origin.SERVER)
    for number in answering:
        after_s = at_s + 3 + ((number * 29 + no * 17) % 310) / 10
        answer = room.RollCallAnswered(person=person_of(number), roll_call=call)
        yield Told(after_s, answer, Origin.HUMAN, key_of(number), connection_at(number, after_s))
    closed = lesson.RollCallClosed(roll_call=call, answered=len(answering), asked=len(asked))
    yield Told(at_s + CLOSE_S, closed, Origin.SERVER)


def _chat() -> Iterator[Told]:
    for no, (at_s, number, text) in enumerate(CHAT):
        posted = room.MessagePosted(message=MessageId(demo_id("message", no)), person=person_of(number), text=text)
        yield Told(at_s, posted, Origin.HUMAN, key_of(number), connection_at(number, at_s))


def _floor(start_us: int) -> Iterator[Told]:
    for at_s, number, spoke_s in SPEAKERS:
        who, person, connection = key_of(number), person_of(number), connection_at(number, at_s)
        lecturer = ("lecturer", _connection("lecturer"))
        begins_s = at_s + 26
        yield Told(at_s, room.HandRaised(person=person), Origin.HUMAN, who, connection)
        yield Told(at_s + 22, room.HandLowered(person=person, by="given"), Origin.HUMAN, *lecturer)
        yield Told(at_s + 22, room.FloorGiven(person=person), Origin.HUMAN, *lecturer)
        for offset_s, on in ((0, True), (spoke_s, False)):
            changed = room.MediaChanged(person=person, role="microphone", on=on)
            yield Told(begins_s + offset_s, changed, Origin.MEDIA, who, connection)
        spoke = room.Spoke(
            person=person,
            from_us=start_us + (begins_s + 1) * 1_000_000,
            to_us=start_us + (begins_s + spoke_s) * 1_000_000,
        )
        yield Told(begins_s + spoke_s, spoke, Origin.MEDIA, who, connection)
        yield Told(begins_s + spoke_s + 3, room.FloorTaken(person=person, by="lecturer"), Origin.HUMAN, *lecturer)

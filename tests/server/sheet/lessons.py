"""A whole lesson as a sheet's source: a class of any size, with students who are present, late, gone, absent, excused, overridden."""

from __future__ import annotations

from server.attendance.recompute import project, roll_of
from server.attendance.roll import digest
from server.events import lesson, room, sheet
from server.events.base import Recorded
from server.ids import (
    CohortId,
    CourseUnitId,
    EvidenceId,
    LessonId,
    PersonId,
    RollCallId,
    SchoolId,
    SheetId,
    TopicId,
)
from server.school.names import name_key
from server.school.plan import ApprovedLeave, LessonPlan, PersonCard, PlannedPeriod, RosterMember
from server.sheet.projection import SheetProjection
from server.sheet.source import Ground, SheetSource
from tests.server.attendance.scripts import GRID, Log, at, enrolment, opened, person

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Vũ", "Bùi", "Đỗ", "Ngô")
MIDDLE = ("Thị Thu", "Văn", "Thị Ngọc", "Hữu", "Quốc", "Minh", "Thị Mỹ", "Xuân", "Đức", "Thị Kim")
GIVEN = ("Ánh", "Ân", "Bình", "Dũng", "Đạt", "Hằng", "Hương", "Khoa", "Nguyệt", "Phượng", "Quỳnh", "Tuấn", "Yến")
UNITS = ("Ủy ban nhân dân xã Phú Lộc", "Đảng ủy phường Đông Sơn", "Sở Nội vụ", "Hội Liên hiệp Phụ nữ huyện")
LONG_NAME = "Công Tằng Tôn Nữ Nguyễn Phước Hoàng Phương Quỳnh Anh"


def card(n: int, name: str | None = None) -> PersonCard:
    full = name or f"{FAMILY[n % 10]} {MIDDLE[(n * 7) % 10]} {GIVEN[n % 13]}"
    return PersonCard(
        person=person(n),
        name=full,
        given_name=full.rsplit(" ", 1)[-1],
        title="",
        code=f"K45B2-{n:03d}",
        unit=UNITS[n % 4],
    )


def plan(students: int, doc_style: str = "dang", names: dict[int, str] | None = None) -> LessonPlan:
    cards = sorted(
        ((n, card(n, (names or {}).get(n))) for n in range(1, students + 1)), key=lambda one: name_key(one[1].name)
    )
    return LessonPlan(
        lesson=LessonId("lesson"),
        school=SchoolId("school"),
        school_name="Trường Chính trị",
        school_parent="Tỉnh ủy Lam Giang" if doc_style == "dang" else "UBND tỉnh Lam Giang",
        school_code="TCT",
        place_name="Lam Giang",
        doc_style=doc_style,
        cohort=CohortId("cohort"),
        cohort_code="K45.B2",
        cohort_name="Lớp K45.B2",
        programme_name="Trung cấp lý luận chính trị",
        programme_kind="dao_tao",
        course_unit=CourseUnitId("unit"),
        course_unit_no=4,
        course_unit_name="Kỹ năng lãnh đạo, quản lý",
        topic=TopicId("topic"),
        topic_no=3,
        topic_name="Kỹ năng ra và tổ chức thực hiện quyết định của cán bộ cấp cơ sở",
        topic_periods=8,
        kind="len_lop",
        room_code="LG-7K2M",
        day="2026-10-06",
        session="sang",
        state="ended",
        start_us=at("07:30"),
        end_us=at("10:45"),
        opened_us=at("07:00"),
        started_us=at("07:30"),
        ended_us=at("10:46"),
        lecturer=PersonCard(
            PersonId("lecturer"), "Trần Thị Thu Hương", "Hương", "TS.", "GV012", "Khoa Nhà nước và pháp luật"
        ),
        class_manager=PersonCard(PersonId("manager"), "Nguyễn Văn Quyết", "Quyết", "ThS.", "GV031", "Phòng QLĐT"),
        periods=tuple(PlannedPeriod(no, at(a), at(b)) for no, (a, b) in enumerate(GRID, 1)),
        roster=tuple(RosterMember(enrolment(n), one) for n, one in cards),
        leaves=(ApprovedLeave(enrolment(2), at("07:00"), at("11:00"), "Họp Hội đồng nhân dân xã"),),
        policy_version=1,
        policy={},
        record=True,
        max_participants=150,
    )


def lesson_log(students: int, absent: int = 2, *, eventful: bool = True, decided: bool = True) -> Log:
    """Student 2 is on leave, the last `absent` never come; an eventful lesson has late, early and lost ones, an outage and overrides."""
    log = Log()
    leave = [lesson.Leave(enrolment=enrolment(2), from_us=at("07:00"), to_us=at("11:00"))] if absent else []
    log.add(at("07:00"), opened(students=students, leaves=leave))
    gone = {2} | set(range(students - absent + 2, students + 1)) if absent else set()
    for n in range(1, students + 1):
        if n not in gone and not (eventful and n == 3):
            _knock(log, n, at("07:20") + n * 4_000_000)
    log.add(at("07:30"), lesson.LessonStarted(), actor="lecturer")
    log.add(at("07:30:20"), lesson.RecordingStarted())
    log.add(at("07:31"), room.MediaChanged(person=PersonId("lecturer"), role="screen", on=True))
    if eventful:
        _knock(log, 3, at("07:41"))
    _screenshot(log, 1, "07:42", students)
    _roll_call(log, 1, "07:45", [n for n in range(1, students + 1) if n not in gone and not (eventful and n == 5)])
    if eventful:
        _incidents(log, students, gone)
    _roll_call(log, 2, "10:30", [n for n in range(1, students + 1) if n not in gone and not (eventful and n in (4, 5))])
    if eventful:
        left = room.PersonLeft(person=person(6), last_alive_us=at("10:35"), reason="leave")
        log.add(at("10:35"), left, "c6")
    _screenshot(log, 2, "10:36", students)
    log.add(at("10:46"), lesson.LessonEnded(reason="lecturer"), actor="lecturer")
    _after(log, eventful, decided)
    return log


def _knock(log: Log, n: int, when: int) -> None:
    log.add(when, room.PersonKnocked(person=person(n), role="student", device=f"d{n}", with_media=True), f"c{n}")
    log.add(when + 1, room.MediaChanged(person=person(n), role="camera", on=True), f"c{n}")


def _incidents(log: Log, students: int, gone: set[int]) -> None:
    log.add(at("08:40"), lesson.ServerOutage(from_us=at("08:30"), to_us=at("08:40")))
    for n in range(1, students + 1):
        if n not in gone:
            log.add(at("08:40:05"), room.PersonReturned(person=person(n), device=f"d{n}", how="rejoined"), f"c{n}")
    lost = room.PersonLost(person=person(4), last_alive_us=at("09:20"), reason="ice_lost")
    log.add(at("09:20:30"), lost, "c4")
    log.add(at("09:45"), room.PersonReturned(person=person(4), device="d4", how="rejoined"), "c4b")


def _roll_call(log: Log, no: int, when: str, answering: list[int]) -> None:
    call = RollCallId(f"call-{no}")
    log.add(at(when), lesson.RollCallStarted(roll_call=call, no=no, window_s=90, issued_by="auto"))
    for n in answering:
        log.add(at(when) + 10_000_000, room.RollCallAnswered(person=person(n), roll_call=call), f"c{n}")
    closed = lesson.RollCallClosed(roll_call=call, answered=len(answering), asked=len(answering) + 1)
    log.add(at(when) + 90_000_000, closed)


def _screenshot(log: Log, no: int, when: str, students: int) -> None:
    log.add(
        at(when),
        lesson.EvidenceFiled(
            evidence=EvidenceId(f"evidence-{no}"),
            kind="anh_chup_he_thong",
            sha256=f"{no}a" * 32,
            size=182_000,
            mime="image/png",
            file_name=f"anh-{no}-{when.replace(':', '')}.png",
            captured_us=at(when),
            covers_from_us=at(when),
            covers_to_us=at(when),
            source="system" if no == 1 else "lecturer",
            present=students - 2,
            enrolled=students,
        ),
    )


def _after(log: Log, eventful: bool, decided: bool) -> None:
    if not decided:
        return
    for n, entry in enumerate(roll_of(project(log.events)), 1):
        if entry.final.mark == "?" or (eventful and n == 4):
            log.add(
                at("10:50"),
                sheet.MarkOverridden(
                    enrolment=enrolment(n),
                    mark="CM",
                    flags=[],
                    absent_periods_p=1 if n == 4 else 0,
                    absent_periods_k=0,
                    reason="Mất kết nối khách quan, đã gọi điện xác nhận với học viên",
                ),
                actor="lecturer",
            )
    roll = roll_of(project(log.events))
    overrides = sum(entry.decision is not None for entry in roll)
    log.add(at("10:52"), sheet.RollConfirmed(marks_sha256=digest(roll), overrides=overrides), actor="lecturer")
    texts = {
        "content.1": "Khái niệm, phân loại quyết định; yêu cầu đối với quyết định ở cấp cơ sở",
        "content.2": "Quy trình ra quyết định: bước 1 đến bước 3; thăm dò ý kiến",
        "content.3": "Thảo luận nhóm tình huống đường liên thôn xã A",
        "content.4": "Bước 4, bước 5 của quy trình; tổng kết chuyên đề, giải đáp câu hỏi của học viên",
        "materials.1": "Bài giảng tr. 1–12",
        "tasks.2": "Trả lời thăm dò 1",
        "remarks": "Lớp học nghiêm túc, tích cực thảo luận; đa số học viên bật camera khi phát biểu.\nĐề nghị học viên "
        "chuẩn bị đường truyền ổn định trước giờ học.",
    }
    for key, text in texts.items():
        log.add(at("10:55"), sheet.SheetTextSaved(sheet=SheetId("sheet"), field=key, text=text), actor="lecturer")


def source_of(plan_of: LessonPlan, events: list[Recorded], number: str = "PTD-K45.B2-2026-0031") -> SheetSource:
    folded = SheetProjection()
    for recorded in events:
        folded.apply(recorded)
    folded.head_hash = "9be1" * 16
    return SheetSource(
        plan=plan_of,
        ground=Ground(
            course="45",
            mode="khong_tap_trung",
            decision="Quyết định số 214-QĐ/TCT ngày 28/9/2026",
            consents="văn bản đồng ý số 97-CV/TU ngày 25/9/2026",
        ),
        attendance=project(events),
        sheet=folded,
        number=number,
        version=1,
        now_us=at("12:00"),
    )

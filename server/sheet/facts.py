"""The machine's fields as the editor shows them: label, value, and the events that answer "vì sao?". Pure."""

from __future__ import annotations

from dataclasses import dataclass

from server.events import lesson
from server.sheet.content import SheetContent
from server.sheet.source import SheetSource


@dataclass(frozen=True, slots=True)
class Fact:
    """`from_seq`..`to_seq` lead to the events; 0, 0: from the plan."""

    key: str
    label_vi: str
    label_en: str
    value: str
    from_seq: int = 0
    to_seq: int = 0


def facts_of(source: SheetSource, content: SheetContent) -> list[Fact]:
    """Parts I, III and IV, in the order of the form."""
    return [*_plan_facts(content), *_held_facts(source, content), *_roll_facts(source, content)]


def _plan_facts(content: SheetContent) -> list[Fact]:
    info = content.info
    return [
        Fact("cohort", "1. Lớp", "1. Class", f"{info.cohort} · Khóa {info.course} · Hệ {info.mode}"),
        Fact("programme", "2. Chương trình", "2. Programme", f"{info.programme} ({info.programme_kind})"),
        Fact("course_unit", "3. Học phần", "3. Course unit", info.course_unit),
        Fact("topic", "4. Chuyên đề/bài", "4. Topic", f"{info.topic} ({info.topic_periods})"),
        Fact("date", "5. Ngày, buổi", "5. Date, session", f"{info.date} · {info.session}"),
        Fact("kind", "6. Hình thức", "6. Form", info.kind),
        Fact("planned", "7. Thời gian theo lịch", "7. Planned time", f"{info.planned} · {info.planned_periods} tiết"),
    ]


def _held_facts(source: SheetSource, content: SheetContent) -> list[Fact]:
    info, attendance = content.info, source.attendance
    cuts = [s.seq for s in (*attendance.suspensions(source.now_us), *attendance.outages)]
    held = f"{info.held} · {info.held_periods} tiết"
    return [
        Fact("held", "8. Thời gian thực hiện", "8. Time held", held, attendance.started_seq, attendance.ended_seq),
        Fact(
            "suspended",
            "Gián đoạn toàn lớp",
            "Interrupted for the class",
            f"{info.suspended_min} phút",
            min(cuts, default=0),
            max(cuts, default=0),
        ),
        Fact("lecturer", "9. Giảng viên", "9. Lecturer", f"{info.lecturer} · {info.faculty}"),
        Fact("class_manager", "10. Chủ nhiệm lớp", "10. Class manager", info.class_manager),
        Fact("room", "11. Phòng học trực tuyến (mã)", "11. Online room (code)", info.room_code),
        Fact("ground", "12. Căn cứ", "12. Legal basis", info.ground),
        Fact("observers", "13. Người dự giờ/kiểm tra", "13. Observers", info.observers),
        Fact("sites", "14. Điểm cầu", "14. Sites", info.sites),
    ]


def _roll_facts(source: SheetSource, content: SheetContent) -> list[Fact]:
    totals, technical = content.totals, content.technical
    decided = source.attendance.decided
    calls = [r.seq for r in source.sheet.story if isinstance(r.event, lesson.RollCallStarted)]
    away = [o.seq for o in source.attendance.outages]
    roll = (1, decided.confirmed_seq or source.attendance.last_seq)
    counted = (
        f"Sĩ số {totals.enrolled} · Có mặt {totals.present} · Vắng có phép {totals.excused} · Vắng không phép "
        f"{totals.unexcused} · Đi muộn {totals.late} · Về sớm {totals.early} · Chờ xác minh {totals.unverified}"
    )
    overrides = sorted(d.seq for d in decided.overrides.values())
    return [
        Fact("roll", "III. Tình hình tham dự", "III. Attendance", counted, *roll),
        Fact(
            "roll_calls",
            "Điểm danh trong buổi",
            "Roll-calls",
            f"{totals.roll_calls} lần (lúc {totals.roll_call_times})" if totals.roll_calls else "0 lần",
            min(calls, default=0),
            max(calls, default=0),
        ),
        Fact(
            "overrides",
            "Giảng viên điều chỉnh",
            "Decided by the lecturer",
            f"{totals.overrides} trường hợp",
            min(overrides, default=0),
            max(overrides, default=0),
        ),
        Fact(
            "outages",
            "IV. Sự cố hệ thống",
            "IV. System faults",
            f"{technical.outage_min} phút" + (f" ({technical.outage_spans})" if away else ""),
            min(away, default=0),
            max(away, default=0),
        ),
    ]

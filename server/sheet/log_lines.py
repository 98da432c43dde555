"""Appendix 2: the story of a lesson in sentences, each with the number of its event. Pure."""

from __future__ import annotations

from itertools import pairwise

from server.events import lesson, room, sheet
from server.events.base import Recorded
from server.ids import EnrolmentId
from server.sheet import vietnamese as vi
from server.sheet.content import LogLine
from server.sheet.source import SheetSource

_SUSPENDED = {"lecturer": "giảng viên tạm dừng", "lecturer_lost": "giảng viên mất kết nối", "server": "sự cố máy chủ"}
_ENDED = {"lecturer": "giảng viên kết thúc", "auto": "tự động, không có giảng viên", "schedule": "hết giờ theo lịch"}
_ISSUED = {
    "auto": "hệ thống",
    "auto_retry": "hệ thống nhắc lại",
    "lecturer": "giảng viên",
    "class_manager": "chủ nhiệm lớp",
}
_GAP = {
    "recorder_down": "bộ ghi dừng",
    "server_down": "máy chủ dừng",
    "overflow": "quá tải",
    "disk_full": "hết dung lượng lưu trữ",
}


def log_lines(source: SheetSource) -> list[LogLine]:
    """One line per event of the story, breaks of the grid put in between."""
    told = [(r.at_us, r.seq, sentence) for r in source.sheet.story if (sentence := _sentence(r, source))]
    lines = sorted(told + _breaks(source))
    return [LogLine(seq=seq, time=vi.clock_s(at_us), text=text) for at_us, seq, text in lines]


def _breaks(source: SheetSource) -> list[tuple[int, int, str]]:
    grid = source.attendance.grid
    return [
        (end, 0, f"Nghỉ giải lao theo lịch đến {vi.clock(start)}")
        for (_, (_, end)), (_, (start, _)) in pairwise(grid)
        if start > end
    ]


def _sentence(recorded: Recorded, source: SheetSource) -> str:
    event = recorded.event
    if isinstance(event, lesson.EvidenceFiled | lesson.RecordingFailed | lesson.RecordingGap):
        return _of_files(event)
    if isinstance(event, sheet.MarkOverridden | sheet.RollConfirmed | lesson.LeaveApproved):
        return _of_decisions(event, source)
    match event:
        case lesson.LessonOpened():
            return f"Mở phòng chờ; danh sách {len(event.roster)} học viên"
        case lesson.LessonStarted():
            return "Bắt đầu buổi học"
        case lesson.LessonSuspended():
            return f"Tạm dừng buổi học: {_SUSPENDED.get(event.reason, event.reason)}"
        case lesson.LessonResumed():
            return "Tiếp tục buổi học"
        case lesson.LessonEnded():
            return f"Kết thúc buổi học: {_ENDED.get(event.reason, event.reason)}"
        case lesson.ServerOutage():
            return f"Máy chủ gián đoạn từ {vi.clock_s(event.from_us)} đến {vi.clock_s(event.to_us)}"
        case lesson.ClockStep():
            return f"Đồng hồ máy chủ được chỉnh {event.step_ms} ms; thời lượng không đổi"
        case lesson.RollCallStarted():
            return (
                f"Điểm danh lần {event.no}, {_ISSUED.get(event.issued_by, event.issued_by)} phát; {event.window_s} giây"
            )
        case lesson.RollCallClosed():
            return f"Kết thúc điểm danh: {event.answered}/{event.asked} trả lời"
        case lesson.RecordingStarted():
            return "Bắt đầu ghi hình"
        case lesson.RecordingRestored():
            return f"Ghi hình trở lại; mất {event.lost_ms // 1000} giây"
        case lesson.RecordingFinished():
            return f"Hoàn tất ghi hình: {event.segments} tệp, {event.gaps} khoảng trống"
        case room.PersonRemoved():
            return f"Mời ra khỏi lớp: {source.name_of(event.person)} – {event.reason}"
        case room.MessageHidden():
            return f"Ẩn một tin nhắn: {event.reason}"
    return ""


def _of_files(event: lesson.EvidenceFiled | lesson.RecordingFailed | lesson.RecordingGap) -> str:
    if isinstance(event, lesson.EvidenceFiled):
        return f"Lưu minh chứng: {EVIDENCE_KINDS.get(event.kind, event.kind)}"
    if isinstance(event, lesson.RecordingFailed):
        return f"Ghi hình gián đoạn từ {vi.clock_s(event.since_us)}"
    reason = _GAP.get(event.reason, event.reason)
    return f"Không có bản ghi từ {vi.clock_s(event.from_us)} đến {vi.clock_s(event.to_us)}: {reason}"


def _of_decisions(event: sheet.MarkOverridden | sheet.RollConfirmed | lesson.LeaveApproved, source: SheetSource) -> str:
    if isinstance(event, sheet.RollConfirmed):
        return f"Giảng viên xác nhận kết quả điểm danh; {event.overrides} trường hợp điều chỉnh"
    enrolment: EnrolmentId = event.leave.enrolment if isinstance(event, lesson.LeaveApproved) else event.enrolment
    member = source.member(enrolment)
    name = member.card.name if member else enrolment
    if isinstance(event, lesson.LeaveApproved):
        return f"Duyệt đơn xin nghỉ: {name}, {vi.clock(event.leave.from_us)}–{vi.clock(event.leave.to_us)}"
    return f"Điều chỉnh điểm danh: {name} – {event.mark}; lý do: {event.reason}"


#: What part VII calls a kind of evidence (regulation (b) `evidence_item`).
EVIDENCE_KINDS = {
    "anh_chup_he_thong": "Ảnh chụp màn hình (hệ thống)",
    "anh_chup_giang_vien": "Ảnh chụp màn hình (giảng viên)",
    "ghi_hinh": "Bản ghi hình",
    "ghi_am": "Bản ghi âm",
    "chat": "Nội dung trao đổi (tệp niêm phong)",
    "ds_ket_noi": "Danh sách kết nối",
    "ket_qua_diem_danh": "Kết quả điểm danh",
    "tai_lieu": "Học liệu",
    "bien_ban": "Biên bản",
    "khac": "Khác",
}

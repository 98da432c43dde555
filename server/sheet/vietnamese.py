"""Dates, times and durations as a Vietnamese official document writes them. School time (UTC+7). Pure."""

from __future__ import annotations

from datetime import datetime

from server.clock import SCHOOL_TZ, from_micros

#: What stands in a field that nobody filled in: forms are compared, so it never disappears.
BLANK = "…"
NONE = "Không có"
#: Creation time of files that must not differ when nothing in them does.
EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 - a label inside a workbook, not a moment

SESSIONS = {"sang": "sáng", "chieu": "chiều", "toi": "tối"}
KINDS = {
    "len_lop": "lên lớp",
    "thao_luan": "thảo luận",
    "bao_cao_truc_tuyen": "báo cáo trực tuyến",
    "on_tap": "ôn tập",
    "kiem_tra": "kiểm tra",
}
PROGRAMME_KINDS = {"dao_tao": "đào tạo", "boi_duong": "bồi dưỡng"}
MODES = {"tap_trung": "tập trung", "khong_tap_trung": "không tập trung"}


def local(at_us: int) -> datetime:
    return from_micros(at_us).astimezone(SCHOOL_TZ)


def clock(at_us: int | None) -> str:
    """`07:30`; blank for None."""
    return BLANK if at_us is None else f"{local(at_us):%H:%M}"


def clock_s(at_us: int) -> str:
    """`07:30:05`."""
    return f"{local(at_us):%H:%M:%S}"


def hours(at_us: int | None) -> str:
    """`07 giờ 30`; blank for None."""
    return f"{BLANK} giờ {BLANK}" if at_us is None else f"{local(at_us):%H giờ %M}"


def date(at_us: int) -> str:
    """`06/10/2026`."""
    return f"{local(at_us):%d/%m/%Y}"


def long_date(at_us: int) -> str:
    """`ngày 06 tháng 10 năm 2026`: days below 10 and months 1 and 2 take a leading zero, other months do not (NĐ 30/2020)."""
    day = local(at_us)
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def blank_date(at_us: int) -> str:
    """The same with day and month left open, for a draft."""
    return f"ngày {BLANK} tháng {BLANK} năm {local(at_us).year}"


def moment(at_us: int) -> str:
    """`10 giờ 58, ngày 06/10/2026`; the date is not torn from its word."""
    return f"{hours(at_us)}, ngày\u00a0{date(at_us)}"


def minutes(duration_us: int) -> int:
    """Whole minutes, begun ones not counted."""
    return duration_us // 60_000_000


def minutes_up(duration_us: int) -> int:
    """Whole minutes, a begun one counted: for faults and lateness, which must not round to nothing."""
    return -(-duration_us // 60_000_000)


def spans(pieces: list[tuple[int, int]]) -> str:
    """`08:30–08:40; 09:05–09:07`, or a blank."""
    return "; ".join(f"{clock(start)}–{clock(end)}" for start, end in pieces) or BLANK


def filled(text: str) -> str:
    """The text, or the mark of an empty field."""
    return text.strip() or BLANK

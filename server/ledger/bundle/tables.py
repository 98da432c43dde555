"""The two lists that go with a lesson as CSV (regulation C.2): connections, and the result of the roll. A pure function of log and labels.

A checker computes them again, so they belong to the bundle's format: other columns need a new `layout.FORMAT` beside this one.

For spreadsheets: UTF-8 with byte order mark, CRLF, times of the school's time zone, no cell that a spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from server.attendance.facts import StudentFacts
from server.attendance.projection import AttendanceProjection
from server.attendance.recompute import roll_of
from server.attendance.roll import RollEntry
from server.clock import SCHOOL_TZ, from_micros
from server.ids import PersonId
from server.ledger.bundle.layout import LessonLabels, PersonLabel

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_REASONS: Mapping[str, str] = {
    "leave": "rời lớp",
    "page_close": "đóng trang",
    "ice_lost": "mất kết nối",
    "heartbeat_lost": "mất kết nối",
    "socket_closed": "mất kết nối",
    "removed": "được mời ra khỏi lớp",
    "replaced": "chuyển thiết bị",
    "server_restart": "máy chủ khởi động lại",
    "lesson_end": "kết thúc buổi học",
    "server_away": "máy chủ gián đoạn",
}

CONNECTIONS_HEAD = ("TT", "Họ và tên", "Mã HV", "Đơn vị", "Loại", "Từ", "Đến", "Số giây", "Lý do")
ROLL_HEAD = (
    "TT",
    "Họ và tên",
    "Mã HV",
    "Đơn vị",
    "Vào lần đầu",
    "Ra lần cuối",
    "Thời gian có mặt (giây)",
    "Số lần gián đoạn",
    "Trả lời điểm danh",
    "Máy đề xuất",
    "Kết quả",
    "Tiết vắng P",
    "Tiết vắng K",
    "Lý do điều chỉnh",
    "Sự kiện từ",
    "Sự kiện đến",
)

Row = tuple[str | int, ...]


def connections_csv(projection: AttendanceProjection, labels: LessonLabels) -> bytes:
    """ds_ket_noi: when each student was connected, and each gap with its reason."""
    people = _by_id(labels)
    rows: list[Row] = []
    for no, facts in enumerate(projection.rows(0), start=1):
        label = people.get(facts.person)
        rows += [_row(no, facts.person, label, *line) for line in _connection_lines(projection, facts)]
    return _csv(CONNECTIONS_HEAD, rows)


def _connection_lines(projection: AttendanceProjection, facts: StudentFacts) -> list[Row]:
    joined = projection.presence_of(facts.person, 0)
    if not joined:
        return [("không kết nối", "", "", 0, "")]
    lines = [(start, ("kết nối", _time(start), _time(end), _seconds(end - start), "")) for start, end in joined]
    for gap in facts.gaps:
        reason = _REASONS.get(gap.reason, gap.reason) + (" (tính liền mạch)" if gap.bridged else "")
        length = _seconds(gap.to_us - gap.from_us)
        lines.append((gap.from_us, ("gián đoạn", _time(gap.from_us), _time(gap.to_us), length, reason)))
    return [line for _, line in sorted(lines, key=lambda item: item[0])]


def roll_csv(projection: AttendanceProjection, labels: LessonLabels) -> bytes:
    """ket_qua_diem_danh: proposal, decision and the facts behind them, per student."""
    people = _by_id(labels)
    pairs = zip(projection.rows(0), roll_of(projection), strict=True)
    return _csv(ROLL_HEAD, [_roll_row(no, people, *pair) for no, pair in enumerate(pairs, start=1)])


def _roll_row(no: int, people: Mapping[str, PersonLabel], facts: StudentFacts, entry: RollEntry) -> Row:
    return _row(
        no,
        facts.person,
        people.get(facts.person),
        _time(facts.first_in_us),
        _time(facts.last_out_us),
        _seconds(facts.presence_us),
        len(facts.gaps),
        f"{facts.roll_calls_answered}/{facts.roll_calls_asked}",
        _mark(entry.machine.mark, entry.machine.flags),
        _mark(entry.final.mark, entry.final.flags),
        entry.final.absent_p,
        entry.final.absent_k,
        entry.decision.reason if entry.decision else "",
        facts.from_seq,
        facts.to_seq,
    )


def _row(no: int, person: PersonId, label: PersonLabel | None, *cells: str | int) -> Row:
    """The columns that name a student, then the rest. A student without label is shown by id."""
    name, code, unit = (label.name, label.code, label.unit) if label else (person, "", "")
    return (no, name, code, unit, *cells)


def _by_id(labels: LessonLabels) -> dict[str, PersonLabel]:
    return {label.person: label for label in labels.people}


def _mark(mark: str, flags: Iterable[str]) -> str:
    return " ".join((mark, *flags))


def _seconds(span_us: int) -> int:
    return span_us // 1_000_000


def _time(at_us: int | None) -> str:
    return from_micros(at_us).astimezone(SCHOOL_TZ).strftime("%Y-%m-%d %H:%M:%S") if at_us is not None else ""


def _csv(head: tuple[str, ...], rows: Iterable[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows(tuple(map(_cell, row)) for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: str | int) -> str | int:
    """Text that a spreadsheet would run is led by an apostrophe; a name is data."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

"""Part III and appendix 1 of the sheet: the roll in printed form. Pure."""

from __future__ import annotations

from server.attendance.facts import Gap, StudentFacts
from server.attendance.judge import EXCUSED, LATE, LEFT_EARLY, PRESENT, UNEXCUSED, UNVERIFIED, Mark
from server.attendance.roll import RollEntry
from server.sheet import vietnamese as vi
from server.sheet.content import AttendanceLine, RollLine, RollTotals
from server.sheet.source import SheetSource

GAP_REASONS = {
    "ice_lost": "mất mạng",
    "heartbeat_lost": "mất tín hiệu",
    "socket_closed": "mất kết nối",
    "page_close": "đóng trang",
    "leave": "tự rời lớp",
    "server_restart": "máy chủ khởi động lại",
    "replaced": "đổi thiết bị",
    "removed": "được mời ra",
}


def sign(mark: Mark) -> str:
    """The mark as a sheet shows it: `CM`, `P`, `K`, `?`, or the flags of somebody present: `M`, `S`, `M, S`."""
    return ", ".join(mark.flags) if mark.mark == PRESENT and mark.flags else mark.mark


def totals(source: SheetSource, roll: list[RollEntry]) -> RollTotals:
    final = [entry.final for entry in roll]
    calls = {call.no: call.at_us for call in reversed(source.attendance.roll_calls)}
    return RollTotals(
        enrolled=len(final),
        present=sum(mark.mark == PRESENT for mark in final),
        excused=sum(mark.mark == EXCUSED for mark in final),
        unexcused=sum(mark.mark == UNEXCUSED for mark in final),
        late=sum(LATE in mark.flags for mark in final),
        early=sum(LEFT_EARLY in mark.flags for mark in final),
        unverified=sum(mark.mark == UNVERIFIED for mark in final),
        roll_calls=len(calls),
        roll_call_times="; ".join(vi.clock(calls[no]) for no in sorted(calls)) or vi.BLANK,
        overrides=sum(entry.decision is not None for entry in roll),
        confirmed=source.attendance.decided.confirmed_us is not None,
    )


def roll_lines(source: SheetSource, rows: list[tuple[StudentFacts, RollEntry]]) -> list[RollLine]:
    """Only those who were absent, late or early, missed periods, or whose mark was decided by the lecturer."""
    told = [(facts, entry) for facts, entry in _by_name(source, rows) if _is_told(entry)]
    return [_roll_line(source, no, facts, entry) for no, (facts, entry) in enumerate(told, 1)]


def attendance_lines(source: SheetSource, rows: list[tuple[StudentFacts, RollEntry]]) -> list[AttendanceLine]:
    """Every student, in the class's order."""
    return [_attendance_line(source, no, facts, entry) for no, (facts, entry) in enumerate(_by_name(source, rows), 1)]


def _by_name(source: SheetSource, rows: list[tuple[StudentFacts, RollEntry]]) -> list[tuple[StudentFacts, RollEntry]]:
    """The plan's roster is sorted by given name; whoever has left the class since comes last."""
    place = {member.enrolment: index for index, member in enumerate(source.plan.roster)}
    return sorted(rows, key=lambda row: (place.get(row[0].enrolment, len(place)), row[0].enrolment))


def _is_told(entry: RollEntry) -> bool:
    final = entry.final
    is_plain = final.mark == PRESENT and not final.flags and not (final.absent_p or final.absent_k)
    return not is_plain or entry.decision is not None


def _roll_line(source: SheetSource, no: int, facts: StudentFacts, entry: RollEntry) -> RollLine:
    member = source.member(facts.enrolment)
    return RollLine(
        no=no,
        name=member.card.name if member else facts.enrolment,
        unit=vi.filled(member.card.unit if member else ""),
        sign=sign(entry.final),
        absent_p=str(entry.final.absent_p) if entry.final.absent_p else "",
        absent_k=str(entry.final.absent_k) if entry.final.absent_k else "",
        times=times(facts),
        note=_note(source, facts, entry),
    )


def times(facts: StudentFacts) -> str:
    """First knock to last sign of life, `–` for somebody never there."""
    if facts.first_knock_us is None:
        return "–"
    return f"{vi.clock(facts.first_knock_us)}–{vi.clock(facts.last_out_us)}"


def _note(source: SheetSource, facts: StudentFacts, entry: RollEntry) -> str:
    notes = []
    if entry.decision:
        notes.append(f"{entry.decision.reason} (máy đề xuất: {sign(entry.machine)})")
    if entry.final.mark == EXCUSED or entry.final.absent_p:
        notes += _leave_notes(source, facts)
    if entry.final.mark == UNEXCUSED and entry.decision is None:
        notes.append("không có đơn được duyệt")
    if facts.late and entry.final.mark == PRESENT:
        notes.append(f"muộn {vi.minutes_up(facts.late_us)} phút")
    if facts.left_early and entry.final.mark == PRESENT:
        notes.append(f"về sớm {vi.minutes_up(facts.early_us)} phút")
    if entry.final.mark == PRESENT and (long := [gap for gap in facts.gaps if not gap.bridged]):
        notes.append(gap_text(long))
    if entry.machine.mark == UNVERIFIED:
        notes.append(f"trả lời điểm danh {facts.roll_calls_answered}/{facts.roll_calls_asked}")
    if facts.from_seq:
        last = f"–{facts.to_seq}" if facts.to_seq > facts.from_seq else ""
        notes.append(f"sự kiện {facts.from_seq}{last}")
    return "; ".join(notes) or vi.BLANK


def _leave_notes(source: SheetSource, facts: StudentFacts) -> list[str]:
    """The reasons of the student's approved leaves; nothing when the excuse is the lecturer's decision alone."""
    if not source.attendance.leaves_of(facts.enrolment):
        return []
    reasons = [leave.reason for leave in source.plan.leaves if leave.enrolment == facts.enrolment and leave.reason]
    return list(dict.fromkeys(reasons)) or ["đơn xin nghỉ được duyệt"]


def gap_text(gaps: list[Gap]) -> str:
    """`gián đoạn 2 lần, 27 phút (mất mạng)`."""
    total = vi.minutes_up(sum(gap.counted_us for gap in gaps))
    reasons = "; ".join(dict.fromkeys(reason_of(gap) for gap in gaps))
    return f"gián đoạn {len(gaps)} lần, {total} phút ({reasons})"


def reason_of(gap: Gap) -> str:
    reason = GAP_REASONS.get(gap.reason, "mất kết nối")
    return f"{reason}, suy ra" if gap.inferred else reason


def _attendance_line(source: SheetSource, no: int, facts: StudentFacts, entry: RollEntry) -> AttendanceLine:
    member = source.member(facts.enrolment)
    final = entry.final
    camera = facts.camera_on_us * 100 // facts.presence_us if facts.presence_us else 0
    return AttendanceLine(
        no=no,
        name=member.card.name if member else facts.enrolment,
        code=vi.filled(member.card.code if member else ""),
        unit=vi.filled(member.card.unit if member else ""),
        first_in=vi.clock(facts.first_knock_us) if facts.first_knock_us is not None else "–",
        last_out=vi.clock(facts.last_out_us) if facts.first_knock_us is not None else "–",
        minutes=vi.minutes(facts.presence_us),
        gaps=str(len(facts.gaps)),
        roll_calls=f"{facts.roll_calls_answered}/{facts.roll_calls_asked}",
        camera=str(camera),
        machine=sign(entry.machine),
        final=sign(final) if source.attendance.decided.confirmed_us is not None or entry.decision else vi.BLANK,
        absent=f"{final.absent_p}/{final.absent_k}",
        note=entry.decision.reason if entry.decision else "",
    )

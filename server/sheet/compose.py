"""From plan, facts and texts to the sheet's content: parts I–VII and the appendices. Pure; the same source gives the same content."""

from __future__ import annotations

from server.attendance.intervals import clip, contains, length, union
from server.events import lesson
from server.school.plan import PersonCard
from server.sheet import vietnamese as vi
from server.sheet.attendance_part import attendance_lines, roll_lines, totals
from server.sheet.content import (
    TEMPLATE,
    EvidenceLine,
    Head,
    Info,
    PeriodRow,
    Record,
    Screenshot,
    SheetContent,
    Technical,
)
from server.sheet.log_lines import EVIDENCE_KINDS, log_lines
from server.sheet.projection import Filed
from server.sheet.source import SheetSource

_SOURCES = {"system": "Hệ thống", "lecturer": "Do giảng viên cung cấp"}


def compose(source: SheetSource) -> SheetContent:
    """The content as it stands now."""
    roll = source.roll()
    rows = list(zip(source.attendance.rows(source.now_us), roll, strict=True))
    return SheetContent(
        template=TEMPLATE,
        version=source.version,
        head=_head(source),
        info=_info(source),
        periods=_periods(source),
        unfinished=_unfinished(source),
        totals=totals(source, roll),
        roll=roll_lines(source, rows),
        technical=_technical(source),
        remarks=vi.filled(source.sheet.text("remarks")),
        manager_opinion=vi.BLANK,
        evidence=_evidence(source),
        attendance=attendance_lines(source, rows),
        log=log_lines(source),
        screenshots=_screenshots(source),
        record=_record(source),
    )


def titled(card: PersonCard | None) -> str:
    """`TS. Nguyễn Văn A`; blank for nobody."""
    return vi.BLANK if card is None else f"{card.title} {card.name}".strip()


def _head(source: SheetSource) -> Head:
    plan = source.plan
    return Head(
        doc_style=plan.doc_style,
        parent=plan.school_parent,
        school=plan.school_name,
        place=plan.place_name,
        number=source.number,
    )


def _info(source: SheetSource) -> Info:
    plan, ground, attendance = source.plan, source.ground, source.attendance
    judged = attendance.time(source.now_us).judged if attendance.started_us is not None else ()
    return Info(
        cohort=plan.cohort_code,
        course=vi.filled(ground.course),
        mode=vi.filled(vi.MODES.get(ground.mode, ground.mode)),
        programme=plan.programme_name,
        programme_kind=vi.PROGRAMME_KINDS.get(plan.programme_kind, plan.programme_kind),
        course_unit=plan.course_unit_name,
        topic=f"Chuyên đề {plan.topic_no}: {plan.topic_name}",
        topic_periods=_topic_periods(source),
        date=vi.date(plan.start_us),
        session=vi.SESSIONS.get(plan.session, plan.session),
        kind=vi.KINDS.get(plan.kind, plan.kind),
        planned=f"{vi.hours(plan.start_us)} – {vi.hours(plan.end_us)}",
        planned_periods=len(plan.periods),
        held=f"{vi.hours(attendance.started_us)} – {vi.hours(attendance.ended_us)}",
        suspended_min=vi.minutes_up(suspended_us(source)),
        held_periods=len(judged),
        lecturer=titled(plan.lecturer),
        faculty=vi.filled(plan.lecturer.unit.removeprefix("Khoa ")),
        substitute=vi.BLANK,
        class_manager=titled(plan.class_manager),
        room_code=plan.room_code,
        ground="; ".join(text for text in (ground.decision, ground.consents) if text) or vi.BLANK,
        observers=", ".join(source.name_of(person) for person in source.sheet.observers) or vi.BLANK,
        sites=vi.BLANK,
    )


def suspended_us(source: SheetSource) -> int:
    """Interruptions of teaching for the whole class: suspensions and outages within the planned periods, counted once."""
    grid = union(span for _, span in source.attendance.grid)
    stretches = [*source.attendance.suspensions(source.now_us), *source.attendance.outages]
    cut = union((s.from_us, s.to_us) for s in stretches)
    return sum(length(clip(cut, start, end)) for start, end in grid)


def _topic_periods(source: SheetSource) -> str:
    first = source.ground.periods_before + 1
    last = source.ground.periods_before + len(source.plan.periods)
    return f"tiết {first} đến tiết {last}/tổng {source.plan.topic_periods} tiết"


def _periods(source: SheetSource) -> list[PeriodRow]:
    delivered = {p.no: p.delivered for p in source.attendance.time(source.now_us).periods}
    ended = source.attendance.ended_us is not None
    rows = []
    for period in source.plan.periods:
        written = source.sheet.text(f"content.{period.no}")
        untaught = ended and not delivered.get(period.no, False)
        rows.append(
            PeriodRow(
                no=period.no,
                span=f"{vi.clock(period.start_us)}–{vi.clock(period.end_us)}",
                content=vi.filled(written or ("Chưa thực hiện" if untaught else "")),
                materials=_materials(source, period.no, period.start_us, period.end_us),
                tasks=vi.filled(source.sheet.text(f"tasks.{period.no}")),
            )
        )
    return rows


def _materials(source: SheetSource, no: int, start_us: int, end_us: int) -> str:
    """What the lecturer wrote, and what the server saw: a shared screen."""
    until = source.attendance.ended_us or source.now_us
    shown = clip(union((a, until if b is None else b) for a, b in source.sheet.screens), start_us, end_us)
    seen = f"Chia sẻ màn hình {vi.spans(list(shown))}" if shown else ""
    return "; ".join(text for text in (source.sheet.text(f"materials.{no}").strip(), seen) if text) or vi.BLANK


def _unfinished(source: SheetSource) -> str:
    """The lecturer's text, after the periods that the machine found undelivered."""
    attendance = source.attendance
    untaught = []
    if attendance.ended_us is not None:
        untaught = [str(p.no) for p in attendance.time(source.now_us).periods if not p.delivered]
    found = f"Tiết {', '.join(untaught)} chưa thực hiện" if untaught else ""
    written = source.sheet.text("unfinished").strip()
    return "; ".join(text for text in (found, written) if text) or vi.NONE


def _technical(source: SheetSource) -> Technical:
    attendance = source.attendance
    away = union((o.from_us, o.to_us) for o in attendance.outages)
    students = [line.person for line in attendance.opened.roster] if attendance.opened else []
    # Somebody is affected who was connected right before the server went away.
    affected = {
        person
        for person in students
        for start, _ in away
        if contains(attendance.presence_of(person, source.now_us), start - 1)
    }
    return Technical(
        outage_min=vi.minutes_up(length(away)),
        outage_spans=vi.spans(list(away)),
        affected=len(affected),
        minutes_no=vi.BLANK,
        help_asked=vi.BLANK,
        help_solved=vi.BLANK,
        recording=_recording(source),
        text=source.sheet.text("incidents").strip(),
    )


def _recording(source: SheetSource) -> str:
    events = [recorded.event for recorded in source.sheet.story]
    gaps = [e for e in events if isinstance(e, lesson.RecordingGap)]
    if not any(isinstance(e, lesson.RecordingStarted) for e in events):
        return "không ghi hình"
    if not gaps:
        return "liên tục"
    missing = union((g.from_us, g.to_us) for g in gaps)
    return f"gián đoạn {vi.minutes_up(length(missing))} phút ({vi.spans(list(missing))})"


def _evidence(source: SheetSource) -> list[EvidenceLine]:
    return [
        EvidenceLine(
            no=no,
            kind=EVIDENCE_KINDS.get(filed.item.kind, filed.item.kind),
            moment=f"{vi.clock(filed.item.captured_us)} {vi.date(filed.item.captured_us)}",
            file_name=filed.item.file_name,
            sha256=filed.item.sha256[:16],
            source=_SOURCES.get(filed.item.source, filed.item.source),
        )
        for no, filed in enumerate(source.sheet.evidence, 1)
    ]


def _screenshots(source: SheetSource) -> list[Screenshot]:
    return [_screenshot(no, filed) for no, filed in enumerate(source.sheet.screenshots, 1)]


def _screenshot(no: int, filed: Filed) -> Screenshot:
    item = filed.item
    return Screenshot(
        no=no,
        evidence=item.evidence,
        file_name=item.file_name,
        moment=f"{vi.clock_s(item.captured_us)}, ngày {vi.date(item.captured_us)}",
        caption=f"{_SOURCES.get(item.source, item.source)}; có mặt {item.present}/{item.enrolled}; sự kiện {filed.seq}",
        sha256=item.sha256,
    )


def _record(source: SheetSource) -> Record:
    opened = source.attendance.opened
    return Record(
        events=source.sheet.head_seq,
        head_hash=source.sheet.head_hash,
        marks_sha256=source.attendance.decided.marks_sha256,
        rule_version=source.attendance.rule_version,
        policy_version=opened.policy_version if opened else source.plan.policy_version,
    )

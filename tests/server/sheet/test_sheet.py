"""What the sheet says, what it lacks, what it is bound to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from server.errors import Conflict, Invalid, Problem
from server.events import lesson, room
from server.ids import PersonId
from server.sheet import vietnamese as vi
from server.sheet.compose import compose
from server.sheet.content import SheetContent
from server.sheet.facts import facts_of
from server.sheet.fields import fields_for, missing, must_be_field
from server.sheet.numbers import read_code, sheet_number, verification_code
from server.sheet.states import SheetState, must_be_confirmable, must_be_editable, must_be_sendable
from tests.server.attendance.scripts import at
from tests.server.sheet.lessons import lesson_log, plan, source_of


def content_of(students: int = 14, absent: int = 3, *, eventful: bool = True, decided: bool = True) -> SheetContent:
    log = lesson_log(students, absent, eventful=eventful, decided=decided)
    return compose(source_of(plan(students), log.events))


def test_totals_add_up_to_the_class() -> None:
    totals = content_of().totals
    assert (totals.enrolled, totals.present, totals.excused, totals.unexcused) == (14, 11, 1, 2)
    assert (totals.late, totals.early, totals.unverified, totals.overrides) == (1, 1, 0, 2)
    assert totals.present + totals.excused + totals.unexcused + totals.unverified == totals.enrolled


def test_part_three_lists_only_who_needs_a_word_and_the_appendix_everybody() -> None:
    content = content_of()
    assert len(content.attendance) == 14
    assert [line.sign for line in content.roll] == ["K", "K", "P", "M", "CM", "CM", "S"]
    assert [line.no for line in content.roll] == list(range(1, 8))


def test_people_stand_in_vietnamese_order_by_given_name() -> None:
    given = [line.name.rsplit(" ", 1)[-1] for line in content_of(60, 0, eventful=False).attendance]
    firsts = list(dict.fromkeys(given))
    expected = ["Ánh", "Ân", "Bình", "Dũng", "Đạt", "Hằng", "Hương", "Khoa", "Nguyệt", "Phượng", "Quỳnh", "Tuấn", "Yến"]
    assert firsts == expected


def test_every_reason_is_told() -> None:
    notes = {line.sign: line.note for line in content_of().roll if line.sign != "CM"}
    assert "không có đơn được duyệt" in notes["K"]
    assert "Họp Hội đồng nhân dân xã" in notes["P"]
    assert notes["M"].startswith("muộn 11 phút")
    assert notes["S"].startswith("về sớm 10 phút")


def test_override_shows_the_machines_value_and_the_reason() -> None:
    overridden = [line for line in content_of().roll if "máy đề xuất" in line.note]
    assert [line.note.partition("máy đề xuất: ")[2].partition(")")[0] for line in overridden] == ["CM", "?"]
    assert all("Mất kết nối khách quan" in line.note for line in overridden)


def test_outage_is_told_with_those_it_touched() -> None:
    technical = content_of().technical
    assert (technical.outage_min, technical.outage_spans, technical.affected) == (10, "08:30–08:40", 11)


def test_interruption_is_counted_once_and_only_within_the_periods() -> None:
    log = lesson_log(3, 0, eventful=False, decided=False)
    log.events.pop()
    log.add(at("10:46"), lesson.LessonSuspended(reason="lecturer"))
    log.add(at("10:50"), lesson.LessonResumed())
    log.add(at("10:51"), lesson.LessonEnded(reason="lecturer"))
    assert compose(source_of(plan(3), log.events)).info.suspended_min == 0


def test_undelivered_period_is_named_even_when_the_lecturer_says_nothing() -> None:
    log = lesson_log(3, 0, eventful=False, decided=False)
    ended = [r for r in log.events if r.at_us <= at("09:20")]
    log.events = ended
    log.add(at("09:20"), lesson.LessonEnded(reason="lecturer"))
    content = compose(source_of(plan(3), log.events))
    assert content.unfinished == "Tiết 3, 4 chưa thực hiện"
    assert [row.content for row in content.periods] == ["…", "…", "Chưa thực hiện", "Chưa thực hiện"]
    assert content.info.held_periods == 2


def test_observer_is_listed_and_never_hidden() -> None:
    log = lesson_log(3, 0, eventful=False, decided=False)
    watcher = PersonId("watcher")
    log.add(at("10:46"), room.PersonKnocked(person=watcher, role="observer", device="w", with_media=False), "w1")
    source = source_of(plan(3), log.events)
    assert compose(source).info.observers == "watcher"
    named = compose(replace(source, names={watcher: "Lê Thị Thanh Tra"}))
    assert named.info.observers == "Lê Thị Thanh Tra"


def test_story_runs_in_order_of_time_with_the_break_in_its_place() -> None:
    log = content_of().log
    times = [line.time for line in log]
    assert times == sorted(times)
    assert any(line.seq == 0 and line.text == "Nghỉ giải lao theo lịch đến 09:15" for line in log)
    assert log[0].text == "Mở phòng chờ; danh sách 14 học viên"


def test_digest_is_of_the_words_and_moves_with_each_of_them() -> None:
    content = content_of()
    assert content.sha256() == content_of().sha256()
    assert msgspec.json.decode(msgspec.json.encode(content), type=SheetContent).sha256() == content.sha256()
    changed = [
        msgspec.structs.replace(content, remarks=content.remarks + "."),
        msgspec.structs.replace(content, info=msgspec.structs.replace(content.info, held_periods=3)),
        msgspec.structs.replace(content, attendance=content.attendance[:-1]),
        msgspec.structs.replace(content, version=2),
    ]
    digests = {one.sha256() for one in [content, *changed]}
    assert len(digests) == 1 + len(changed)


def test_facts_of_the_editor_lead_to_their_events() -> None:
    log = lesson_log(14, 3)
    source = source_of(plan(14), log.events)
    facts = {fact.key: fact for fact in facts_of(source, compose(source))}
    held, outages = facts["held"], facts["outages"]
    assert isinstance(log.events[held.from_seq - 1].event, lesson.LessonStarted)
    assert isinstance(log.events[held.to_seq - 1].event, lesson.LessonEnded)
    assert isinstance(log.events[outages.from_seq - 1].event, lesson.ServerOutage)
    assert facts["cohort"].from_seq == 0


def test_missing_is_told_in_the_order_of_the_form() -> None:
    fields = fields_for([(1, True), (2, False)])
    empty = missing(fields, {}, roll_confirmed=False, evidence_kinds=[])
    assert empty == ["content.1", "remarks", "roll", "screenshot"]
    written = {"content.1": "x", "remarks": " \n "}
    kinds = ["anh_chup_giang_vien"]
    assert missing(fields, written, roll_confirmed=True, evidence_kinds=kinds) == ["remarks", "data_extract"]
    complete = {"content.1": "x", "remarks": "y"}
    assert missing(fields, complete, roll_confirmed=True, evidence_kinds=[*kinds, "ds_ket_noi"]) == []


@pytest.mark.parametrize("key", ["content.3", "content", "remarks.1", "", "__proto__", "roll"])
def test_unknown_field_is_refused(key: str) -> None:
    with pytest.raises(Invalid, match=r"sheet\.unknown_field"):
        must_be_field(key, "x", fields_for([(1, True), (2, True)]))


def test_states_go_one_way() -> None:
    for state in (SheetState.LECTURER_CONFIRMED, SheetState.SENT):
        with pytest.raises(Conflict, match=r"sheet\.not_editable"):
            must_be_editable(state)
    must_be_sendable(SheetState.LECTURER_CONFIRMED)
    for state, code in ((SheetState.DRAFT, "sheet.not_confirmed"), (SheetState.SENT, "sheet.already_sent")):
        with pytest.raises(Conflict, match=code):
            must_be_sendable(state)


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ({"ended": False}, "sheet.lesson_runs"),
        ({"sealed": False}, "sheet.not_sealed"),
        ({"roll_confirmed": False}, "sheet.roll_not_confirmed"),
        ({"missing": ["remarks"]}, "sheet.incomplete"),
    ],
)
def test_confirmation_waits_for_each_condition(lacks: dict[str, object], code: str) -> None:
    ready: dict[str, object] = {"ended": True, "sealed": True, "roll_confirmed": True, "missing": []}
    must_be_confirmable(SheetState.DRAFT, **ready)  # type: ignore[arg-type]
    with pytest.raises(Problem) as refused:
        must_be_confirmable(SheetState.DRAFT, **(ready | lacks))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_number_and_code_have_one_form() -> None:
    assert sheet_number("K45.B2", 2026, 31) == "PTD-K45.B2-2026-0031"
    assert sheet_number("BD-CX 11", 2026, 1) == "PTD-BD-CX11-2026-0001"
    code = verification_code("7f3a91c2d0b4e5f60718293a4b5c6d7e" * 2)
    assert code == "7F3A-91C2-D0B4-E5F6-0718-293A"
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("-", ""), f"  {code}\n"):
        assert read_code(typed) == code
    for wrong in ("", "7F3A", code + "-0000", code.replace("7", "G"), "7F3A-91C2-D0B4-E5F6-0718-293A'--"):
        assert read_code(wrong) is None


def test_dates_are_written_as_official_documents_write_them() -> None:
    assert vi.long_date(at("08:00")) == "ngày 06 tháng 10 năm 2026"
    september = at("08:00") - 31 * 86_400 * 1_000_000
    assert vi.long_date(september) == "ngày 05 tháng 9 năm 2026"
    february = at("08:00") + 120 * 86_400 * 1_000_000
    assert vi.long_date(february) == "ngày 03 tháng 02 năm 2027"
    assert (vi.clock(at("07:05")), vi.hours(at("07:05")), vi.clock(None)) == ("07:05", "07 giờ 05", "…")


def test_sheet_of_the_eventful_lesson_is_the_one_that_a_person_has_read() -> None:
    golden = json.loads((Path(__file__).parents[2] / "vectors/sheet/eventful-14.json").read_text())
    assert msgspec.to_builtins(content_of(14, 3)) == golden

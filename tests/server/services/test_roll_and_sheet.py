"""From the end of a lesson to the sent sheet, over REST, on the real application, ledger and database."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text as text_clause

from server.attendance.recompute import recompute
from server.events.sheet import RollConfirmed, SheetConfirmed, SheetTextSaved
from server.ledger import lesson_log
from server.services.sheet_prints import content_path, pdf_path
from tests.kit.app import Browser, School, running_app
from tests.server.services.paper_lesson import PaperLesson

REASON = "Học viên có mặt, micrô hỏng, đã gọi điện xác nhận"


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    plan = tmp_path / "plan.json"
    plan.write_text('{"period_s": 60, "break_s": 10, "starts_in_s": 30}')
    async with running_app(tmp_path / "data", demo_plan=str(plan)) as running:
        yield running


@pytest.fixture
async def lecturer(school: School) -> Browser:
    return await school.browser("lecturer")


async def told(answer: Any, status: int = 200) -> Any:
    assert answer.status == status, await answer.text()
    return await answer.json() if status != 204 else None


async def problem(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await answer.json())["problem"]
    return {"status": answer.status, **found}


async def ended_lesson(school: School, lecturer: Browser, *, screenshot: bool = True) -> PaperLesson:
    """Two absent, one (index 1) silent at the roll-call."""
    held = await PaperLesson.begin(school, lecturer)
    if screenshot:
        await held.screenshot()
    await held.silent_roll_call(silent=1)
    await held.finish()
    return held


async def write_texts(lecturer: Browser, held: PaperLesson) -> None:
    sheet = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/sheet"))
    for field in sheet["fields"]:
        if field["required"]:
            body = {"key": field["key"], "text": f"Nội dung của {field['label_vi']}"}
            await told(await lecturer.send("PUT", f"/api/v1/lessons/{held.id}/sheet/fields", body), 204)


async def confirm_roll(lecturer: Browser, held: PaperLesson) -> Any:
    path = f"/api/v1/lessons/{held.id}/roll"
    body = {"enrolment": held.plan.roster[1].enrolment, "mark": "CM", "reason": REASON}
    await told(await lecturer.post(f"{path}/override", body))
    return await told(await lecturer.post(f"{path}/confirm"))


async def test_roll_is_open_while_the_lesson_runs_and_proposed_after_it(school: School, lecturer: Browser) -> None:
    held = await PaperLesson.begin(school, lecturer)
    await held.until(held.plan.start_us + 30_000_000)
    roll = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/roll"))
    assert (roll["state"], roll["may_decide"], len(roll["rows"])) == ("open", False, len(held.plan.roster))
    assert (await problem(await lecturer.post(f"/api/v1/lessons/{held.id}/roll/confirm")))[
        "code"
    ] == "lesson.wrong_state"
    await held.finish()
    roll = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/roll"))
    assert (roll["state"], roll["may_decide"]) == ("proposed", True)
    marks = [row["machine_mark"] for row in roll["rows"]]
    assert (marks.count("CM"), marks.count("K")) == (len(marks) - 2, 2)


async def test_confirmation_names_who_is_still_unverified(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    refused = await problem(await lecturer.post(f"/api/v1/lessons/{held.id}/roll/confirm"))
    assert (refused["status"], refused["code"]) == (409, "roll.unverified")
    assert refused["params"] == {"count": 1, "names": held.plan.roster[1].card.name}


async def test_override_needs_a_reason_and_counts_that_fit(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    path, one = f"/api/v1/lessons/{held.id}/roll/override", held.plan.roster[1].enrolment
    for body, code in (
        ({"enrolment": one, "mark": "CM", "reason": "ngắn"}, "request.malformed"),
        ({"enrolment": one, "mark": "CM", "reason": "a          b"}, "roll.reason_too_short"),
        ({"enrolment": one, "mark": "?", "reason": REASON}, "request.malformed"),
        ({"enrolment": one, "mark": "CM", "absent_k": 5, "reason": REASON}, "roll.too_many_periods"),
        ({"enrolment": "nobody", "mark": "CM", "reason": REASON}, "roll.no_such_student"),
    ):
        assert (await problem(await lecturer.post(path, body)))["code"] == code
    roll = await told(await lecturer.post(path, {"enrolment": one, "mark": "K", "reason": REASON}))
    row = next(row for row in roll["rows"] if row["enrolment"] == one)
    assert (row["machine_mark"], row["final_mark"], row["absent_k"]) == ("?", "K", 4)
    assert row["override_reason"] == REASON


async def test_confirmed_roll_is_closed_and_files_its_extracts(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    roll = await confirm_roll(lecturer, held)
    assert roll["state"] == "confirmed"
    assert all(row["final_mark"] in ("CM", "P", "K") for row in roll["rows"])
    again = {"enrolment": held.plan.roster[0].enrolment, "mark": "K", "reason": REASON}
    refused = await problem(await lecturer.post(f"/api/v1/lessons/{held.id}/roll/override", again))
    assert refused["code"] == "roll.already_confirmed"
    sheet = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/sheet"))
    kinds = [row["kind"] for row in sheet["evidence"]]
    assert kinds == ["anh_chup_he_thong", "ds_ket_noi", "ket_qua_diem_danh"]
    folder = school.services.settings.data_dir / "lessons" / held.id / "evidence"
    for row in sheet["evidence"]:
        assert hashlib.sha256((folder / row["file_name"]).read_bytes()).hexdigest() == row["sha256"]


async def test_student_sees_only_the_own_line(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    student = await school.browser("student1")
    me = await told(await student.get("/api/v1/me"))
    roll = await told(await student.get(f"/api/v1/lessons/{held.id}/roll"))
    assert ([row["person"] for row in roll["rows"]], roll["may_decide"]) == ([me["person"]], False)
    for path in ("sheet", "sheet.pdf", "sheet/pages/1.png", "roll.xlsx"):
        assert (await student.get(f"/api/v1/lessons/{held.id}/{path}")).status == 403
    refused = await student.post(f"/api/v1/lessons/{held.id}/roll/confirm")
    assert refused.status == 403


async def test_sheet_says_what_is_missing_until_nothing_is(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer, screenshot=False)
    path = f"/api/v1/lessons/{held.id}/sheet"
    sheet = await told(await lecturer.get(path))
    contents = [f"content.{no}" for no in (1, 2, 3, 4)]
    assert sheet["missing"] == [*contents, "remarks", "roll", "screenshot"]
    assert sheet["number"].startswith(f"PTD-{held.plan.cohort_code}-2026-")
    refused = await problem(await lecturer.post(f"{path}/confirm"))
    assert refused["code"] == "sheet.roll_not_confirmed"
    await confirm_roll(lecturer, held)
    await write_texts(lecturer, held)
    refused = await problem(await lecturer.post(f"{path}/confirm"))
    assert (refused["code"], refused["params"]["missing"]) == ("sheet.incomplete", "screenshot")


async def test_texts_save_themselves_once_and_in_one_form(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    path = f"/api/v1/lessons/{held.id}/sheet/fields"
    for text in ("Ổn định lớp", "Ổn định lớp ", "O\u0302\u0309n định lớp"):
        await told(await lecturer.send("PUT", path, {"key": "remarks", "text": text}), 204)
    saved = [r for r in await school.services.ledger.read(lesson_log(held.id)) if isinstance(r.event, SheetTextSaved)]
    assert [r.event.text for r in saved if isinstance(r.event, SheetTextSaved)] == ["Ổn định lớp"]
    for key, text, code in (
        ("content.9", "x", "sheet.unknown_field"),
        ("remarks", "x" * 4_001, "sheet.text_too_long"),
        ("remarks", "a\u0007b", "sheet.bad_characters"),
    ):
        assert (await problem(await lecturer.send("PUT", path, {"key": key, "text": text})))["code"] == code


async def finished_sheet(school: School, lecturer: Browser) -> tuple[PaperLesson, Any]:
    held = await ended_lesson(school, lecturer)
    await confirm_roll(lecturer, held)
    await write_texts(lecturer, held)
    return held, await told(await lecturer.post(f"/api/v1/lessons/{held.id}/sheet/confirm"))


async def test_confirmed_sheet_is_bound_to_content_print_and_chain(school: School, lecturer: Browser) -> None:
    held, sheet = await finished_sheet(school, lecturer)
    assert (sheet["state"], sheet["missing"], sheet["may_edit"]) == ("lecturer_confirmed", [], False)
    events = await school.services.ledger.read(lesson_log(held.id))
    confirmed = next(r.event for r in events if isinstance(r.event, SheetConfirmed))
    pdf = await (await lecturer.get(sheet["pdf_url"])).read()
    data = school.services.settings.data_dir
    assert hashlib.sha256(pdf).hexdigest() == confirmed.pdf_sha256
    assert pdf_path(data, held.id, 1).read_bytes() == pdf
    assert hashlib.sha256(content_path(data, held.id, 1).read_bytes()).hexdigest() == confirmed.content_sha256
    assert sheet["verification_code"].replace("-", "").lower() == confirmed.content_sha256[:24]
    head = await school.services.ledger.head(lesson_log(held.id))
    assert head is not None and head.sealed_seq == head.seq
    text = "\n".join(page.extract_text() for page in PdfReader(pdf_path(data, held.id, 1)).pages)
    assert sheet["verification_code"] in text and "DỰ THẢO" not in text and sheet["number"] in text


async def test_lost_file_of_a_confirmed_sheet_is_printed_again_byte_for_byte(school: School, lecturer: Browser) -> None:
    held, sheet = await finished_sheet(school, lecturer)
    path = pdf_path(school.services.settings.data_dir, held.id, 1)
    before = path.read_bytes()
    path.unlink()
    assert await (await lecturer.get(sheet["pdf_url"])).read() == before
    path.write_bytes(b"forged")
    assert await (await lecturer.get(sheet["pdf_url"])).read() == before


async def test_nothing_changes_after_confirmation(school: School, lecturer: Browser) -> None:
    held, _ = await finished_sheet(school, lecturer)
    path = f"/api/v1/lessons/{held.id}/sheet"
    body = {"key": "remarks", "text": "Sửa sau khi ký"}
    assert (await problem(await lecturer.send("PUT", f"{path}/fields", body)))["code"] == "sheet.not_editable"
    assert (await problem(await lecturer.post(f"{path}/confirm")))["code"] == "sheet.already_confirmed"


async def test_sent_sheet_closes_the_lesson_and_shows_in_the_timetable(school: School, lecturer: Browser) -> None:
    held, _ = await finished_sheet(school, lecturer)
    path = f"/api/v1/lessons/{held.id}/sheet"
    sheet = await told(await lecturer.post(f"{path}/send"))
    assert (sheet["state"], sheet["lesson"]["state"], sheet["lesson"]["sheet_state"]) == ("sent", "closed", "sent")
    office = await school.browser("training_office")
    read = await told(await office.get(path))
    assert (read["state"], read["may_edit"]) == ("sent", False)
    assert (await lecturer.post(f"{path}/send")).status == 409


async def test_draft_cannot_be_sent(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    assert (await problem(await lecturer.post(f"/api/v1/lessons/{held.id}/sheet/send")))[
        "code"
    ] == "sheet.not_confirmed"


async def test_code_on_paper_leads_to_the_sheet_without_names(school: School, lecturer: Browser) -> None:
    held, sheet = await finished_sheet(school, lecturer)
    anybody = school.stranger()
    for typed in (sheet["verification_code"], sheet["verification_code"].replace("-", "").lower()):
        answer = await anybody.get(f"/api/v1/verify/{typed}")
        found = await told(answer)
        assert (found["found"], found["number"], found["sealed"]) == (True, sheet["number"], True)
        assert held.plan.lecturer.name not in await answer.text()
    for typed in ("0000-0000-0000-0000-0000-0000", "khong-phai-ma"):
        assert (await told(await anybody.get(f"/api/v1/verify/{typed}")))["found"] is False


async def test_preview_pages_are_the_pages_of_the_print(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    sheet = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/sheet"))
    first = await lecturer.get(f"/api/v1/lessons/{held.id}/sheet/pages/1.png?ppi=72")
    assert (first.status, first.content_type) == (200, "image/png")
    assert (await first.read())[:8] == b"\x89PNG\r\n\x1a\n"
    kept = await lecturer.get(
        f"/api/v1/lessons/{held.id}/sheet/pages/1.png?ppi=72", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert kept.status == 304
    beyond = await lecturer.get(f"/api/v1/lessons/{held.id}/sheet/pages/{sheet['pages'] + 1}.png")
    assert beyond.status == 404


async def test_two_confirmations_at_once_are_one(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    path = f"/api/v1/lessons/{held.id}/roll"
    await lecturer.post(
        f"{path}/override", {"enrolment": held.plan.roster[1].enrolment, "mark": "CM", "reason": REASON}
    )
    answers = await asyncio.gather(lecturer.post(f"{path}/confirm"), lecturer.post(f"{path}/confirm"))
    assert sorted(answer.status for answer in answers) == [200, 409]
    events = await school.services.ledger.read(lesson_log(held.id))
    assert sum(isinstance(r.event, RollConfirmed) for r in events) == 1


async def test_workbook_of_the_roll_downloads_with_a_vietnamese_class(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    answer = await lecturer.get(f"/api/v1/lessons/{held.id}/roll.xlsx")
    assert answer.status == 200 and (await answer.read())[:2] == b"PK"
    assert held.plan.cohort_code in answer.headers["Content-Disposition"]


async def test_reprint_says_so_and_keeps_the_code(school: School, lecturer: Browser) -> None:
    held, sheet = await finished_sheet(school, lecturer)
    again = await (await lecturer.get(f"{sheet['pdf_url']}?reprint=1")).read()
    original = await (await lecturer.get(sheet["pdf_url"])).read()
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(again)).pages)
    assert "Bản in lại lúc" in text and sheet["verification_code"] in text
    assert again != original and pdf_path(school.services.settings.data_dir, held.id, 1).read_bytes() == original


async def test_list_follows_the_log_after_a_crash_between_the_two(school: School, lecturer: Browser) -> None:
    held, sheet = await finished_sheet(school, lecturer)
    async with school.services.database.begin() as connection:
        await connection.execute(text_clause("UPDATE sheet SET state = 'draft', confirmed_us = NULL"))
    read = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/sheet"))
    assert (read["state"], read["verification_code"]) == ("lecturer_confirmed", sheet["verification_code"])
    cards = (await told(await lecturer.get("/api/v1/lessons")))["lessons"]
    assert next(card for card in cards if card["id"] == held.id)["sheet_state"] == "lecturer_confirmed"


async def test_marks_recomputed_from_the_log_are_the_confirmed_ones(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    roll = await confirm_roll(lecturer, held)
    events = await school.services.ledger.read(lesson_log(held.id))
    marks, digest = recompute(events)
    confirmed = next(r.event for r in events if isinstance(r.event, RollConfirmed))
    assert digest == confirmed.marks_sha256
    shown = {row["enrolment"]: (row["final_mark"], row["absent_k"]) for row in roll["rows"]}
    assert shown == {mark.enrolment: (mark.mark, mark.absent_k) for mark in marks}

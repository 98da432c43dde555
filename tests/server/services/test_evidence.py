"""Evidence from the school's side: files, raw events, the bundle by REST and by command, and the code on the printed sheet."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from server.cli import main
from server.clock import micros
from server.errors import Invalid
from server.events.lesson import BundleExported
from server.ledger import school_log
from server.ledger.bundle import layout
from server.ledger.bundle.archive import read_archive
from server.ledger.bundle.check import check_bundle
from server.services.evidence import NewEvidence
from server.storage.school_tables import lesson as lesson_table
from tests.kit.app import Browser, School, running_app
from tests.server.services.paper_lesson import PaperLesson
from tests.server.services.test_roll_and_sheet import confirm_roll, ended_lesson, problem, told, write_texts


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    plan = tmp_path / "plan.json"
    plan.write_text('{"period_s": 60, "break_s": 10, "starts_in_s": 30}')
    async with running_app(tmp_path / "data", demo_plan=str(plan)) as running:
        yield running


@pytest.fixture
async def lecturer(school: School) -> Browser:
    return await school.browser("lecturer")


async def sent_lesson(school: School, lecturer: Browser) -> PaperLesson:
    """The lesson with its roll confirmed and its sheet confirmed and sent."""
    held = await ended_lesson(school, lecturer)
    await confirm_roll(lecturer, held)
    await write_texts(lecturer, held)
    for step in ("confirm", "send"):
        await told(await lecturer.post(f"/api/v1/lessons/{held.id}/sheet/{step}"))
    return held


async def _bundle(browser: Browser, held: PaperLesson) -> bytes:
    answer = await browser.get(f"/api/v1/lessons/{held.id}/bundle.zip")
    assert answer.status == 200, await answer.text()
    data = await answer.read()
    assert answer.content_length == len(data)
    return data


async def _evidence(browser: Browser, held: PaperLesson) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await told(await browser.get(f"/api/v1/lessons/{held.id}/sheet")))["evidence"]
    return rows


async def test_bundle_of_a_sent_lesson_is_sound_and_holds_the_sheet(school: School, lecturer: Browser) -> None:
    held = await sent_lesson(school, lecturer)
    data = await _bundle(lecturer, held)
    report = check_bundle(io.BytesIO(data), key_id=school.services.ledger.key.key_id)
    assert report.findings == []
    assert (report.lesson, report.rolls, report.sheets, report.sealed_seq) == (held.id, 1, 1, report.events)
    names = [part.name for part in read_archive(io.BytesIO(data))[0]]
    assert sum(name.startswith("sheet/") and name.endswith(".pdf") for name in names) == 1
    assert sum(name.startswith("sheet/") and name.endswith(".json") for name in names) == 1
    assert sum(name.startswith("evidence/") for name in names) == 3, "a picture and the two lists"


async def test_same_record_gives_the_same_bytes_and_taking_it_is_recorded(school: School, lecturer: Browser) -> None:
    held = await sent_lesson(school, lecturer)
    first = await _bundle(lecturer, held)
    await school.clock.advance(3600)
    office = await school.browser("training_office")
    assert await _bundle(office, held) == first
    year = school.clock.now().year
    taken = [
        r.event for r in await school.services.ledger.read(school_log(year)) if isinstance(r.event, BundleExported)
    ]
    assert [event.lesson for event in taken] == [held.id, held.id]
    assert len({event.person for event in taken}) == 2


async def test_bundle_made_before_the_sheet_says_what_is_not_sealed(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    await confirm_roll(lecturer, held)
    report = check_bundle(io.BytesIO(await _bundle(lecturer, held)))
    assert report.is_sound
    assert 0 < report.sealed_seq < report.events


async def test_bundle_is_for_staff_and_only_after_the_lesson(school: School, lecturer: Browser) -> None:
    held = await PaperLesson.begin(school, lecturer)
    path = f"/api/v1/lessons/{held.id}/bundle.zip"
    assert (await problem(await lecturer.get(path)))["code"] == "lesson.wrong_state"
    await held.finish()
    assert (await problem(await (await school.browser("student1")).get(path)))["status"] == 403
    assert (await school.stranger().get(path)).status == 401
    assert (await (await school.browser("lecturer3")).get(path)).status == 404


async def test_picture_is_shown_to_staff_with_its_own_type_and_refused_to_students(
    school: School, lecturer: Browser
) -> None:
    held = await ended_lesson(school, lecturer)
    (row,) = [row for row in await _evidence(lecturer, held) if row["kind"] == "anh_chup_he_thong"]
    path = f"/api/v1/lessons/{held.id}/evidence/{row['id']}"
    answer = await lecturer.get(path)
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert len(await answer.read()) == row["size"]
    assert (await (await school.browser("student1")).get(path)).status == 403
    unknown = f"/api/v1/lessons/{held.id}/evidence/{held.id}"
    assert (await problem(await lecturer.get(unknown)))["code"] == "evidence.not_found"


async def test_picture_that_somebody_exchanged_is_not_shown_as_evidence(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    folder = school.services.settings.data_dir / "lessons" / held.id / "evidence"
    (picture,) = folder.glob("*.jpg")
    picture.write_bytes(picture.read_bytes() + b"x")
    (row,) = [row for row in await _evidence(lecturer, held) if row["kind"] == "anh_chup_he_thong"]
    found = await problem(await lecturer.get(f"/api/v1/lessons/{held.id}/evidence/{row['id']}"))
    assert (found["status"], found["code"]) == (409, "evidence.altered")
    report = check_bundle(io.BytesIO(await _bundle(lecturer, held)))
    assert [f.code for f in report.findings] == ["file.differs_from_event"]


async def test_filed_evidence_lies_under_its_digest_and_is_listed(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    now_us = micros(school.clock.now())
    new = NewEvidence(
        kind="tai_lieu",
        mime="application/pdf",
        content=b"%PDF-1.7",
        source="lecturer",
        covers_from_us=now_us,
        covers_to_us=now_us,
    )
    filed = await school.services.evidence.file(held.id, new)
    assert filed.filed.file_name == f"{filed.filed.sha256}.pdf"
    assert (await school.services.evidence.items(held.id))[-1] == filed
    answer = await lecturer.get(f"/api/v1/lessons/{held.id}/evidence/{filed.filed.evidence}")
    assert await answer.read() == b"%PDF-1.7"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("change", [{"kind": "virus"}, {"mime": "text/html"}, {"content": b""}])
async def test_evidence_of_an_unknown_kind_or_size_is_refused(
    school: School, lecturer: Browser, change: dict[str, Any]
) -> None:
    held = await ended_lesson(school, lecturer)
    values: dict[str, Any] = {"kind": "khac", "mime": "text/plain", "content": b"x", **change}
    with pytest.raises(Invalid):
        new = NewEvidence(source="lecturer", covers_from_us=0, covers_to_us=0, **values)
        await school.services.evidence.file(held.id, new)


async def test_raw_events_come_in_pages_and_by_person(school: School, lecturer: Browser) -> None:
    held = await ended_lesson(school, lecturer)
    path = f"/api/v1/lessons/{held.id}/events"
    page = await told(await lecturer.get(f"{path}?limit=10"))
    assert [row["seq"] for row in page["events"]] == list(range(1, 11))
    assert page["events"][0]["type"] == "lesson.opened/1"
    assert "type" not in page["events"][0]["body"]
    rest = await told(await lecturer.get(f"{path}?after=10"))
    assert [row["seq"] for row in rest["events"]] == list(range(11, page["total"] + 1))
    person = held.plan.roster[0].card.person
    own = await told(await lecturer.get(f"{path}?person={person}"))
    assert own["total"] == len(own["events"]) == 3, "the roster, the knock, the answer to the roll-call"
    assert own["head_hash"] == page["head_hash"]
    await confirm_roll(lecturer, held)
    decided = await told(await lecturer.get(f"{path}?person={held.plan.roster[1].card.person}"))
    assert "roll.mark_overridden/1" in {row["type"] for row in decided["events"]}, "decisions speak of the enrolment"
    assert (await told(await lecturer.get(f"{path}?person=%25")))["total"] == 0
    assert (await (await school.browser("student1")).get(path)).status == 403
    for query in ("after=x", "limit=501", "person=" + "x" * 65):
        assert (await problem(await lecturer.get(f"{path}?{query}")))["code"] == "request.bad_query"


async def test_code_on_the_sheet_leads_anybody_to_the_digests_and_no_names(school: School, lecturer: Browser) -> None:
    held = await sent_lesson(school, lecturer)
    sheet = await told(await lecturer.get(f"/api/v1/lessons/{held.id}/sheet"))
    stranger = school.stranger()
    code = sheet["verification_code"]
    for typed in (code, code.replace("-", "").lower()):
        found = await told(await stranger.get(f"/api/v1/verify/{typed}"))
        assert (found["found"], found["sealed"], found["number"]) == (True, True, sheet["number"])
        assert found["content_sha256"].upper().startswith(code.replace("-", ""))
        assert found["lesson_date"] == held.plan.day
    answer = json.dumps(found, ensure_ascii=False)
    assert not any(member.card.name in answer for member in held.plan.roster)
    for unknown in ("0000-0000-0000-0000-0000-0000", "x", "%00", "x" * 200):
        assert (await told(await stranger.get(f"/api/v1/verify/{unknown}")))["found"] is False


async def test_commands_list_export_verify_and_rebuild(
    school: School, lecturer: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = await sent_lesson(school, lecturer)
    settings = ["--data-dir", str(school.services.settings.data_dir)]
    output = tmp_path / "minh-chung.zip"

    async def run(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, list(words))
        return code, capsys.readouterr().out

    code, listed = await run("lessons", *settings)
    assert code == 0
    assert any(line.startswith(held.id) and "K45.B2" in line for line in listed.splitlines())
    assert (await run("export", held.id, "-o", str(output), *settings))[0] == 0
    assert output.read_bytes() == await _bundle(lecturer, held)
    code, verified = await run("verify", str(output))
    assert code == 0
    assert "ĐÚNG" in verified and school.services.ledger.key.key_id in verified
    assert (await run("rebuild", held.id, *settings))[0] == 0
    assert (await run("export", "unknown", "-o", str(output), *settings))[0] == 2
    data = bytearray(output.read_bytes())
    part = next(p for p in read_archive(io.BytesIO(bytes(data)))[0] if p.name == layout.EVENTS)
    third = data.index(b"\n", data.index(b"\n", part.content_at) + 1) + 40
    data[third] ^= 1
    output.write_bytes(bytes(data))
    code, verified = await run("verify", str(output), "--lang", "en")
    assert code == 1
    assert "NOT SOUND – event 3" in verified
    code, verified = await run("verify", str(output), "--json")
    assert json.loads(verified)["first"]["seq"] == 3


async def test_rebuild_names_a_plan_that_somebody_changed(
    school: School, lecturer: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    held = await ended_lesson(school, lecturer)
    async with school.services.database.begin() as connection:
        await connection.execute(lesson_table.update().where(lesson_table.c.id == held.id).values(started_us=1))
    settings = ["--data-dir", str(school.services.settings.data_dir)]
    assert await asyncio.to_thread(main, ["rebuild", held.id, *settings]) == 1
    assert "different: plan: start 1" in capsys.readouterr().out


async def test_rebuild_names_the_event_that_an_administrator_changed(
    school: School, lecturer: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    held = await ended_lesson(school, lecturer)
    async with school.services.database.begin() as connection:
        await connection.execute(text("DROP TRIGGER ledger_event_no_update"))
        await connection.execute(text("UPDATE ledger_event SET at_us = at_us - 600000000 WHERE seq = 5"))
    settings = ["--data-dir", str(school.services.settings.data_dir)]
    assert await asyncio.to_thread(main, ["rebuild", held.id, *settings]) == 1
    assert "different: event 5: content does not match its digest" in capsys.readouterr().out
    assert check_bundle(io.BytesIO(await _bundle(lecturer, held))).first().seq == 5


async def test_verifying_touches_neither_database_nor_network(
    school: School, lecturer: Browser, tmp_path: Path
) -> None:
    held = await ended_lesson(school, lecturer)
    output = tmp_path / "bundle.zip"
    output.write_bytes(await _bundle(lecturer, held))
    program = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "from server.cli import main\n"
        f"code = main(['verify', {str(output)!r}])\n"
        "assert not {'sqlalchemy', 'aiohttp', 'aiosqlite', 'asyncpg', 'redis'} & set(sys.modules), sorted(sys.modules)\n"
        "sys.exit(code)\n"
    )
    command = [sys.executable, "-c", program]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ĐÚNG" in done.stdout

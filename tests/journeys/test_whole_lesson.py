"""One whole lesson: a lecturer, two students and a class manager in real Chromium, through every accident, to the sheet and the proof.

Run alone: `make journey`. Pictures of each stage are left in tests/out/journey.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from array import array
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import av
import pypdf
import pytest
from playwright.async_api import Browser, expect

from tests.journeys.lesson_plan import BRIDGE_S, GRACE_S, write_plan
from tests.journeys.people import OUT, Somebody, lesson_now, somebody, until
from tests.kit.browser import chromium
from tests.kit.school_process import SchoolProcess, running_school

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

CHAT_BEFORE = "Xin chào cả lớp, chúng ta bắt đầu chuyên đề hôm nay."
CHAT_STUDENT = "Thưa thầy cô, em nghe rõ <b>&</b> thấy hình."
REASON = "Học viên gửi đơn xin nghỉ có xác nhận của cơ quan."


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[SchoolProcess]:
    async with running_school(tmp_path / "data", {"GD_DEMO_PLAN": str(write_plan(tmp_path))}) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    shutil.rmtree(OUT, ignore_errors=True)
    async with chromium() as running:
        yield running


async def get_json(them: Somebody, path: str) -> Any:
    return await them.page.evaluate("async path => (await fetch(path)).json()", f"/api/v1{path}")


async def test_a_whole_lesson_is_taught_survives_accidents_and_leaves_a_record_that_verifies(
    school: SchoolProcess, browser: Browser, tmp_path: Path
) -> None:
    lecturer = await somebody(browser, "lecturer", school.links["lecturer"])
    an = await somebody(browser, "student who stays", school.links["student1"])
    binh = await somebody(
        browser, "student who drops out", school.links["student2"], width=390, height=844, mobile=True
    )
    manager = await somebody(browser, "class manager", school.links["class_manager"])
    everyone = [lecturer, an, binh, manager]
    lesson = await lesson_now(lecturer)

    await lecturer.enter(lesson)
    await an.enter(lesson)
    await binh.enter(lesson)
    await manager.page.goto(f"{school.base_url}/desk")
    await lecturer.picture("01-lobby-lecturer")

    await lecturer.button("Bắt đầu buổi học").click()
    await expect(lecturer.page.get_by_text("Đang ghi hình").first).to_be_visible()
    await everybody_sees_and_hears(lecturer, an, binh)
    await lecturer.picture("02-live-lecturer")
    await an.picture("03-live-student")
    await binh.picture("04-live-phone")

    await chat_and_hands(lecturer, an, binh)
    await screen_share(lecturer, an, binh)
    await until_the_first_period(lecturer, lesson)
    await roll_call(lecturer, an, binh)
    await manager_watches(manager, lesson)

    await drops_out_within_the_bridge(lecturer, an, lesson)
    await drops_out_beyond_the_bridge(lecturer, binh, lesson)
    await recorder_is_killed(school, lecturer)
    await server_is_killed(school, lecturer, an, binh)

    await until_the_end_of_period(lecturer, lesson, 2)
    await lecturer.button(re.compile("^Kết thúc")).click()
    await lecturer.page.get_by_role("dialog").get_by_role("button", name="Kết thúc buổi học").click()
    await expect(lecturer.page.get_by_text("Buổi học đã kết thúc").first).to_be_visible()
    await expect(an.page.get_by_text("Buổi học đã kết thúc").first).to_be_visible()
    await lecturer.picture("20-ended-lecturer")

    roll = await the_roll_is_right(lecturer, an, binh, lesson)
    await override_and_confirm(lecturer, roll, lesson)
    await write_and_send_the_sheet(lecturer, lesson, tmp_path)
    await the_recording_plays(an, lesson, tmp_path, school)
    the_bundle_verifies(school, lesson, tmp_path)
    assert {each.who.name: each.who.outside_hosts() for each in everyone if each.who.outside_hosts()} == {}
    errors = [line for each in everyone for line in each.who.console if line.startswith("pageerror")]
    assert errors == []


async def everybody_sees_and_hears(lecturer: Somebody, *students: Somebody) -> None:
    for each in (lecturer, *students):
        await each.turn_on("Mic")
    for each in (lecturer, *students):
        await each.sees_video_move()
        await each.hears_sound()


async def chat_and_hands(lecturer: Somebody, an: Somebody, binh: Somebody) -> None:
    await lecturer.say(CHAT_BEFORE)
    await an.say(CHAT_STUDENT)
    await lecturer.sees(CHAT_STUDENT)
    await binh.sees(CHAT_BEFORE)
    await an.button(re.compile("^Giơ tay")).click()
    await lecturer.button("Cho phát biểu").click()
    await expect(an.page.get_by_text(re.compile("mời phát biểu|Đang được phát biểu")).first).to_be_visible()
    await an.picture("05-invited")
    await lecturer.open_tab("Danh sách")
    await lecturer.picture("06-floor-given")


async def screen_share(lecturer: Somebody, an: Somebody, binh: Somebody) -> None:
    await lecturer.button(re.compile("^Chia sẻ")).click()
    for each in (an, binh):

        async def sees_screen(page: Somebody = each) -> bool:
            streams = await page.who.inbound("video")
            return any(s.get("frameHeight", 0) >= 600 and s.get("framesDecoded", 0) >= 10 for s in streams)

        await until(each.page, f"{each.who.name} receives the shared screen", sees_screen)
    await an.picture("07-screen-share-student")
    await lecturer.picture("08-screen-share-lecturer")
    await lecturer.button(re.compile("Dừng chia sẻ")).click()


async def until_the_first_period(lecturer: Somebody, lesson: str) -> None:
    """Everybody came early; what counts, roll-calls included, begins with the first period of the timetable."""
    starts_us = (await get_json(lecturer, f"/lessons/{lesson}"))["card"]["start_us"]

    async def has_begun() -> bool:
        return bool(await lecturer.page.evaluate("Date.now()") * 1000 > starts_us)

    await until(lecturer.page, "the first period begins", has_begun, 90_000)


async def roll_call(lecturer: Somebody, an: Somebody, binh: Somebody) -> None:
    await lecturer.button(re.compile("^Điểm danh")).click()
    await lecturer.page.get_by_role("button", name="Bắt đầu điểm danh").click()
    for each in (an, binh):
        answer = each.page.get_by_role("button", name=re.compile("Tôi có mặt"))
        await expect(answer.first).to_be_visible()
        if each is binh:
            await each.picture("09-roll-call-phone")
        await answer.first.click()
        await expect(each.page.get_by_text("Đã ghi nhận có mặt").first).to_be_visible()


async def manager_watches(manager: Somebody, lesson: str) -> None:
    await expect(manager.page.locator(f"a[href='/desk/{lesson}']").first).to_be_visible()
    await manager.picture("10-desk")
    await manager.page.goto(manager.page.url.rstrip("/") + f"/{lesson}")
    await expect(manager.page.get_by_text("Đang học").first).to_be_visible()
    await manager.page.locator("tbody tr").first.click()
    await manager.picture("11-desk-class")


async def drops_out_within_the_bridge(lecturer: Somebody, an: Somebody, lesson: str) -> None:
    await an.drop_out()
    await an.come_back(lesson)
    await an.sees(CHAT_BEFORE)
    await an.sees_video_move()
    await an.hears_sound()
    await an.turn_on("Mic")
    await lecturer.sees_video_move()


async def drops_out_beyond_the_bridge(lecturer: Somebody, binh: Somebody, lesson: str) -> None:
    await binh.drop_out()
    # Beyond grace and bridge the seat is given up: the desk and the lecturer's list say so before the student returns.

    async def is_gone() -> bool:
        page = await get_json(lecturer, f"/lessons/{lesson}/events?after=0")
        return any(row["type"].startswith("room.person_left/") for row in page["events"])

    await until(lecturer.page, "the seat is given up", is_gone, (GRACE_S + BRIDGE_S + 40) * 1000)
    await lecturer.page.wait_for_timeout(BRIDGE_S * 1000)  # the gap itself must outgrow the bridge
    await binh.come_back(lesson)
    await binh.sees_video_move()
    await binh.hears_sound()


async def recorder_is_killed(school: SchoolProcess, lecturer: Somebody) -> None:
    before = school.recorder_pid()
    os.kill(before, signal.SIGKILL)

    async def another() -> bool:
        try:
            return school.recorder_pid() != before
        except ValueError:
            return False

    await until(lecturer.page, "the recorder is started again", another)
    await expect(lecturer.page.get_by_text("Đang ghi hình").first).to_be_visible()
    await lecturer.picture("12-recorder-restarted")


async def server_is_killed(school: SchoolProcess, *people: Somebody) -> None:
    before = school.server_pid()
    os.kill(before, signal.SIGKILL)

    async def another() -> bool:
        try:
            return school.server_pid() != before and await school.is_ready()
        except ValueError:
            return False

    await until(people[0].page, "the server is started again", another)
    for each in people:
        await each.sees_video_move(60_000)
        await each.hears_sound(60_000)
        await each.sees(CHAT_BEFORE)
    await people[0].picture("13-after-server-restart")


async def until_the_end_of_period(lecturer: Somebody, lesson: str, no: int) -> None:
    """Teach on until period `no` of the timetable is over."""
    periods = (await get_json(lecturer, f"/lessons/{lesson}"))["card"]["periods"]
    (ends_us,) = [period["end_us"] for period in periods if period["no"] == no]

    async def is_over() -> bool:
        return bool(await lecturer.page.evaluate("Date.now()") * 1000 > ends_us)

    await until(lecturer.page, f"period {no} is over", is_over, 240_000)


async def the_roll_is_right(lecturer: Somebody, an: Somebody, binh: Somebody, lesson: str) -> dict[str, Any]:
    me_an, me_binh = await get_json(an, "/me"), await get_json(binh, "/me")
    roll: dict[str, Any] = await get_json(lecturer, f"/lessons/{lesson}/roll")
    rows = {row["person"]: row for row in roll["rows"]}
    stayed, dropped = rows[me_an["person"]], rows[me_binh["person"]]
    assert (stayed["machine_mark"], stayed["absent_p"], stayed["absent_k"]) == ("CM", 0, 0)
    assert stayed["roll_calls_answered"] == stayed["roll_calls_asked"] == 1
    assert stayed["gaps"], "the dead tab is listed as a gap, though bridged"
    assert all(gap["bridged"] for gap in stayed["gaps"])
    assert sum(period["delivered"] for period in stayed["periods"]) >= 2
    assert any(not gap["bridged"] for gap in dropped["gaps"])
    assert dropped["presence_s"] < stayed["presence_s"]
    absent = [row for row in rows.values() if row["first_in_us"] is None]
    assert len(absent) == len(rows) - 2
    assert {row["machine_mark"] for row in absent} <= {"K", "P"}
    assert roll["outages"], "the killed server is listed as an outage"
    await lecturer.page.goto(f"{lecturer.page.url.split('/lessons')[0]}/lessons/{lesson}/roll")
    await expect(lecturer.page.get_by_text("Máy đề xuất").first).to_be_visible()
    await lecturer.picture("21-roll")
    return roll


async def override_and_confirm(lecturer: Somebody, roll: dict[str, Any], lesson: str) -> None:
    someone = next(row for row in roll["rows"] if row["machine_mark"] == "K")
    page = lecturer.page
    await page.get_by_role("button", name=f"Điều chỉnh kết quả của {someone['name']}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox").first.select_option("P")
    await dialog.get_by_role("textbox").fill("ngắn")
    await dialog.get_by_role("button", name="Lưu kết quả").click()
    await expect(dialog.get_by_text("Ghi lý do").first).to_be_visible()
    await dialog.get_by_role("textbox").fill(REASON)
    await lecturer.picture("22-override")
    await dialog.get_by_role("button", name="Lưu kết quả").click()
    await expect(page.get_by_text(REASON).first).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Xác nhận cả lớp")).click()
    await expect(page.get_by_text("Đã xác nhận lúc").first).to_be_visible()
    after = await get_json(lecturer, f"/lessons/{lesson}/roll")
    (changed,) = [row for row in after["rows"] if row["enrolment"] == someone["enrolment"]]
    assert (changed["machine_mark"], changed["final_mark"]) == ("K", "P")


async def write_and_send_the_sheet(lecturer: Somebody, lesson: str, folder: Path) -> None:
    page = lecturer.page
    await page.goto(f"{page.url.split('/lessons')[0]}/lessons/{lesson}/sheet")
    await expect(page.locator(".preview__page").first).to_be_visible()
    await lecturer.picture("23-sheet-draft")
    sheet = await get_json(lecturer, f"/lessons/{lesson}/sheet")
    assert len([row for row in sheet["evidence"] if row["kind"].startswith("anh_chup")]) >= 3
    for field in sheet["fields"]:
        if field["required"] and not field["value"]:
            box = page.locator(f"#sheet-field-{field['key'].replace('.', '-')}")
            await box.fill(f"Nội dung đã giảng: {field['label_vi']}. Học viên tích cực, đúng quy định.")
            await box.blur()
    confirm = page.get_by_role("button", name="Xác nhận phiếu", exact=True)
    await expect(confirm).to_be_visible()
    await confirm.click()
    await page.get_by_role("dialog").get_by_role("button", name="Xác nhận phiếu").click()
    await page.get_by_role("button", name="Gửi Phòng Quản lý đào tạo").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Gửi Phòng Quản lý đào tạo").click()
    await expect(page.get_by_text("Đã gửi lúc").first).to_be_visible()
    await lecturer.picture("24-sheet-sent")
    body = await page.evaluate(
        """async path => {
            const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
            let text = ''; for (const byte of bytes) text += String.fromCharCode(byte);
            return btoa(text);
        }""",
        f"/api/v1/lessons/{lesson}/sheet.pdf",
    )
    pdf = folder / "sheet.pdf"
    pdf.write_bytes(base64.b64decode(body))
    shutil.copy(pdf, OUT / "sheet.pdf")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)
    text = re.sub(r"\s+", " ", text)
    for words in (
        "PHIẾU THEO DÕI GIẢNG DẠY VÀ HỌC TẬP TRỰC TUYẾN",
        "TÌNH HÌNH THAM DỰ",
        "MINH CHỨNG KÈM THEO",
        sheet["number"],
    ):
        assert words in text
    assert "DỰ THẢO" not in text
    assert re.sub(r"\s+", "", REASON) in re.sub(r"\s+", "", text)
    subprocess.run(["pdftoppm", "-r", "70", "-png", str(pdf), str(OUT / "sheet")], check=True)


async def the_recording_plays(student: Somebody, lesson: str, folder: Path, school: SchoolProcess) -> None:
    async def available() -> bool:
        return bool((await get_json(student, f"/lessons/{lesson}/recording"))["state"] == "available")

    await until(student.page, "the recording is available", available, 20_000)
    recording = await get_json(student, f"/lessons/{lesson}/recording")
    roles = {track["role"] for track in recording["tracks"]}
    assert {"camera", "microphone", "screen"} <= roles
    assert recording["gaps"], "the killed recorder and server left listed gaps"
    await student.page.goto(f"{school.base_url}/lessons/{lesson}/recording")
    await student.button("Phát").click()

    async def plays() -> bool:
        return bool(
            await student.page.evaluate(
                "() => [...document.querySelectorAll('video')].some(v => v.videoWidth > 0 && v.currentTime > 2)"
                " && [...document.querySelectorAll('audio')].some(a => a.currentTime > 2)"
            )
        )

    await until(student.page, "picture and sound run in the player", plays)
    await student.picture("25-playback")
    cookies = {c["name"]: c["value"] for c in await student.who.context.cookies()}
    loudest: dict[str, float] = {}
    async with aiohttp.ClientSession(cookies=cookies) as client:
        for track in recording["tracks"]:
            path = folder / f"{track['role']}-{track['start_ms']}"
            async with client.get(school.base_url + track["url"]) as answer:
                assert answer.status == 200
                path.write_bytes(await answer.read())
            loudest[track["role"]] = max(loudest.get(track["role"], 0.0), loudest_of(path, track["kind"]))
    assert loudest["microphone"] > 0.01, "the beeps of the fake microphones are in the recording"


def loudest_of(path: Path, kind: str) -> float:
    """Frames of the file decode; of sound, its largest sample as a share of full scale (0 for picture)."""
    with av.open(str(path)) as media:
        stream = media.streams.video[0] if kind == "video" else media.streams.audio[0]
        frames = [frame for _, frame in zip(range(400), media.decode(stream), strict=False)]
    assert len(frames) >= 5, f"{path.name} decodes {len(frames)} frames"
    if kind == "video":
        return 0.0
    plain = av.AudioResampler(format="s16", layout="mono", rate=48_000)
    voices = [frame for frame in frames if isinstance(frame, av.AudioFrame)]
    samples = array("h", b"".join(bytes(p.planes[0])[: p.samples * 2] for v in voices for p in plain.resample(v)))
    return max(abs(sample) for sample in samples) / 32768


def the_bundle_verifies(school: SchoolProcess, lesson: str, folder: Path) -> None:
    bundle = folder / "bundle.zip"
    environment = {**os.environ, "GD_DATA_DIR": str(school.data)}
    command = [sys.executable, "-m", "server"]
    subprocess.run([*command, "export", lesson, "-o", str(bundle)], check=True, env=environment, timeout=60)
    again = subprocess.run(
        [*command, "rebuild", lesson], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert again.returncode == 0, again.stdout + again.stderr
    good = subprocess.run([*command, "verify", str(bundle)], capture_output=True, text=True, timeout=60, check=False)
    assert good.returncode == 0, good.stdout + good.stderr
    with zipfile.ZipFile(bundle) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(each for each in parts if each.endswith("events.jsonl"))
    changed = bytearray(parts[name])
    changed[len(changed) // 2] ^= 1
    parts[name] = bytes(changed)
    forged = folder / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    bad = subprocess.run([*command, "verify", str(forged)], capture_output=True, text=True, timeout=60, check=False)
    assert bad.returncode == 1, "one changed byte must be found"
    assert re.search(r"\d|events", bad.stdout + bad.stderr)

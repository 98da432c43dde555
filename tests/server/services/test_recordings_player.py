"""A finished recording as its viewers get it over REST: whose voice and picture, ranges, who may, who looked."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

from media.face import TapInfo
from recorder.files import recording_folder
from server.clock import SCHOOL_TZ
from server.events import lesson as lesson_events
from server.events import room as room_events
from server.events.base import Event, Origin
from server.ids import MessageId, PersonId
from server.ledger import lesson_log, school_log
from server.services.recording_left_over import LedgerHost
from tests.kit.app import Browser, School, running_app
from tests.recorder.studio import audio, packets, video
from tests.server.services.paper_lesson import PaperLesson
from tests.server.services.paper_router import PaperRouter


class HostOfLecturer(LedgerHost):
    """The lesson's recording with one publishing person."""

    lecturer: PersonId

    def person_of(self, peer: int) -> PersonId | None:
        return self.lecturer


@dataclass
class Recorded:
    school: School
    held: PaperLesson
    base: str

    async def look(self, who: str) -> tuple[Browser, Any, Any]:
        browser = await self.school.browser(who)
        answer = await browser.get(self.base)
        return browser, answer, await answer.json()


@pytest.fixture
async def recorded(tmp_path: Path) -> AsyncIterator[Recorded]:
    """Eight seconds of a lesson, recorded by the real recorder and ended."""
    plan = tmp_path / "plan.json"
    plan.write_text('{"history": false, "period_s": 60, "break_s": 10, "starts_in_s": 30}')
    async with running_app(tmp_path / "data", demo_plan=str(plan)) as school:
        held = await PaperLesson.begin(school, await school.browser("lecturer"))
        services = school.services
        assert services.recordings
        await services.recordings.until_up()
        began = held.plan.start_us
        host, router = HostOfLecturer(held.id, services.ledger, []), PaperRouter()
        host.lecturer = held.plan.lecturer.person
        recording = services.recordings.open(host, router, record=True)
        recording.begin(began)
        router.publish(TapInfo(publication=1, peer=1, role="camera", codec="vp8", clock_hz=90_000))
        router.publish(TapInfo(publication=2, peer=1, role="microphone", codec="opus", clock_hz=48_000))
        router.send(1, [(s.arrival_us, s.data) for s in packets("vp8", video(seconds=8), began)])
        router.send(2, [(s.arrival_us, s.data) for s in packets("opus", audio(8), began)])
        await school.clock.advance(2)
        student = held.plan.roster[0].card.person
        said = MessageId("0190aaaa-0000-7000-8000-00000000c0de")
        await held.record(room_events.MessagePosted(message=said, person=student, text="Em chào cô"), Origin.HUMAN)
        await school.clock.advance(6)
        await recording.end(began + 8_000_000)
        await held.finish()
        yield Recorded(school, held, f"/api/v1/lessons/{held.id}/recording")


async def test_the_player_gets_names_files_chapters_chat_and_a_watermark(recorded: Recorded) -> None:
    browser, answer, shown = await recorded.look("student1")
    assert answer.status == 200, shown
    assert (shown["state"], shown["gaps"]) == ("available", [])
    assert shown["duration_ms"] == pytest.approx(8_000, abs=10)
    assert [(t["role"], t["kind"], t["mime"]) for t in shown["tracks"]] == [
        ("camera", "video", "video/webm"),
        ("microphone", "audio", "audio/webm"),
    ]
    lecturer = recorded.held.plan.lecturer
    assert {(t["person_name"], t["participant"]) for t in shown["tracks"]} == {
        (f"{lecturer.title} {lecturer.name}", lecturer.person)
    }
    assert shown["chapters"][0] == {"at_ms": 0, "title": "Bắt đầu buổi học"}
    assert [(c["text"], c["at_ms"]) for c in shown["chat"]] == [("Em chào cô", 2_000)]
    me = await (await browser.get("/api/v1/me")).json()
    assert me["name"] in shown["watermark"] and "K45B2" in shown["watermark"]
    finished = next(
        e.event
        for e in await recorded.school.services.ledger.read(lesson_log(recorded.held.id))
        if isinstance(e.event, lesson_events.RecordingFinished)
    )
    assert shown["manifest_sha256"] == finished.manifest_sha256


async def test_a_file_is_served_whole_and_in_ranges_and_plays(recorded: Recorded) -> None:
    browser, _, shown = await recorded.look("student1")
    url = shown["tracks"][0]["url"]
    whole = await browser.get(url)
    content = await whole.read()
    assert (whole.status, whole.headers["Content-Type"]) == (200, "video/webm")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "no-cache" in whole.headers["Cache-Control"]
    with av.open(io.BytesIO(content), mode="r") as container:
        assert sum(1 for _ in container.decode(video=0)) == 240
    part = await browser.get(url, headers={"Range": "bytes=100-299"})
    assert part.status == 206
    assert part.headers["Content-Range"] == f"bytes 100-299/{len(content)}"
    assert await part.read() == content[100:300]
    beyond = await browser.get(url, headers={"Range": f"bytes={len(content)}-"})
    assert beyond.status == 416


async def test_only_names_of_the_recordings_index_lead_to_files(recorded: Recorded) -> None:
    browser, _, _ = await recorded.look("student1")
    for name in ("manifest.json", "lesson.json", "00001-camera.mkv", "..%2f..%2f..%2fgiangduong.sqlite3", "%2e%2e"):
        answer = await browser.get(f"{recorded.base}/{name}")
        assert answer.status == 404, name


@pytest.mark.parametrize(
    ("who", "status"), [("student1", 200), ("class_manager", 200), ("student61", 404), ("lecturer3", 404)]
)
async def test_who_does_not_belong_to_the_lesson_sees_nothing(recorded: Recorded, who: str, status: int) -> None:
    browser, answer, _ = await recorded.look(who)
    assert answer.status == status
    file = await browser.get(f"{recorded.base}/play-0001.webm")
    assert file.status == status


async def test_a_stranger_is_asked_to_sign_in(recorded: Recorded) -> None:
    assert (await recorded.school.stranger().get(recorded.base)).status == 401


async def test_every_look_is_recorded_in_the_schools_log(recorded: Recorded) -> None:
    browser, _, _ = await recorded.look("student1")
    me = await (await browser.get("/api/v1/me")).json()
    services = recorded.school.services
    log = await services.ledger.read(school_log(services.clock.now().astimezone(SCHOOL_TZ).year))
    looks: list[Event] = [e.event for e in log if isinstance(e.event, lesson_events.RecordingViewed)]
    assert looks == [lesson_events.RecordingViewed(lesson=recorded.held.id, person=PersonId(me["person"]))]


async def test_a_manifest_that_was_changed_afterwards_is_not_shown_as_the_record(recorded: Recorded) -> None:
    path = recording_folder(recorded.school.services.settings.data_dir, recorded.held.id) / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"gaps":[]', b'"gaps":[] '))
    _, _, shown = await recorded.look("lecturer")
    assert (shown["state"], shown["tracks"]) == ("failed", [])

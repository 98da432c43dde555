"""aiortc takes part in a lesson as a browser does: by the lesson's own socket, publishing and watching."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.kit.aiortc_person import AiortcPerson, aiortc_person
from tests.kit.lesson_client import LessonClient
from tests.kit.live_school import LiveSchool, live_school
from tests.kit.rtc_client import until

PATIENCE_S = 30.0


async def enter(school: LiveSchool, who: str, person: AiortcPerson) -> tuple[LessonClient, dict[str, Any]]:
    offer, publish = await person.offer()
    media = [{"mid": each.mid, "role": each.role} for each in publish]
    client = await school.join(who, offer=offer, media=media)
    joined = await client.until("joined")
    await person.accept(joined["answer"])
    return client, joined


async def test_an_aiortc_lecturer_is_seen_and_heard_by_an_aiortc_student_and_answers_for_leaving(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "aiortc")
    async with (
        live_school(tmp_path, with_media=True) as school,
        aiortc_person(luma=170) as lecturer,
        aiortc_person() as student,
    ):
        _, joined = await enter(school, "lecturer", lecturer)
        watching, _ = await enter(school, "student1", student)
        await watching.until(
            "slots_changed",
            lambda p: {"microphone", "camera"} <= {s["role"] for s in p["slots"] if s["participant"] == joined["me"]},
        )
        await until(lambda: student.seen.frames > 10 and student.seen.sounds > 10, PATIENCE_S)
        assert abs(student.seen.luma - 170) < 12
    assert "failed to decode" not in caplog.text

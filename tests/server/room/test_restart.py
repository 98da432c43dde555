"""A server that goes away in the middle of a lesson and comes back: nothing that was shown is lost, nobody is blamed."""

from __future__ import annotations

from server.attendance.projection import AttendanceProjection
from server.clock import micros
from tests.kit.live_school import LiveSchool


async def test_the_room_comes_back_as_it_was_shown(school: LiveSchool) -> None:
    lecturer_page, student_page = await school.browser("lecturer"), await school.browser("student1")
    lecturer, student = await lecturer_page.join(school.lesson), await student_page.join(school.lesson)
    await lecturer.do("start_lesson")
    await student.do("post_chat", message="m1", text="Em chào cô")
    await student.do("raise_hand")
    before = (await student.until("joined"))["session"]
    await lecturer.until("hands_changed")

    await school.restart(away_s=20)
    room = school.services.live.room_of(school.lesson)
    assert room is not None, "the lesson is taken up before anybody asks"
    lecturer, student = await lecturer_page.join(school.lesson), await student_page.join(school.lesson)
    school.keep(lecturer)
    school.keep(student)
    joined = await student.until("joined")
    assert joined["session"]["epoch"] > before["epoch"]
    assert joined["lesson"]["state"] == "live"
    assert [each["text"] for each in joined["chat"]] == ["Em chào cô"]
    assert [each["participant"] for each in joined["hands"]] == [joined["me"]]
    await lecturer.do("give_floor", participant=joined["me"])
    await student.until("floor_changed", lambda p: p["invited_me"])


async def test_an_outage_is_written_down_and_held_against_nobody(school: LiveSchool) -> None:
    lecturer_page, student_page = await school.browser("lecturer"), await school.browser("student1")
    lecturer, student = await lecturer_page.join(school.lesson), await student_page.join(school.lesson)
    me = (await student.until("joined"))["me"]
    await lecturer.do("start_lesson")
    await school.pass_time(120)
    await school.restart(away_s=30)
    school.keep(await lecturer_page.join(school.lesson))
    school.keep(await student_page.join(school.lesson))
    await school.pass_time(120)

    (outage,) = await school.bodies("lesson.server_outage")
    assert 29_000_000 <= outage["to_us"] - outage["from_us"] <= 34_000_000
    lost = await school.bodies("room.person_lost")
    assert {each["reason"] for each in lost} == {"server_restart"}
    assert all(each["inferred"] for each in lost)
    projection = AttendanceProjection()
    for each in await school.events():
        projection.apply(each)
    now_us = micros(school.clock.now())
    row = projection.row(me, now_us)
    assert row is not None
    assert row.presence_us == row.countable_us
    assert len(await school.bodies("room.person_knocked")) == 2


async def test_who_does_not_come_back_leaves_after_the_grace_counted_from_the_restart(school: LiveSchool) -> None:
    lecturer_page = await school.browser("lecturer")
    lecturer = await lecturer_page.join(school.lesson)
    student = await (await school.browser("student1")).join(school.lesson)
    me = (await student.until("joined"))["me"]
    await lecturer.do("start_lesson")
    await school.restart(away_s=200)
    school.keep(await lecturer_page.join(school.lesson))
    await school.pass_time(85)
    assert await school.bodies("room.person_left") == []
    (left,) = await school.until_recorded("room.person_left")
    assert (left["person"], left["reason"]) == (me, "server_restart")


async def test_a_removed_person_stays_removed_over_a_restart(school: LiveSchool) -> None:
    lecturer_page = await school.browser("lecturer")
    lecturer = await lecturer_page.join(school.lesson)
    student = await (await school.browser("student1")).join(school.lesson)
    me = (await student.until("joined"))["me"]
    await lecturer.do("remove_person", participant=me, reason="lý do đủ mười ký tự")
    await school.restart()
    lecturer = await lecturer_page.join(school.lesson)
    school.keep(lecturer)
    entry = next(e for e in (await lecturer.until("joined"))["roster"] if e["participant"] == me)
    assert entry["presence"] == "removed"


async def test_an_end_that_was_interrupted_is_finished_by_the_next_server(school: LiveSchool) -> None:
    lecturer_page = await school.browser("lecturer")
    lecturer = await lecturer_page.join(school.lesson)
    await lecturer.do("start_lesson")
    room = school.services.live.room_of(school.lesson)
    assert room is not None
    room.hall.on_ended = None
    await lecturer.do("end_lesson")
    await school.restart()

    async def state() -> str:
        return str((await lecturer_page.get(f"/lessons/{school.lesson}"))["card"]["state"])

    while await state() != "sheet_open":
        await school.pass_time(1)
    seals = await school.services.ledger.seals(school.lesson)  # type: ignore[arg-type]
    assert seals[-1].kind == "seal"

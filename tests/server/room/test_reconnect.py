"""Lines that break: seats, missed pushes, devices, intervals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.lesson_client import LessonClient, Refusal
from tests.kit.live_school import LiveSchool


def held(client: LessonClient) -> dict[str, Any]:
    """What the browser names when it comes back."""
    session = client.seen("joined")[-1]["session"]
    return {"id": session["id"], "epoch": session["epoch"], "seq": client.pushes[-1]["seq"]}


async def settled(school: LiveSchool, client: LessonClient) -> None:
    """Everything that was on its way to this browser has arrived."""
    seq = await client.do("hears", hears=True)
    if client.pushes[-1]["seq"] < seq:
        await client.until(client.pushes[-1]["t"], lambda p: p["seq"] >= seq)


async def test_a_browser_that_comes_back_gets_exactly_the_pushes_it_missed(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await student.until("joined")
    await settled(school, student)
    session = held(student)
    await student.vanish()
    for n in range(5):
        await lecturer.do("post_chat", message=f"m{n}", text=f"tin {n}")
    student.pushes.clear()
    await student.connect(session=session)
    resumed = await student.until("resumed")
    assert (resumed["seq"], resumed["epoch"]) == (session["seq"], session["epoch"])
    await student.until("chat_posted", lambda p: p["message"]["message"] == "m4")
    numbers = [push["seq"] for push in student.pushes[1:]]
    assert numbers == list(range(session["seq"] + 1, session["seq"] + 1 + len(numbers)))
    assert [p["message"]["text"] for p in student.seen("chat_posted")] == [f"tin {n}" for n in range(5)]
    assert not student.seen("joined")


async def test_student_who_reconnects_within_grace_keeps_one_interval(school: LiveSchool) -> None:
    await school.join("lecturer")
    student = await school.join("student1")
    me = (await student.until("joined"))["me"]
    await settled(school, student)
    session = held(student)
    await student.vanish()
    lost = await school.until_recorded("room.person_lost")
    assert (lost[0]["person"], lost[0]["reason"]) == (me, "socket_closed")
    await school.pass_time(60)
    await student.connect(session=session)
    await student.until("resumed")
    kinds = [type(e.event).__name__ for e in await school.events() if getattr(e.event, "person", None) == me]
    assert kinds.count("PersonKnocked") == 1
    assert "PersonReturned" in kinds
    assert "PersonLeft" not in kinds


async def test_a_short_break_is_no_loss_in_the_record(school: LiveSchool) -> None:
    student = await school.join("student1")
    await student.until("joined")
    await settled(school, student)
    session = held(student)
    await student.vanish()
    await school.pass_time(3)
    await student.connect(session=session)
    await school.pass_time(10)
    assert await school.bodies("room.person_lost") == []


async def test_presence_ends_at_the_last_sign_of_life_not_when_it_was_noticed(school: LiveSchool) -> None:
    student = await school.join("student1")
    await student.do("hears", hears=True)
    alive_us = (await school.events())[-1].at_us
    await student.vanish()
    await school.pass_time(100)
    (left,) = await school.until_recorded("room.person_left")
    assert abs(left["last_alive_us"] - alive_us) < 2_000_000
    assert left["reason"] == "page_close"


async def test_after_the_grace_the_seat_is_gone_and_a_ticket_is_needed(school: LiveSchool) -> None:
    lecturer = await school.join("lecturer")
    browser = await school.browser("student1")
    student = await browser.join(school.lesson)
    school.keep(student)
    await student.until("joined")
    await settled(school, student)
    session = held(student)
    await student.vanish()
    await school.until_recorded("room.person_left")
    await lecturer.until("roster_changed", lambda p: p["people"][0]["presence"] == "left")
    with pytest.raises(Refusal, match=r"ticket\.missing"):
        await student.connect(session=session)
    ticket = await browser.ticket(school.lesson)
    await student.connect(ticket=ticket["ticket"], session=session)
    assert len(await school.bodies("room.person_knocked")) == 3


async def test_leaving_is_recorded_once_however_often_it_is_said(school: LiveSchool) -> None:
    student = await school.join("student1")
    await student.do("leave")
    await student.closed.wait()
    await student.leave()
    await school.pass_time(100)
    left = await school.bodies("room.person_left")
    assert [each["reason"] for each in left] == ["leave"]


async def test_a_second_device_needs_a_word_and_the_first_one_is_told(school: LiveSchool) -> None:
    laptop = await school.join("student1", device="laptop")
    me = (await laptop.until("joined"))["me"]
    phone = await school.browser("student1", device="phone")
    assert (await phone.ticket(school.lesson))["other_device"] is True
    with pytest.raises(Refusal, match=r"room\.other_device"):
        await phone.join(school.lesson)
    await laptop.do("hears", hears=True)
    moved = await phone.join(school.lesson, take_over=True)
    school.keep(moved)
    assert (await moved.until("joined"))["counts"]["present"] == 1
    assert (await laptop.until("removed"))["code"] == "replaced"
    (changed,) = await school.bodies("room.device_changed")
    assert changed["person"] == me
    assert (changed["from_device"], changed["to_device"]) == ("laptop", "phone")
    assert len(await school.bodies("room.person_knocked")) == 1


async def test_the_first_device_cannot_take_its_old_seat_back_by_its_session(school: LiveSchool) -> None:
    laptop = await school.join("student1", device="laptop")
    await laptop.until("joined")
    session = held(laptop)
    phone = await (await school.browser("student1", device="phone")).join(school.lesson, take_over=True)
    school.keep(phone)
    await laptop.closed.wait()
    with pytest.raises(Refusal, match=r"ticket\.missing"):
        await laptop.connect(session=session)
    await phone.do("hears", hears=True)


async def test_a_second_tab_of_the_same_browser_takes_the_seat(school: LiveSchool) -> None:
    browser = await school.browser("student1")
    first, second = await browser.join(school.lesson), await browser.join(school.lesson)
    school.keep(second)
    assert (await first.until("removed"))["code"] == "replaced"
    assert (await second.until("joined"))["counts"]["present"] == 1
    await school.pass_time(100)
    assert await school.bodies("room.person_left") == []


async def test_somebody_elses_session_name_opens_nothing(school: LiveSchool) -> None:
    student = await school.join("student1")
    await student.until("joined")
    session = held(student)
    thief = LessonClient(school.base_url, "another-device")
    with pytest.raises(Refusal, match=r"ticket\.missing"):
        await thief.connect(session=session)
    other = await (await school.browser("student2")).join(school.lesson, session=session)
    school.keep(other)
    assert (await other.until("joined"))["me"] != (await student.until("joined"))["me"]
    await student.do("hears", hears=False)
    assert not student.closed.is_set()


async def test_what_a_browser_claims_of_its_line_is_judged_by_nobody(school: LiveSchool) -> None:
    student = await school.join("student1")
    me = (await student.until("joined"))["me"]
    (room,) = school.services.live.open_rooms()
    seat = room.hall.participants[me]
    before = seat.word()
    await student.do("report_quality", concealed_ppm=400_000, audio_ms=9_000, freezes=2, frozen_ms=1_500)
    assert seat.word() == before
    with pytest.raises(Refusal, match=r"room\.malformed"):
        await student.do("report_quality", concealed_ppm=2_000_000, audio_ms=1, freezes=0, frozen_ms=0)

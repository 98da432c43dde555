"""A lesson with real sockets: what one person does and the others see."""

from __future__ import annotations

import pytest

from tests.kit.lesson_client import Refusal
from tests.kit.live_school import LiveSchool

REASON = "Làm ồn nhiều lần trong giờ"


async def test_everybody_sees_what_one_person_does_and_the_record_has_it_first(school: LiveSchool) -> None:
    lecturer = await school.join("lecturer")
    student = await school.join("student1")
    me = (await student.until("joined"))["me"]
    await lecturer.until("roster_changed", lambda p: p["people"][0]["participant"] == me)
    await lecturer.do("start_lesson")
    assert (await student.until("lesson_changed"))["lesson"]["state"] == "live"

    await student.do("raise_hand")
    assert (await lecturer.until("hands_changed"))["hands"][0]["participant"] == me
    await lecturer.do("give_floor", participant=me)
    assert (await student.until("floor_changed"))["invited_me"] is True
    assert (await lecturer.until("floor_changed")) | {"seq": 0} == {
        "t": "floor_changed", "floor": [me], "invited_me": False, "seq": 0,
    }  # fmt: skip
    await lecturer.do("ask_mute", participant=me)
    await student.until("mute_requested")
    assert not lecturer.seen("mute_requested")

    recorded = [type(each.event).__name__ for each in await school.events()]
    assert recorded[0] == "LessonOpened"
    expected = ["LessonStarted", "HandRaised", "HandLowered", "FloorGiven", "MuteAsked"]
    assert [name for name in recorded if name in expected] == expected
    actors = {type(each.event).__name__: (each.actor, each.connection) for each in await school.events()}
    assert all(actors["HandRaised"])


async def test_the_sender_sees_its_message_by_the_same_push_as_everybody_else(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    seq = await student.do("post_chat", message="m1", text="Thưa cô, em nghe rõ ạ")
    mine = await student.until("chat_posted")
    assert mine["message"] == (await lecturer.until("chat_posted"))["message"]
    assert mine["seq"] == seq
    assert await student.do("post_chat", message="m1", text="Thưa cô, em nghe rõ ạ") == seq
    assert len(await school.bodies("chat.message_posted")) == 1


async def test_hidden_text_reaches_staff_only_also_when_somebody_joins_later(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await student.do("post_chat", message="m1", text="lời không hay")
    await lecturer.do("hide_chat", message="m1", reason=REASON)
    assert (await lecturer.until("chat_changed"))["message"]["text"] == "lời không hay"
    hidden = (await student.until("chat_changed"))["message"]
    assert (hidden["text"], hidden["hidden"]) == ("", True)
    late = await school.join("student2")
    assert (await late.until("joined"))["chat"][0]["text"] == ""
    manager = await school.join("class_manager")
    assert (await manager.until("joined"))["chat"][0]["text"] == "lời không hay"


async def test_a_removed_student_is_told_why_and_all_tickets_die(school: LiveSchool) -> None:
    lecturer = await school.join("lecturer")
    browser = await school.browser("student1")
    student = await browser.join(school.lesson)
    spare = await browser.ticket(school.lesson)
    me = (await student.until("joined"))["me"]
    await lecturer.do("remove_person", participant=me, reason=REASON)
    removed = await student.until("removed")
    assert (removed["code"], removed["reason"]) == ("removed", REASON)
    await student.closed.wait()
    with pytest.raises(Refusal, match=r"room\.removed"):
        await student.connect(ticket=spare["ticket"])
    with pytest.raises(Refusal, match=r"room\.removed"):
        await browser.ticket(school.lesson)
    gone = await lecturer.until("roster_changed", lambda p: p["people"][0]["presence"] == "removed")
    assert gone["people"][0]["state"] == "removed"


async def test_a_roll_call_is_answered_and_counted_for_staff(school: LiveSchool) -> None:
    lecturer, student, other = [await school.join(who) for who in ("lecturer", "student1", "student2")]
    await lecturer.do("start_lesson")
    await lecturer.do("start_roll_call", window_s=60)
    call = (await student.until("roll_call_changed"))["roll_call"]
    assert (call["answered"], call["asked"], call["answered_by_me"]) == (0, 0, False)
    await student.do("answer_roll_call", roll_call=call["roll_call"])
    assert (await student.until("roll_call_changed", lambda p: p["roll_call"]["answered_by_me"]))["roll_call"]
    assert len(other.seen("roll_call_changed")) == 1
    counted = await lecturer.until("roll_call_changed", lambda p: p["roll_call"]["answered"] == 1)
    assert counted["roll_call"]["asked"] == 2
    await school.pass_time(63)
    await other.until("roll_call_changed", lambda p: p["roll_call"] is None)
    with pytest.raises(Refusal, match=r"roll_call\.closed"):
        await other.do("answer_roll_call", roll_call=call["roll_call"])


async def test_a_lesson_that_ends_is_sealed_and_everybody_is_shown_out(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await lecturer.do("start_lesson")
    await lecturer.do("end_lesson")
    assert (await student.until("lesson_changed", lambda p: p["reason"] == "lecturer"))["lesson"]["state"] == "ended"
    assert (await student.until("removed"))["code"] == "lesson_closed"
    await student.closed.wait()
    left = await school.bodies("room.person_left")
    assert [each["reason"] for each in left] == ["lesson_end", "lesson_end"]
    browser = await school.browser("lecturer")
    while (await browser.get(f"/lessons/{school.lesson}"))["card"]["state"] != "sheet_open":
        pass
    seals = await school.services.ledger.seals(school.lesson)  # type: ignore[arg-type]
    assert seals[-1].kind == "seal"
    with pytest.raises(Refusal, match=r"lesson\.wrong_state"):
        await browser.ticket(school.lesson)


async def test_a_lesson_without_a_lecturer_is_suspended_after_the_grace_and_ends_by_itself(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await lecturer.do("start_lesson")
    await lecturer.vanish()
    await school.until_recorded("room.person_lost")
    await school.pass_time(91)
    suspended = await student.until("lesson_changed", lambda p: p["lesson"]["state"] == "suspended")
    assert suspended["reason"] == "lecturer_lost"
    await school.pass_time(900)
    ended = await student.until("lesson_changed", lambda p: p["lesson"]["state"] == "ended")
    assert ended["reason"] == "auto"


@pytest.mark.parametrize("who", ["student1", "class_manager", "training_office"])
async def test_nobody_but_the_lecturer_moves_the_lesson(school: LiveSchool, who: str) -> None:
    await school.join("lecturer")
    other = await school.join(who)
    for command in ("start_lesson", "suspend_lesson", "resume_lesson", "end_lesson", "lower_all_hands"):
        with pytest.raises(Refusal, match=r"room\.not_allowed"):
            await other.do(command)

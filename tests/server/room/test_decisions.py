"""What a room decides, without any I/O."""

from __future__ import annotations

import pytest

from server.errors import Problem
from server.events import lesson, room
from server.events.base import Event
from server.ids import PersonId
from server.room import commands as wish
from server.room import decisions_presence as presence
from server.room.decisions_floor import may_publish, priority
from server.room.decisions_lesson import end_without_lecturer
from server.room.decisions_roll_call import close_due, retry_due, start_automatic
from server.room.state import RollCall
from server.school.lesson_states import LessonState
from server.school.permissions import Role
from tests.server.room.hall_of_values import LECTURER, MANAGER, START_US, STUDENTS, PaperRoom

AN, BINH, CUONG, DUNG = STUDENTS
REASON = "Làm ồn nhiều lần trong giờ"


def live_room(**policy: int) -> PaperRoom:
    paper = PaperRoom(**policy)
    paper.enter(LECTURER, AN, BINH)
    paper.do(LECTURER, wish.StartLesson())
    return paper


def test_only_the_lecturer_starts_and_ends_a_lesson() -> None:
    paper = PaperRoom()
    paper.enter(LECTURER, AN)
    assert paper.refusal(AN, wish.StartLesson()) == "room.not_allowed"
    assert paper.phase() is LessonState.LOBBY
    paper.do(LECTURER, wish.StartLesson())
    assert paper.refusal(AN, wish.EndLesson()) == "room.not_allowed"
    assert paper.phase() is LessonState.LIVE
    assert isinstance(paper.do(LECTURER, wish.EndLesson())[-1], lesson.LessonEnded)


def test_first_join_does_not_make_a_lesson_live() -> None:
    paper = PaperRoom()
    paper.enter(LECTURER, *STUDENTS)
    assert paper.phase() is LessonState.LOBBY
    assert paper.state.started_us is None


def test_a_command_sent_again_after_a_reconnect_records_nothing_twice() -> None:
    paper = live_room()
    assert paper.do(LECTURER, wish.StartLesson()) == []
    paper.do(AN, wish.PostChat(message="m1", text="Thưa cô"))
    assert paper.do(AN, wish.PostChat(message="m1", text="Thưa cô")) == []
    paper.do(AN, wish.RaiseHand())
    assert paper.do(AN, wish.RaiseHand()) == []
    paper.do(LECTURER, wish.EndLesson())
    assert paper.do(LECTURER, wish.EndLesson()) == []


def test_a_right_command_at_the_wrong_time_is_told_apart_from_a_forbidden_one() -> None:
    paper = PaperRoom()
    paper.enter(LECTURER, AN)
    assert paper.refusal(AN, wish.RaiseHand()) == "room.wrong_state"
    assert paper.refusal(LECTURER, wish.RaiseHand()) == "room.not_allowed"


def test_hands_stand_in_the_order_in_which_the_server_saw_them() -> None:
    paper = PaperRoom()
    paper.enter(LECTURER, *STUDENTS)
    paper.do(LECTURER, wish.StartLesson())
    for person in (CUONG, AN, DUNG):
        paper.do(person, wish.RaiseHand())
    assert list(paper.state.hands) == [CUONG, AN, DUNG]
    paper.do(CUONG, wish.LowerHand())
    paper.do(CUONG, wish.RaiseHand())
    assert list(paper.state.hands) == [AN, DUNG, CUONG]
    assert paper.refusal(AN, wish.LowerHand(participant=DUNG)) == "room.not_allowed"
    paper.do(LECTURER, wish.LowerAllHands())
    assert paper.state.hands == {}


def test_giving_the_floor_lowers_the_hand_and_lets_the_student_show_a_screen() -> None:
    paper = live_room()
    paper.do(AN, wish.RaiseHand())
    given = paper.do(LECTURER, wish.GiveFloor(participant=AN))
    assert given == [room.HandLowered(person=AN, by="given"), room.FloorGiven(person=AN)]
    assert "screen" in may_publish(Role.STUDENT, has_floor=True)
    assert may_publish(Role.STUDENT, has_floor=False) == {"microphone", "camera"}
    assert may_publish(Role.OBSERVER, has_floor=False) == frozenset()
    assert priority(Role.LECTURER, False) > priority(Role.STUDENT, True) > priority(Role.STUDENT, False)
    assert paper.refusal(BINH, wish.TakeFloor(participant=AN)) == "room.not_allowed"
    assert paper.do(AN, wish.TakeFloor(participant=AN)) == [room.FloorTaken(person=AN, by="self")]


def test_the_floor_is_not_given_to_somebody_who_is_not_there() -> None:
    paper = live_room()
    assert paper.refusal(LECTURER, wish.GiveFloor(participant=DUNG)) == "room.not_present"
    assert paper.refusal(LECTURER, wish.GiveFloor(participant="nobody")) == "room.no_such_person"
    assert paper.refusal(LECTURER, wish.GiveFloor(participant=MANAGER)) == "room.not_a_student"


def test_a_removed_person_stays_out_on_every_device_and_leaves_hand_and_floor_behind() -> None:
    paper = live_room()
    paper.do(AN, wish.RaiseHand())
    paper.do(LECTURER, wish.RemovePerson(participant=AN, reason=REASON))
    assert paper.state.hands == {}
    for device in ("device", "another"):
        with pytest.raises(Problem, match=r"room\.removed"):
            paper.enter(AN, device=device, take_over=True)
    assert paper.refusal(LECTURER, wish.RemovePerson(participant=LECTURER, reason=REASON)) == "room.not_yourself"


def test_nobody_takes_over_the_message_id_of_somebody_else() -> None:
    paper = live_room()
    paper.do(AN, wish.PostChat(message="m1", text="của An"))
    assert paper.refusal(BINH, wish.PostChat(message="m1", text="của Bình")) == "chat.duplicate"
    assert paper.refusal(BINH, wish.EditChat(message="m1", text="đổi")) == "chat.not_author"
    assert paper.refusal(LECTURER, wish.EditChat(message="m1", text="đổi")) == "chat.not_author"
    assert paper.state.chat["m1"].text == "của An"  # type: ignore[index]


def test_a_hidden_message_keeps_its_text_in_the_record_and_cannot_be_edited() -> None:
    paper = live_room()
    paper.do(AN, wish.PostChat(message="m1", text="lời không hay"))
    assert paper.refusal(AN, wish.HideChat(message="m1", reason=REASON)) == "room.not_allowed"
    paper.do(LECTURER, wish.HideChat(message="m1", reason=REASON))
    assert paper.refusal(AN, wish.EditChat(message="m1", text="khác")) == "chat.hidden"
    assert room.MessagePosted(message="m1", person=AN, text="lời không hay") in paper.events  # type: ignore[arg-type]


def test_chat_is_kept_in_nfc_and_empty_text_is_refused() -> None:
    paper = live_room()
    paper.do(AN, wish.PostChat(message="m1", text="Nguye\u0302\u0303n"))
    assert paper.state.chat["m1"].text == "Nguyễn"  # type: ignore[index]
    assert paper.refusal(AN, wish.PostChat(message="m2", text=" \n\t ")) == "chat.empty"


def test_a_second_device_needs_the_persons_word_and_is_then_one_person_still() -> None:
    paper = live_room()
    with pytest.raises(Problem, match=r"room\.other_device"):
        paper.enter(AN, device="phone", busy=True)
    paper.enter(AN, device="phone", busy=True, take_over=True)
    assert room.DeviceChanged(person=AN, from_device="device", to_device="phone") in paper.events
    assert sum(isinstance(e, room.PersonKnocked) and e.person == AN for e in paper.events) == 1
    assert paper.state.people[AN].device == "phone"


def test_a_lost_device_is_replaced_without_asking() -> None:
    paper = live_room()
    paper.happen(presence.lose(paper.state, AN, START_US, "socket_closed"))
    paper.enter(AN, device="phone")
    assert paper.state.people[AN].presence == "present"


def test_teaching_is_suspended_when_the_lecturer_is_gone_and_goes_on_when_they_are_back() -> None:
    paper = live_room()
    paper.happen(presence.leave(paper.state, LECTURER, paper.now_us, "page_close"))
    assert paper.phase() is LessonState.SUSPENDED
    paper.enter(LECTURER)
    assert paper.phase() is LessonState.LIVE


def test_a_pause_that_the_lecturer_asked_for_is_not_ended_by_a_reconnect() -> None:
    paper = live_room()
    paper.do(LECTURER, wish.SuspendLesson())
    paper.happen(presence.leave(paper.state, LECTURER, paper.now_us, "page_close"))
    paper.enter(LECTURER)
    assert paper.phase() is LessonState.SUSPENDED


def test_a_lesson_ends_by_itself_only_after_the_policys_time_without_a_lecturer() -> None:
    paper = live_room()
    paper.happen(presence.leave(paper.state, LECTURER, paper.now_us, "page_close"))
    assert end_without_lecturer(paper.state, paper.now_us + 899_000_000, 900) == []
    ended = end_without_lecturer(paper.state, paper.now_us + 900_000_000, 900)
    assert lesson.LessonEnded(reason="auto") in ended


def test_the_servers_own_absence_is_not_the_lecturers() -> None:
    paper = live_room()
    back_us = paper.now_us + 3_600_000_000
    paper.happen([lesson.ServerOutage(from_us=paper.now_us, to_us=back_us)])
    assert end_without_lecturer(paper.state, back_us + 10_000_000, 900) == []


def test_a_roll_call_counts_those_present_and_closes_after_its_window() -> None:
    paper = live_room(screenshot_at_roll_call=1)
    started = paper.do(LECTURER, wish.StartRollCall(window_s=60))
    assert room.ScreenshotAsked(cause="roll_call") in started
    call = paper.state.open_roll_call
    assert call is not None and call.asked == {AN, BINH}
    assert paper.refusal(MANAGER, wish.StartRollCall()) == "roll_call.already_open"
    paper.do(AN, wish.AnswerRollCall(roll_call=call.roll_call))
    assert paper.do(AN, wish.AnswerRollCall(roll_call=call.roll_call)) == []
    assert close_due(paper.state, paper.now_us + 61_000_000) == []
    paper.now_us += 62_000_000
    paper.happen(close_due(paper.state, paper.now_us))
    assert lesson.RollCallClosed(roll_call=call.roll_call, answered=1, asked=2) in paper.events
    assert paper.refusal(BINH, wish.AnswerRollCall(roll_call=call.roll_call)) == "roll_call.closed"
    assert paper.refusal(BINH, wish.AnswerRollCall(roll_call="none")) == "roll_call.no_such"


def test_an_automatic_roll_call_is_repeated_once_for_the_silent_only() -> None:
    paper = live_room()
    paper.happen(start_automatic(paper.state, 90, paper.moment()))
    first = paper.state.roll_calls[-1]
    paper.do(AN, wish.AnswerRollCall(roll_call=first.roll_call))
    paper.now_us += 92_000_000
    paper.happen(close_due(paper.state, paper.now_us))
    assert retry_due(paper.state, 180, paper.moment()) == []
    paper.now_us += 88_000_000
    paper.happen(retry_due(paper.state, 180, paper.moment()))
    second = paper.state.roll_calls[-1]
    assert (second.no, second.asked) == (first.no, {BINH})
    paper.now_us += 92_000_000
    paper.happen(close_due(paper.state, paper.now_us))
    paper.now_us += 180_000_000
    assert retry_due(paper.state, 180, paper.moment()) == []


def test_without_a_roll_call_of_the_plan_there_is_none_to_repeat() -> None:
    paper = live_room()
    assert retry_due(paper.state, 45, paper.moment()) == []
    paper.do(LECTURER, wish.StartRollCall())
    paper.now_us += 92_000_000
    paper.happen(close_due(paper.state, paper.now_us))
    assert retry_due(paper.state, 45, paper.moment()) == []


def test_a_roll_call_that_comes_between_does_not_take_the_repetition_of_the_one_before() -> None:
    paper = live_room()

    def closes(opened_by: list[Event]) -> RollCall:
        paper.happen(opened_by)
        call = paper.state.roll_calls[-1]
        paper.now_us += 32_000_000
        paper.happen(close_due(paper.state, paper.now_us))
        return call

    second = closes(start_automatic(paper.state, 30, paper.moment()))
    third = closes(start_automatic(paper.state, 30, paper.moment()))
    repeated = closes(retry_due(paper.state, 45, paper.moment()))
    assert (repeated.no, repeated.issued_by) == (second.no, "auto_retry")
    assert closes(retry_due(paper.state, 45, paper.moment())).no == third.no
    assert retry_due(paper.state, 45, paper.moment()) == []


def test_ending_closes_an_open_roll_call_and_asks_for_the_last_picture() -> None:
    paper = live_room()
    paper.do(LECTURER, wish.StartRollCall())
    kinds = [type(each) for each in paper.do(LECTURER, wish.EndLesson())]
    assert kinds == [lesson.RollCallClosed, room.ScreenshotAsked, lesson.LessonEnded]


def test_everybody_may_leave_even_after_the_end() -> None:
    paper = live_room()
    paper.do(LECTURER, wish.EndLesson())
    assert paper.refusal(AN, wish.Leave()) == ""
    assert paper.refusal(AN, wish.PostChat(message="m", text="muộn")) == "room.wrong_state"


def test_a_guest_is_listed_as_an_observer() -> None:
    paper = live_room()
    guest = PersonId("inspector")
    knock = presence.Knock(guest, Role.OBSERVER, "d", False, False, False)
    paper.happen(presence.come_in(paper.state, knock))
    assert paper.state.people[guest].role is Role.OBSERVER

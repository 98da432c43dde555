"""The finer points of the attendance rule: roll-calls, leaves, suspensions, states on the strip, decisions."""

from __future__ import annotations

import pytest

from server.attendance.facts import StudentFacts
from server.attendance.judge import Mark, mark_of
from server.attendance.policy import Policy
from server.attendance.recompute import project, recompute, roll_of
from server.attendance.roll import digest, unverified
from server.events import room
from server.events.base import Recorded
from server.events.sheet import MarkOverridden, RollConfirmed
from server.school.policy import ATTENDANCE
from tests.server.attendance.scripts import LessonScript, Log, at, enrolment, opened, person

MINUTE_US = 60_000_000
ALL_DAY = ("07:28 knock", "07:30 start")


def facts_of(events: list[Recorded], now: str = "12:00") -> StudentFacts:
    return project(events).rows(at(now))[0]


def judged(events: list[Recorded]) -> Mark:
    projection = project(events)
    return mark_of(projection.rows(0)[0], projection.policy)


@pytest.mark.parametrize(
    "act", ["07:46 hand", "07:46:10 spoke 07:46:00", "07:45:50 answer 1"], ids=["hand", "speech", "answer"]
)
def test_anything_a_person_does_in_the_window_is_an_answer(act: str) -> None:
    events = LessonScript().run(*ALL_DAY, "07:45 roll_call 1", act, "10:45 end")
    assert (judged(events).mark, facts_of(events).roll_calls_answered) == ("CM", 1)


def test_acting_outside_the_window_is_no_answer() -> None:
    assert judged(LessonScript().run(*ALL_DAY, "07:45 roll_call 1", "07:50 hand", "10:45 end")).mark == "?"


def test_roll_call_during_the_break_asks_nobody() -> None:
    events = LessonScript().run(*ALL_DAY, "09:05 roll_call 1", "10:45 end")
    assert (facts_of(events).roll_calls_asked, judged(events).mark) == (0, "CM")


def test_roll_call_while_disconnected_asks_nothing_of_the_student() -> None:
    events = LessonScript().run(
        *ALL_DAY, "08:20:30 lost ice_lost since 08:20:00", "08:20:40 roll_call 1", "08:21:10 return", "10:45 end"
    )
    assert facts_of(events).roll_calls_asked == 0


def test_retry_of_a_roll_call_counts_as_one() -> None:
    script = LessonScript()
    events = script.run(*ALL_DAY, "07:45 roll_call 1", "07:48 roll_call 1", "07:48:30 answer 1", "10:45 end")
    assert (facts_of(events).roll_calls_asked, facts_of(events).roll_calls_answered) == (1, 1)


def test_open_roll_call_is_not_yet_silence() -> None:
    events = LessonScript().run(*ALL_DAY, "07:45 roll_call 1")
    assert facts_of(events, "07:45:30").roll_calls_asked == 0
    assert facts_of(events, "07:47").roll_calls_asked == 1


def test_suspension_by_the_lecturer_counts_for_nobody_and_against_delivery() -> None:
    events = LessonScript().run(*ALL_DAY, "07:40 suspend lecturer", "07:55 resume", "10:45 end")
    first = facts_of(events).periods[0]
    assert (first.delivered, first.countable_us // MINUTE_US, judged(events).mark) == (False, 30, "CM")


def test_leaving_during_the_break_is_no_gap() -> None:
    events = LessonScript().run(*ALL_DAY, "09:00 leave", "09:15 knock", "10:45 end")
    assert (facts_of(events).gaps, judged(events).absent_k) == ((), 0)


def test_gap_over_the_break_is_measured_without_it() -> None:
    events = LessonScript().run(*ALL_DAY, "08:59:10 leave", "09:16 knock", "10:45 end")
    (gap,) = facts_of(events).gaps
    assert (gap.counted_us, gap.bridged) == (110_000_000, True)


def test_leave_until_the_student_arrives_excuses_period_and_lateness() -> None:
    events = LessonScript(leaves=[("07:30", "08:00")]).run("07:30 start", "07:58 knock", "10:45 end")
    mark = judged(events)
    assert (mark.mark, mark.flags, mark.absent_p, mark.absent_k) == ("CM", (), 1, 0)


def test_leave_for_other_hours_excuses_nothing() -> None:
    events = LessonScript(leaves=[("13:00", "17:00")]).run("07:30 start", "10:45 end")
    assert (judged(events).mark, judged(events).absent_p) == ("K", 0)


def test_student_never_seen_in_a_lesson_that_was_not_taught_waits_for_a_human() -> None:
    assert judged(LessonScript().run("10:40 start", "10:45 end")).mark == "?"


def test_connection_nobody_saw_going_ends_when_the_same_browser_returns() -> None:
    script = LessonScript()
    script.run("07:28 knock", "07:30 start")
    script.log.boot(at("08:00"))
    events = script.run("08:00 return", "10:20 left leave since 10:20:00", "10:45 end")
    facts = facts_of(events)
    assert (facts.early_us // MINUTE_US, facts.presence_us // MINUTE_US) == (25, 155)


def test_late_word_about_a_replaced_connection_ends_nothing() -> None:
    script = LessonScript()
    events = script.run(*ALL_DAY)
    gone = LessonScript().run("07:28 knock", "08:00 left replaced since 08:00:00")[-1]
    script.log.boot(at("07:59"))
    script.line("07:59 return")
    script.log.add(at("08:00"), gone.event, connection="A-1")
    script.line("10:45 end")
    assert facts_of(events).presence_us // MINUTE_US == 180


def test_hand_over_to_another_device_counts_once_and_ends_the_first() -> None:
    script = LessonScript()
    script.run(*ALL_DAY, "08:00 knock on B")
    script.log.add(at("08:00"), room.DeviceChanged(person=person(1), from_device="A", to_device="B"), connection="B-1")
    events = script.run("09:50 left leave since 09:50:00 on B", "10:45 end")
    facts = facts_of(events)
    assert (facts.presence_us // MINUTE_US, facts.last_out_us, facts.devices) == (125, at("09:50"), 2)


def test_strip_shows_a_loss_from_the_last_sign_of_life() -> None:
    events = LessonScript().run(
        *ALL_DAY, "07:29 state learning", "08:00:30 lost ice_lost since 08:00:00", "08:01 return", "08:10 state weak"
    )
    seen = [(s.from_us, s.state) for s in facts_of(events, "08:20").segments]
    assert seen == [
        (at("07:28"), "learning"),
        (at("08:00"), "lost"),
        (at("08:01"), "learning"),
        (at("08:10"), "weak"),
    ]


def test_running_lesson_judges_only_what_has_passed() -> None:
    projection = project(LessonScript().run(*ALL_DAY))
    facts = projection.rows(at("07:50"))[0]
    assert [p.no for p in facts.periods] == [1]
    assert (facts.presence_us // MINUTE_US, facts.present_now, facts.left_early) == (20, True, False)
    assert mark_of(facts, projection.policy).mark == "CM"


def test_lecturer_is_warned_while_the_first_period_slips_away() -> None:
    projection = project(LessonScript().run("07:38 knock", "07:41 start"))
    assert [p.delivered for p in projection.time(at("08:15")).periods] == [False]


def overridden(mark: str, reason: str = "Mất kết nối khách quan, đã gọi điện") -> MarkOverridden:
    return MarkOverridden(
        enrolment=enrolment(1), mark=mark, flags=[], absent_periods_p=0, absent_periods_k=0, reason=reason
    )


def test_question_mark_waits_for_a_human() -> None:
    events = LessonScript().run(*ALL_DAY, "07:45 roll_call 1", "10:45 end")
    assert unverified(roll_of(project(events))) == [enrolment(1)]


def test_override_lets_confirm_and_keeps_the_proposal_visible() -> None:
    script = LessonScript()
    script.run(*ALL_DAY, "07:45 roll_call 1", "10:45 end")
    script.log.add(at("10:50"), overridden("CM"), actor="lecturer")
    roll = roll_of(project(script.log.events))
    assert unverified(roll) == []
    assert (roll[0].machine.mark, roll[0].final.mark, roll[0].decision and roll[0].decision.by) == (
        "?",
        "CM",
        "lecturer",
    )


def test_recomputed_digest_is_the_confirmed_one_and_moves_with_any_decision() -> None:
    script = LessonScript()
    script.run(*ALL_DAY, "10:45 end")
    before = digest(roll_of(project(script.log.events)))
    script.log.add(at("10:50"), RollConfirmed(marks_sha256=before, overrides=0), actor="lecturer")
    _, recomputed = recompute(script.log.events)
    assert recomputed == before == project(script.log.events).decided.marks_sha256
    script.log.add(at("10:51"), overridden("K"))
    assert recompute(script.log.events)[1] != before


def test_policy_takes_the_schools_values_and_refuses_nonsense() -> None:
    school = {name: parameter.first for name, parameter in ATTENDANCE.items()}
    assert Policy.from_dict(school).to_dict() == Policy().to_dict() == school
    assert Policy.from_dict({"late_tol_s": 0, "record_lessons": 1}).late_tol_s == 0
    for bad in ({"late_tol_s": 901}, {"bridge_s": -1}, {"period_min_pct": 101}):
        with pytest.raises(ValueError):
            Policy.from_dict(bad)


def test_sixty_students_cost_the_desk_little() -> None:
    log = Log()
    log.add(at("07:00"), opened(students=60))
    assert len(project(log.events).rows(at("08:00"))) == 60


def test_camera_goes_on_after_an_ice_restart_and_not_after_a_new_start() -> None:
    for how, minutes in (("ice_restart", 179), ("rejoined", 60)):
        script = LessonScript()
        script.run(*ALL_DAY)
        script.log.add(at("07:29"), room.MediaChanged(person=person(1), role="camera", on=True), "A-1")
        script.run("08:30:30 lost ice_lost since 08:30:00", "08:30:31 state lost")
        script.log.add(at("08:31"), room.PersonReturned(person=person(1), device="A", how=how), "A-1")
        assert facts_of(script.run("10:45 end")).camera_on_us // MINUTE_US == minutes

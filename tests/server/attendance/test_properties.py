"""What must hold for every lesson: presence is a union within T, recomputation is identical, clock steps change nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from server.attendance.intervals import clip, contains, intersect, length, subtract, union
from server.attendance.judge import marks
from server.attendance.projection import AttendanceProjection
from server.attendance.recompute import project, recompute
from server.events import lesson, room
from server.events.base import Event
from tests.server.attendance.scripts import Log, at, opened, person

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda p: (min(p), max(p))), max_size=8)
START, END = at("07:20"), at("10:50")
#: One thing that happens: after how many seconds, what, to which student, from which device.
happenings = st.lists(
    st.tuples(
        st.integers(1, 1500),
        st.sampled_from(["knock", "lost", "return", "left", "hand", "roll_call", "outage", "suspend", "resume"]),
        st.integers(1, 3),
        st.sampled_from("AB"),
        st.integers(0, 40),
    ),
    max_size=40,
)
Happening = tuple[int, str, int, str, int]


@given(spans, spans)
def test_interval_algebra_agrees_with_counting_moments(
    left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> None:
    a, b = union(left), union(right)
    moments = range(61)
    in_a = {m for m in moments if any(s <= m < e for s, e in left)}
    in_b = {m for m in moments if any(s <= m < e for s, e in right)}
    for found, expected in (
        (union(a, b), in_a | in_b),
        (intersect(a, b), in_a & in_b),
        (subtract(a, b), in_a - in_b),
        (clip(a, 10, 20), in_a & set(range(10, 20))),
    ):
        assert {m for m in moments if contains(found, m)} == expected
        assert length(found) == len(expected)
        assert list(found) == sorted(found)


def _told(happened: list[Happening], step_at: int = -1, step_s: int = 0) -> Log:
    """The log of a lesson in which this happened; after `step_at` events the wall clock jumps by `step_s`."""
    log, now, suspended = Log(), START, False
    log.add(at("07:00"), opened(students=3))
    log.add(now, lesson.LessonStarted())
    for index, (after_s, what, who, device, ago_s) in enumerate(happened):
        earlier_us = now
        now = min(now + after_s * 1_000_000, END - 1_000_000)
        since = max(now - ago_s * 1_000_000, earlier_us)
        if index == step_at:
            log.wall_step_us += step_s * 1_000_000
        if what in ("suspend", "resume") and suspended == (what == "suspend"):
            continue
        suspended = (what == "suspend") if what in ("suspend", "resume") else suspended
        log.add(now, _event(log, what, who, device, now, since, index), f"{who}-{device}")
    log.add(END, lesson.LessonEnded(reason="lecturer"))
    return log


def _event(log: Log, what: str, who: int, device: str, now: int, since: int, index: int) -> Event:
    one = person(who)
    made: dict[str, Event] = {
        "knock": room.PersonKnocked(person=one, role="student", device=device, with_media=True),
        "lost": room.PersonLost(person=one, last_alive_us=log.wall(since), reason="ice_lost"),
        "return": room.PersonReturned(person=one, device=device, how="resumed"),
        "left": room.PersonLeft(person=one, last_alive_us=log.wall(since), reason="leave"),
        "hand": room.HandRaised(person=one),
        "roll_call": lesson.RollCallStarted(roll_call=f"c{index}", no=index, window_s=90, issued_by="auto"),  # type: ignore[arg-type]
        "outage": lesson.ServerOutage(from_us=log.wall(since), to_us=log.wall(now)),
        "suspend": lesson.LessonSuspended(reason="lecturer"),
        "resume": lesson.LessonResumed(),
    }
    return made[what]


@settings(max_examples=150, deadline=None)
@given(happenings)
def test_presence_is_a_union_and_never_longer_than_the_lesson(happened: list[Happening]) -> None:
    projection = project(_told(happened).events)
    for facts in projection.rows(0):
        assert facts.presence_us == length(union(facts.presence)) <= facts.countable_us
        for period in facts.periods:
            assert 0 <= period.present_us <= period.countable_us
        mark = marks([facts], projection.policy)[0]
        judged = sum(p.delivered for p in facts.periods)
        assert 0 <= mark.absent_p + mark.absent_k <= judged


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_recomputation_gives_identical_rows_whenever_the_desk_looked(happened: list[Happening]) -> None:
    events = _told(happened).events
    live = AttendanceProjection()
    for recorded in events:
        live.apply(recorded)
        live.rows(recorded.at_us)
    assert live.rows(0) == project(events).rows(0)
    assert recompute(events) == recompute(list(events))


@settings(max_examples=150, deadline=None)
@given(happenings, st.integers(0, 39), st.sampled_from([3600, -3600, 95, -95]))
def test_clock_step_in_mid_lesson_changes_nothing(happened: list[Happening], step_at: int, step_s: int) -> None:
    steady, stepped = project(_told(happened).events), project(_told(happened, step_at, step_s).events)
    assert steady.rows(0) == stepped.rows(0)

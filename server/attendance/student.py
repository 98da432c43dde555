"""One student's facts from presence and lesson time (regulation D.3 steps 2–5 and 7). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from server.attendance.facts import Gap, PeriodFact, RollCallFact, StudentFacts
from server.attendance.intervals import (
    NOTHING,
    Intervals,
    clip,
    contains,
    intersect,
    length,
    subtract,
    union,
)
from server.attendance.lesson_time import LessonTime
from server.attendance.policy import Policy
from server.attendance.presence import PersonPresence
from server.ids import EnrolmentId, RollCallId

_SECOND_US = 1_000_000


@dataclass(slots=True)
class RollCallAsked:
    """A roll-call that went out. A retry repeats its number; an answer to either counts once."""

    roll_call: RollCallId
    no: int
    at_us: int
    window_us: int
    closed_us: int | None = None


def student_facts(
    enrolment: EnrolmentId,
    person: PersonPresence,
    time: LessonTime,
    leaves: Intervals,
    calls: list[RollCallAsked],
    policy: Policy,
    now_us: int,
) -> StudentFacts:
    """What the log says about one student at `now_us` (on the log's time line)."""
    connected = person.intervals(now_us)
    countable = time.countable
    gaps = _gaps(person, connected, countable, policy)
    presence = intersect(union(connected, ((g.from_us, g.to_us) for g in gaps if g.bridged)), countable)
    late_us, early_us = _edges(presence, time, leaves)
    late = late_us > policy.late_tol_s * _SECOND_US
    left_early = not time.open and early_us > policy.early_tol_s * _SECOND_US
    forgiven = _forgiven(presence, time, policy, late_us, early_us if left_early else 0)
    return StudentFacts(
        enrolment=enrolment,
        person=person.person,
        state=person.state,
        presence=presence,
        presence_us=length(presence),
        countable_us=length(countable),
        segments=person.segments(),
        gaps=gaps,
        periods=_periods(presence, time, leaves, forgiven, policy),
        first_knock_us=person.first_knock_us,
        first_in_us=person.first_in_us,
        last_out_us=None if person.is_connected and time.open else (connected[-1][1] if connected else None),
        late_us=late_us,
        early_us=early_us,
        late=late,
        left_early=left_early,
        roll_calls=_roll_calls(person, connected, countable, calls, now_us, time.open),
        interactions=person.interactions,
        spoke_us=length(union(person.speech)),
        camera_on_us=length(intersect(person.camera_on(now_us), countable)),
        devices=len(person.devices),
        on_leave=any(not subtract(p.countable, leaves) for p in time.judged) if leaves else False,
        inferred=person.inferred,
        from_seq=person.from_seq,
        to_seq=person.to_seq,
    )


def _gaps(person: PersonPresence, connected: Intervals, countable: Intervals, policy: Policy) -> tuple[Gap, ...]:
    """Step 2: what lies between two connections inside T. Length is net of breaks, suspensions and outages."""
    found = []
    for (_, from_us), (to_us, _) in pairwise(connected):
        inside = clip(countable, from_us, to_us)
        if not inside:
            continue
        reason, inferred = person.reason_at(from_us)
        counted_us = length(inside)
        found.append(
            Gap(
                from_us=from_us,
                to_us=to_us,
                reason=reason,
                counted_us=counted_us,
                bridged=counted_us <= policy.bridge_s * _SECOND_US,
                inferred=inferred,
            )
        )
    return tuple(found)


def _edges(presence: Intervals, time: LessonTime, leaves: Intervals) -> tuple[int, int]:
    """Step 3: countable time before the first and after the last presence in the judged periods, less approved leave."""
    judged = union(*(period.countable for period in time.judged))
    within = intersect(presence, judged)
    if not within:
        return 0, 0
    owed = subtract(judged, leaves)
    return length(clip(owed, judged[0][0], within[0][0])), length(clip(owed, within[-1][1], judged[-1][1]))


def _forgiven(
    presence: Intervals, time: LessonTime, policy: Policy, late_us: int, early_us: int
) -> dict[int, Intervals]:
    """Step 3: the late (early) part that leaves the countable time of the first (last) period, by period number."""
    judged = time.judged
    forgiven: dict[int, Intervals] = {}
    if not judged or not presence:
        return forgiven
    if policy.late_tol_s * _SECOND_US < late_us <= policy.late_max_s * _SECOND_US:
        first = judged[0]
        arrived = intersect(presence, union(*(p.countable for p in judged)))[0][0]
        forgiven[first.no] = clip(first.countable, first.countable[0][0], arrived)
    if policy.early_tol_s * _SECOND_US < early_us <= policy.early_max_s * _SECOND_US:
        last = judged[-1]
        gone = intersect(presence, union(*(p.countable for p in judged)))[-1][1]
        part = clip(last.countable, gone, last.countable[-1][1])
        forgiven[last.no] = union(forgiven.get(last.no, NOTHING), part)
    return forgiven


def _periods(
    presence: Intervals, time: LessonTime, leaves: Intervals, forgiven: dict[int, Intervals], policy: Policy
) -> tuple[PeriodFact, ...]:
    """Steps 4 and 5. A leave excuses a period when presence and leave together reach what presence alone did not."""
    found = []
    for period in time.periods:
        countable = subtract(period.countable, forgiven.get(period.no, NOTHING))
        there = intersect(presence, countable)
        needed = policy.period_min_pct * length(countable)
        attended = bool(countable) and length(there) * 100 >= needed
        explained = intersect(union(there, leaves), countable)
        found.append(
            PeriodFact(
                no=period.no,
                present_us=length(there),
                countable_us=length(countable),
                delivered=period.delivered,
                attended=attended,
                excused=not attended and length(explained) > length(there) and length(explained) * 100 >= needed,
            )
        )
    return tuple(found)


def _roll_calls(
    person: PersonPresence,
    connected: Intervals,
    countable: Intervals,
    calls: list[RollCallAsked],
    now_us: int,
    running: bool,
) -> tuple[RollCallFact, ...]:
    """Step 7, one fact per roll-call number."""
    by_no: dict[int, RollCallFact] = {}
    rank = ("not_asked", "open", "silent", "active", "answered")
    for call in calls:
        how = _how(person, connected, countable, call, now_us, running)
        held = by_no.get(call.no)
        if held is None or rank.index(how) > rank.index(held.how):
            by_no[call.no] = RollCallFact(roll_call=call.roll_call, no=call.no, at_us=call.at_us, how=how)
    return tuple(by_no[no] for no in sorted(by_no))


def _how(
    person: PersonPresence,
    connected: Intervals,
    countable: Intervals,
    call: RollCallAsked,
    now_us: int,
    running: bool,
) -> str:
    """Asked are those connected at that moment, in countable time: who cannot see it owes no answer."""
    if not (contains(connected, call.at_us) and contains(countable, call.at_us)):
        return "not_asked"
    if call.roll_call in person.answered:
        return "answered"
    window = (call.at_us, call.at_us + call.window_us)
    if any(window[0] <= act <= window[1] for act in person.acts_us):
        return "active"
    if any(start < window[1] and end > window[0] for start, end in person.speech):
        return "active"
    return "open" if running and call.closed_us is None and now_us < window[1] else "silent"

"""What the class manager's desk is told (Socket.IO namespace `/desk`, event `push`): today's lessons, live, by difference.

`DeskSnapshot` comes at connect; afterwards `DeskChanged` with the rows that changed. The desk sends nothing but `do` with `WatchDay`.
"""

from __future__ import annotations

import msgspec

from server.room.pushes import Counts, PeriodInfo, Push, Shape


class WatchDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t", tag="watch_day"):
    """Ask for another day (ISO date, school time); today by default."""

    day: str


class PresenceSegment(Shape, frozen=True, kw_only=True):
    """A piece of the presence strip. state ∈ learning, listening_only, weak, lost; `to_us` null: still so."""

    from_us: int
    to_us: int | None
    state: str


class RollCallDot(Shape, frozen=True, kw_only=True):
    at_us: int
    answered: bool


class DeskRow(Shape, frozen=True, kw_only=True):
    """One student of one lesson as the desk shows it. path ∈ udp, tcp, relay, empty: how their media reach the server."""

    enrolment: str
    participant: str
    name: str
    given_name: str
    code: str
    unit: str
    state: str
    first_in_us: int | None
    late: bool
    minutes: int
    gaps: int
    roll_calls_answered: int
    roll_calls_asked: int
    on_leave: bool
    path: str
    ipv6: bool
    segments: list[PresenceSegment]
    roll_calls: list[RollCallDot]


class DeskLesson(Shape, frozen=True, kw_only=True):
    """One lesson of the day. `rows` sorted by given name."""

    id: str
    cohort_code: str
    topic: str
    lecturer: str
    state: str
    start_us: int
    end_us: int
    started_us: int | None
    periods: list[PeriodInfo]
    counts: Counts
    late: int
    absent: int
    lost: int
    recording: str
    rows: list[DeskRow]


class DeskSnapshot(Push, frozen=True, kw_only=True, tag="desk_snapshot"):
    day: str
    lessons: list[DeskLesson]
    server_time_us: int


class DeskChanged(Push, frozen=True, kw_only=True, tag="desk_changed"):
    """`lesson` without rows (empty list) and only the changed `rows`."""

    lesson: DeskLesson
    rows: list[DeskRow]


AnyDeskPush = DeskSnapshot | DeskChanged

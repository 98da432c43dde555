"""Writing a lesson's log in a few words: recorded events with server time, monotonic time and connections, as the room would record them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from server.attendance.policy import RULE_VERSION, Policy
from server.events import lesson, room
from server.events.base import Event, Origin, Recorded
from server.ids import AccountId, CohortId, ConnectionId, EnrolmentId, LessonId, LogId, PersonId, RollCallId, TopicId

#: Midnight of 2026-10-06 at UTC+7, in Unix microseconds.
MIDNIGHT_US = int((datetime(2026, 10, 6, tzinfo=UTC) - timedelta(hours=7)).timestamp()) * 1_000_000
GRID = [("07:30", "08:15"), ("08:15", "09:00"), ("09:15", "10:00"), ("10:00", "10:45")]


def at(clock: str) -> int:
    """Microseconds of a local time `HH:MM[:SS]` of the lesson's day."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return MIDNIGHT_US + ((hours * 60 + minutes) * 60 + (seconds[0] if seconds else 0)) * 1_000_000


def enrolment(n: int) -> EnrolmentId:
    return EnrolmentId(f"enrolment-{n}")


def person(n: int) -> PersonId:
    return PersonId(f"person-{n}")


def opened(
    students: int = 1,
    grid: list[tuple[str, str]] | None = None,
    leaves: list[lesson.Leave] | None = None,
    policy: Policy | None = None,
) -> lesson.LessonOpened:
    return lesson.LessonOpened(
        lesson=LessonId("lesson"),
        cohort=CohortId("cohort"),
        topic=TopicId("topic"),
        lecturer=PersonId("lecturer"),
        class_manager=PersonId("manager"),
        periods=[
            lesson.Period(no=no, start_us=at(start), end_us=at(end)) for no, (start, end) in enumerate(grid or GRID, 1)
        ],
        roster=[lesson.RosterLine(enrolment=enrolment(n), person=person(n)) for n in range(1, students + 1)],
        leaves=leaves or [],
        policy_version=1,
        policy=(policy or Policy()).to_dict(),
        rule_version=RULE_VERSION,
    )


@dataclass
class Log:
    """A log being written. `wall_step_us` shifts the wall clock from now on; `boot` starts a new boot with its own monotonic clock."""

    events: list[Recorded] = field(default_factory=list)
    wall_step_us: int = 0
    boots: int = 1
    _boot_at_us: int = MIDNIGHT_US

    def boot(self, at_us: int) -> None:
        self.boots += 1
        self._boot_at_us = at_us - 1_000_000

    def add(self, at_us: int, event: Event, connection: str | None = None, actor: str | None = None) -> Recorded:
        """Record `event` at the true time `at_us`; the wall clock may say something else."""
        recorded = Recorded(
            log_id=LogId("log"),
            seq=len(self.events) + 1,
            at_us=at_us + self.wall_step_us,
            mono_ns=(at_us - self._boot_at_us) * 1000,
            boot_id=f"boot-{self.boots}",
            epoch=self.boots,
            origin=Origin.SERVER,
            actor=AccountId(actor) if actor else None,
            connection=ConnectionId(connection) if connection else None,
            event=event,
            prev_hash="",
            hash="",
        )
        self.events.append(recorded)
        return recorded

    def wall(self, true_us: int) -> int:
        """What the wall clock says at a true time, as it stands now."""
        return true_us + self.wall_step_us


class LessonScript:
    """A lesson with one student told in lines like those of tests/vectors/attendance/vectors.json."""

    def __init__(self, leaves: list[tuple[str, str]] | None = None, grid: list[tuple[str, str]] | None = None) -> None:
        granted = [
            lesson.Leave(enrolment=enrolment(1), from_us=at(start), to_us=at(end)) for start, end in leaves or []
        ]
        self.log = Log()
        self.log.add(at("07:00"), opened(leaves=granted, grid=grid))

    def run(self, *lines: str) -> list[Recorded]:
        for line in lines:
            self.line(line)
        return self.log.events

    def line(self, line: str) -> None:
        clock, what, *rest = line.split()
        now = at(clock)
        if what == "boot":
            self.log.boot(now)
            return
        device = rest[rest.index("on") + 1] if "on" in rest else "A"
        connection = None if "inferred" in rest else f"{device}-{self.log.boots}"
        self.log.add(now, self._event(what, rest, now, device), connection)

    def _event(self, what: str, rest: list[str], now: int, device: str) -> Event:
        who = person(1)
        since = at(rest[rest.index("since") + 1]) if "since" in rest else now
        inferred = "inferred" in rest
        match what:
            case "start":
                return lesson.LessonStarted()
            case "end":
                return lesson.LessonEnded(reason="lecturer")
            case "suspend":
                return lesson.LessonSuspended(reason=rest[0])
            case "resume":
                return lesson.LessonResumed()
            case "outage":
                return lesson.ServerOutage(from_us=at(rest[0]), to_us=at(rest[1]))
            case "roll_call":
                return lesson.RollCallStarted(
                    roll_call=RollCallId(f"call-{rest[0]}"), no=int(rest[0]), window_s=90, issued_by="auto"
                )
            case "answer":
                return room.RollCallAnswered(person=who, roll_call=RollCallId(f"call-{rest[0]}"))
            case "knock":
                return room.PersonKnocked(person=who, role="student", device=device, with_media=True)
            case "admit":
                return room.PersonAdmitted(person=who)
            case "return":
                return room.PersonReturned(person=who, device=device, how="rejoined")
            case "lost":
                return room.PersonLost(person=who, last_alive_us=since, reason=rest[0], inferred=inferred)
            case "left":
                return room.PersonLeft(person=who, last_alive_us=since, reason=rest[0], inferred=inferred)
            case "leave":
                return room.PersonLeft(person=who, last_alive_us=now, reason="leave")
            case "hand":
                return room.HandRaised(person=who)
            case "spoke":
                return room.Spoke(person=who, from_us=at(rest[0]), to_us=now)
            case "state":
                return room.ConnectionStateChanged(person=who, state=rest[0])
            case "flag":
                return room.FlagRaised(code=rest[0], people=[who], severity="info", facts={"ahead_s": 2220})
        raise ValueError(f"no such line: {what}")

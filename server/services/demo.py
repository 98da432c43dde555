"""Fills an empty database with the demonstration school, and gives it a lesson that can be joined now, whenever it is started."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from server.clock import SCHOOL_TZ, Clock, from_micros, micros
from server.identity.passwords import Passwords
from server.ids import LessonId, PersonId, SchoolId
from server.school.lesson_states import OPEN, LessonState
from server.services import demo_rows as rows
from server.services.demo_plan import DemoPlan
from server.storage import bulk, lesson_store, plan_store
from server.storage.database import Database

MORNING = time(7, 30)
AFTERNOON = time(13, 30)
_JOINABLE = {LessonState.SCHEDULED, *OPEN}
SOON_S = 1800
JUST_NOW_S = 900
#: The lesson of yesterday that demo_history.py fills with what happened in it.
FINISHED_KEY = "finished"


class DemoSchool:
    """`ensure` may run at every start: what is there stays."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords, plan: DemoPlan) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._plan = plan

    async def ensure(self) -> dict[str, PersonId]:
        """The people by key (`lecturer`, `student1` …), after the school and today's lesson exist."""
        async with self._database.read() as connection:
            is_new = not await lesson_store.has_school(connection)
        if is_new:
            await self._fill()
        elif not await self._has_lesson_now():
            await self._add_lesson_now()
        return {person.key: PersonId(rows.person_id(person.key)) for person in rows.people()}

    async def _fill(self) -> None:
        password_hash = await self._passwords.hash(rows.DEMO_PASSWORD)
        now_us = micros(self._clock.now())
        async with self._database.begin() as connection:
            await bulk.insert_rows(connection, rows.school_rows(now_us, password_hash, self._plan))
            for lesson in self._lessons():
                await bulk.insert_rows(connection, lesson)
            await bulk.insert_rows(connection, self._leaves())
        await self._add_lesson_now()

    async def _has_lesson_now(self) -> bool:
        now_us = micros(self._clock.now())
        day = self._today()
        async with self._database.read() as connection:
            lines = await plan_store.lines_between(
                connection,
                SchoolId(rows.SCHOOL),
                (day - timedelta(days=1)).isoformat(),
                (day + timedelta(days=1)).isoformat(),
            )
        return any(_is_now(line, now_us) for line in lines if line.cohort == rows.LARGE)

    async def _add_lesson_now(self) -> None:
        now = self._clock.now()
        periods = self._plan.grid(now)
        day = _day(periods[0].start_us)
        lesson = rows.lesson_rows(
            key=f"now-{periods[0].start_us}",
            cohort=rows.LARGE,
            topic=rows.topic_id("large", 2, 3),
            lecturer="lecturer",
            day=day.isoformat(),
            session=_session(periods[0].start_us),
            periods=periods,
            now_us=micros(now),
        )
        async with self._database.begin() as connection:
            await bulk.insert_rows(connection, lesson)

    def _lessons(self) -> list[dict[str, list[rows.Row]]]:
        """The lessons around today: yesterday's, tomorrow's and those of the following days."""
        today = self._today()
        real = DemoPlan()
        now_us = micros(self._clock.now())
        planned = (
            (FINISHED_KEY, rows.SMALL, rows.topic_id("small", 1, 1), "lecturer", today - timedelta(days=1), AFTERNOON),
            ("tomorrow", rows.LARGE, rows.topic_id("large", 2, 5), "lecturer2", today + timedelta(days=1), MORNING),
            ("small-next", rows.SMALL, rows.topic_id("small", 1, 2), "lecturer", today + timedelta(days=1), AFTERNOON),
            ("in-two-days", rows.LARGE, rows.topic_id("large", 2, 3), "lecturer", today + timedelta(days=2), MORNING),
            (
                "in-three-days",
                rows.LARGE,
                rows.topic_id("large", 2, 4),
                "lecturer3",
                today + timedelta(days=3),
                MORNING,
            ),
        )
        return [
            rows.lesson_rows(
                key=key,
                cohort=cohort,
                topic=topic,
                lecturer=lecturer,
                day=day.isoformat(),
                session="sang" if begins == MORNING else "chieu",
                periods=real.grid_from(micros(datetime.combine(day, begins, SCHOOL_TZ))),
                now_us=now_us,
            )
            for key, cohort, topic, lecturer, day, begins in planned
        ]

    def _leaves(self) -> dict[str, list[rows.Row]]:
        """Approved leaves: two for the lesson now, one for yesterday's."""
        today = self._today()
        granted = (
            ("student6", today, "Đi họp Hội đồng nhân dân xã"),
            ("student14", today, "Nằm viện, có giấy xác nhận của Trung tâm Y tế huyện"),
            ("student73", today - timedelta(days=1), "Dự hội nghị triển khai nghị quyết tại huyện"),
        )
        return {
            "leave_request": [
                {
                    "id": rows.demo_id("leave", who),
                    "enrolment_id": rows.enrolment_id(who),
                    "from_us": micros(datetime.combine(day, time(0), SCHOOL_TZ)),
                    "to_us": micros(datetime.combine(day + timedelta(days=1), time(0), SCHOOL_TZ)),
                    "reason": reason,
                    "state": "duyet",
                    "submitted_us": micros(datetime.combine(day, time(0), SCHOOL_TZ)) - 20 * 3600 * 1_000_000,
                    "decided_by": rows.demo_id("account", "class_manager"),
                    "decided_us": micros(datetime.combine(day, time(0), SCHOOL_TZ)) - 15 * 3600 * 1_000_000,
                }
                for who, day, reason in granted
            ]
        }

    def _today(self) -> date:
        return _day(micros(self._clock.now()))


def _is_now(line: plan_store.LessonLine, now_us: int) -> bool:
    """Whether a lesson can be joined, or has been taught so lately that a restarted server should not bring another."""
    if line.state in _JOINABLE:
        return line.start_us <= now_us + SOON_S * 1_000_000 and now_us < line.end_us + JUST_NOW_S * 1_000_000
    return line.ended_us is not None and now_us < line.ended_us + JUST_NOW_S * 1_000_000


def finished_lesson() -> LessonId:
    return LessonId(rows.demo_id("lesson", FINISHED_KEY))


def _day(at_us: int) -> date:
    return from_micros(at_us).astimezone(SCHOOL_TZ).date()


def _session(at_us: int) -> str:
    hour = from_micros(at_us).astimezone(SCHOOL_TZ).hour
    return "sang" if hour < 12 else "chieu" if hour < 18 else "toi"

"""A lesson of the demonstration school held without a room: its events recorded through the real ledger while the clock moves."""

from __future__ import annotations

import hashlib
from io import BytesIO

from PIL import Image

from server.clock import from_micros, micros
from server.events import lesson, room
from server.events.base import Event, Origin
from server.ids import EvidenceId, LessonId, RollCallId, new_id
from server.ledger import LogWriter, NewEvent, lesson_log
from server.school.lesson_states import LessonState
from server.school.plan import LessonPlan
from server.services.data_extracts import evidence_folder
from server.services.live_opening import opening
from tests.kit.app import Browser, School


class PaperLesson:
    """Student i of the plan's roster does what the test says; `finish` ends, seals and opens the sheet."""

    def __init__(self, school: School, plan: LessonPlan, writer: LogWriter) -> None:
        self.school = school
        self.plan = plan
        self.writer = writer

    @classmethod
    async def begin(cls, school: School, lecturer: Browser, absent: int = 2) -> PaperLesson:
        """Everybody but the last `absent` students is there when the first period starts."""
        services = school.services
        cards = (await (await lecturer.get("/api/v1/lessons")).json())["lessons"]
        found = next(card for card in cards if card["state"] == "scheduled" and card["may_join"])
        plan = await services.planning.plan(LessonId(found["id"]))
        writer = await services.ledger.open(lesson_log(plan.lesson), plan.lesson)
        held = cls(school, plan, writer)
        now_us = micros(school.clock.now())
        await services.planning.set_state(plan.lesson, LessonState.LOBBY, now_us)
        await held.record(opening(plan))
        for index in range(len(plan.roster) - absent):
            await held.knock(index)
        await held.until(plan.start_us)
        await held.record(lesson.LessonStarted(), Origin.HUMAN)
        await services.planning.set_state(plan.lesson, LessonState.LIVE, plan.start_us)
        return held

    @property
    def id(self) -> LessonId:
        return self.plan.lesson

    async def until(self, at_us: int) -> None:
        ahead_us = at_us - micros(self.school.clock.now())
        if ahead_us > 0:
            await self.school.clock.advance(ahead_us / 1e6)

    async def record(self, event: Event, origin: Origin = Origin.SERVER, connection: str | None = None) -> None:
        await self.writer.append(NewEvent(event, origin, None, connection))  # type: ignore[arg-type]

    async def knock(self, index: int) -> None:
        person = self.plan.roster[index].card.person
        knocked = room.PersonKnocked(person=person, role="student", device=f"d{index}", with_media=True)
        await self.record(knocked, connection=f"c{index}")

    async def lose(self, index: int) -> None:
        now_us = micros(self.school.clock.now())
        person = self.plan.roster[index].card.person
        await self.record(
            room.PersonLost(person=person, last_alive_us=now_us, reason="ice_lost"), connection=f"c{index}"
        )

    async def silent_roll_call(self, silent: int) -> None:
        """A roll-call that everybody connected but student `silent` answers."""
        call = RollCallId("call-1")
        await self.record(lesson.RollCallStarted(roll_call=call, no=1, window_s=90, issued_by="lecturer"))
        for index, member in enumerate(self.plan.roster):
            if index != silent:
                await self.record(room.RollCallAnswered(person=member.card.person, roll_call=call))
        await self.until(micros(self.school.clock.now()) + 90_000_000)

    async def screenshot(self) -> None:
        out = BytesIO()
        Image.new("RGB", (640, 360), (30, 70, 110)).save(out, "JPEG")
        content, now_us = out.getvalue(), micros(self.school.clock.now())
        evidence = EvidenceId(new_id(now_us // 1000))
        folder = evidence_folder(self.school.services.settings.data_dir, self.id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{evidence}.jpg").write_bytes(content)
        await self.record(
            lesson.EvidenceFiled(
                evidence=evidence,
                kind="anh_chup_he_thong",
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                mime="image/jpeg",
                file_name=f"{evidence}.jpg",
                captured_us=now_us,
                covers_from_us=now_us,
                covers_to_us=now_us,
                source="system",
                present=len(self.plan.roster) - 2,
                enrolled=len(self.plan.roster),
            )
        )

    async def finish(self) -> None:
        await self.until(self.plan.end_us)
        services = self.school.services
        await self.record(lesson.LessonEnded(reason="lecturer"), Origin.HUMAN)
        await self.writer.seal()
        now_us = micros(self.school.clock.now())
        await services.planning.set_state(self.id, LessonState.ENDED, now_us)
        await services.planning.set_state(self.id, LessonState.SHEET_OPEN, now_us)
        await services.sheets.lesson_sealed(self.id)
        assert from_micros(now_us) == self.school.clock.now()

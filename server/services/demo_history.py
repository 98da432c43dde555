"""Writes the demonstration's finished lesson into the ledger as the live room would have: the same events, pictures and seal, at their times."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from recorder import files, picture
from server.clock import from_micros, micros
from server.events.base import Origin
from server.events.lesson import EvidenceFiled
from server.events.room import PersonLeft
from server.identity.identity import Identity
from server.ids import AccountId, EvidenceId, LessonId, PersonId
from server.ledger import Ledger, LogWriter, NewEvent, SchoolKey, lesson_log
from server.school.lesson_states import LessonState
from server.school.plan import LessonPlan
from server.services import demo_rows as rows
from server.services import demo_story as story
from server.services.evidence_scene import header_line
from server.services.live_opening import opening
from server.services.planning import Planning
from server.services.sheets import Sheets
from server.storage import bulk
from server.storage.database import Database
from server.storage.ledger_store import SqlLedgerStore

#: How the slide in the pictures is told apart from a photograph of a real lesson.
DEMO_MARK = "Dữ liệu minh họa"


class ToldClock:
    """A clock that stands where it was put. Who sleeps by it sleeps until cancelled."""

    def __init__(self, at_us: int) -> None:
        self._start_us = self._at_us = at_us

    def put(self, at_us: int) -> None:
        self._at_us = max(self._at_us, at_us)

    def now(self) -> datetime:
        return from_micros(self._at_us)

    def mono_ns(self) -> int:
        return 1_000_000_000 + (self._at_us - self._start_us) * 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class History:
    """One lesson, once: a lesson that has a record already, whole or cut short by a crash, is left alone."""

    def __init__(self, database: Database, planning: Planning, key: SchoolKey, data: Path) -> None:
        self._database = database
        self._planning = planning
        self._key = key
        self._data = data

    async def ensure(self, lesson: LessonId) -> bool:
        """Whether the history was written now."""
        plan = await self._planning.plan(lesson)
        if plan.state != LessonState.SCHEDULED:
            return False
        clock = ToldClock(plan.start_us - plan.policy["lobby_s"] * 1_000_000)
        ledger = Ledger(SqlLedgerStore(self._database), clock, self._key, "demo-history")
        if await ledger.head(lesson_log(lesson)) is not None:
            return False
        await ledger.start()
        try:
            await self._consents(plan)
            await self._write(plan, await ledger.open(lesson_log(lesson), lesson), clock)
        finally:
            await ledger.aclose()
        return True

    async def _write(self, plan: LessonPlan, writer: LogWriter, clock: ToldClock) -> None:
        opened_us = micros(clock.now())
        await writer.append(NewEvent(opening(plan), Origin.SERVER))
        pictures = [(at_s + 1.4, cause) for cause, at_s in story.PICTURES_S]
        for told in story.story(plan.start_us):
            while pictures and pictures[0][0] < told.at_s:
                await self._picture(plan, writer, clock, pictures.pop(0)[0])
            clock.put(_at(plan, told.at_s))
            actor = AccountId(rows.demo_id("account", told.who)) if told.who else None
            await writer.append(NewEvent(told.event, told.origin, actor, told.connection))
        await self._picture(plan, writer, clock, story.ENDED_S + 1.2)
        await self._dismiss(plan, writer, clock)
        clock.put(_at(plan, story.ENDED_S + 9))
        await writer.seal()
        await self._planning.set_state(plan.lesson, LessonState.LOBBY, opened_us)
        for state, at_s in (
            (LessonState.LIVE, story.STARTED_S),
            (LessonState.ENDED, story.ENDED_S),
            (LessonState.SHEET_OPEN, story.ENDED_S + 9),
        ):
            await self._planning.set_state(plan.lesson, state, _at(plan, at_s), "lecturer")

    async def _dismiss(self, plan: LessonPlan, writer: LogWriter, clock: ToldClock) -> None:
        """Everybody who was still there is shown out, as at the end of every lesson."""
        clock.put(_at(plan, story.ENDED_S + 5))
        people: list[story.Who] = ["lecturer", *story.present_at(story.ENDED_S)]
        for number in people:
            left = PersonLeft(person=story.person_of(number), last_alive_us=micros(clock.now()), reason="lesson_end")
            actor = AccountId(rows.demo_id("account", story.key_of(number)))
            await writer.append(NewEvent(left, Origin.SERVER, actor, story.connection_at(number, story.ENDED_S)))

    async def _picture(self, plan: LessonPlan, writer: LogWriter, clock: ToldClock, at_s: float) -> None:
        clock.put(_at(plan, at_s))
        at_us = micros(clock.now())
        present = story.present_at(at_s)
        content = await asyncio.to_thread(_drawn, plan, at_us, [story.person_of(number) for number in present])
        evidence = EvidenceId(rows.demo_id("evidence", plan.lesson, at_s))
        name = f"{evidence}.jpg"
        folder = files.evidence_folder(self._data, plan.lesson)
        await asyncio.to_thread(_keep, folder, name, content)
        filed = EvidenceFiled(
            evidence=evidence,
            kind="anh_chup_he_thong",
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            mime="image/jpeg",
            file_name=name,
            captured_us=at_us,
            covers_from_us=at_us,
            covers_to_us=at_us,
            source="system",
            present=len(present),
            enrolled=len(plan.roster),
        )
        await writer.append(NewEvent(filed, Origin.SERVER))

    async def _consents(self, plan: LessonPlan) -> None:
        """Everybody on the roster agreed to the notice when they first joined."""
        given_us = plan.start_us - 1_200 * 1_000_000
        agreed = [
            {
                "id": rows.demo_id("consent", member.card.person),
                "person_id": member.card.person,
                "cohort_id": plan.cohort,
                "lesson_id": plan.lesson,
                "notice_version": 1,
                "purposes": list(rows.PURPOSES),
                "given_us": given_us,
            }
            for member in plan.roster
        ]
        async with self._database.begin() as connection:
            await bulk.insert_rows(connection, {"consent": agreed})


async def fill_sheet(identity: Identity, sheets: Sheets, lesson: LessonId) -> None:
    """What the lecturer has typed so far; the remarks and the roll are left to whoever looks."""
    lecturer = await identity.sign_in_as(PersonId(rows.person_id("lecturer")))
    for key, text in story.SHEET_TEXTS.items():
        await sheets.save_field(lecturer.account, lesson, key, text)
    await identity.sign_out(lecturer.account)


def _at(plan: LessonPlan, at_s: float) -> int:
    return plan.start_us + round(at_s * 1_000_000)


def _keep(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files.write_atomically(folder / name, content)


def _drawn(plan: LessonPlan, at_us: int, present: list[PersonId]) -> bytes:
    """The picture as the recorder composes it: the slide large, a card for everybody present (nobody here has a face)."""
    names = [f"{member.card.name} · {member.card.code}" for member in plan.roster if member.card.person in present]
    lecturer = f"{plan.lecturer.title} {plan.lecturer.name} · giảng viên"
    header = (
        f"{plan.cohort_code} · Chuyên đề {plan.topic_no}: {plan.topic_name}",
        f"{header_line(at_us, len(present), len(plan.roster))} · {DEMO_MARK}",
    )
    slide = picture.Tile(f"Màn hình: {plan.lecturer.title} {plan.lecturer.name}", _slide(plan, at_us))
    return picture.compose(header, [slide], [picture.Tile(name, None) for name in (lecturer, *names)])


SLIDES = (
    ("Vị trí, vai trò của chi bộ thôn, bản", ("Chi bộ là tế bào của Đảng", "Hạt nhân chính trị ở thôn, bản", "Cầu nối với nhân dân")),
    ("Nhiệm vụ của bí thư chi bộ", ("Chủ trì công việc của chi bộ", "Chuẩn bị nội dung sinh hoạt", "Phân công, kiểm tra đảng viên")),
    ("Sinh hoạt chi bộ thường kỳ", ("Chuẩn bị nội dung và nghị quyết", "Điều hành thảo luận dân chủ", "Kết luận, biểu quyết, biên bản")),
    ("Xử lý tình huống ở thôn, bản", ("Nắm tình hình, lắng nghe các bên", "Bàn bạc tập thể trong chi ủy", "Theo dõi, đánh giá kết quả")),
)  # fmt: skip


def _slide(plan: LessonPlan, at_us: int) -> Image.Image:
    """The slide of that moment."""
    span_us = plan.end_us - plan.start_us
    no = min(len(SLIDES) - 1, max(0, (at_us - plan.start_us) * len(SLIDES) // span_us))
    title, points = SLIDES[no]
    image = Image.new("RGB", (1280, 720), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 14), fill=picture.BADGE)
    draw.text((84, 96), title, font=_font("Bold", 56), fill=picture.BADGE)
    for row, point in enumerate(points):
        draw.ellipse((92, 262 + row * 110, 112, 282 + row * 110), fill=picture.BADGE)
        draw.text((144, 244 + row * 110), point, font=_font("Regular", 44), fill=picture.INK)
    draw.text((84, 650), f"{plan.school_name} · {DEMO_MARK}", font=_font("Regular", 26), fill=picture.FAINT)
    draw.text((1196, 650), str(no * 6 + 3), font=_font("Regular", 26), fill=picture.FAINT, anchor="ra")
    return image


def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(picture.FONTS / f"LiberationSans-{style}.ttf", size)

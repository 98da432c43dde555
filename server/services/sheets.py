"""The tracking sheet of a lesson: read, written field by field, confirmed by the lecturer, sent to the training office."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, replace

import msgspec

from server.clock import Clock, micros
from server.events.base import Event, Origin
from server.events.canonical import canonical
from server.events.sheet import SheetConfirmed, SheetSent, SheetTextSaved
from server.identity.account import Account
from server.ids import LessonId, new_id
from server.ledger import Ledger, NewEvent, lesson_log
from server.render.sheet_print import page_count
from server.school.lesson_states import LessonState
from server.school.permissions import may
from server.services.lesson_source import LessonSource, LessonSources
from server.services.planning import MyLesson, Planning
from server.services.sheet_prints import SheetPrints
from server.sheet import vietnamese as vi
from server.sheet.compose import compose
from server.sheet.content import Print, SheetContent
from server.sheet.facts import Fact, facts_of
from server.sheet.fields import FieldSpec, fields_for, missing, must_be_field
from server.sheet.numbers import verification_code
from server.sheet.source import SheetSource
from server.sheet.states import SheetState, must_be_confirmable, must_be_editable, must_be_sendable
from server.storage.sheet_store import SheetRow, SheetStore, VersionRow

#: The lecturer is signed in with a password: a confirmation by account.
LEVEL = "L0"


@dataclass(frozen=True, slots=True)
class SheetView:
    """The sheet as its reader sees it. `printed` are the marks that go on paper with it."""

    mine: MyLesson
    row: SheetRow
    source: SheetSource
    content: SheetContent
    printed: Print
    facts: list[Fact]
    fields: list[FieldSpec]
    missing: list[str]
    state: SheetState
    may_edit: bool


class Sheets:
    """Deeds on sheets. `close` at the end."""

    def __init__(
        self, planning: Planning, ledger: Ledger, sources: LessonSources, store: SheetStore, prints: SheetPrints, clock: Clock
    ) -> None:  # fmt: skip
        self._planning = planning
        self._ledger = ledger
        self._sources = sources
        self._store = store
        self._prints = prints
        self._clock = clock

    def close(self) -> None:
        self._prints.close()

    async def lesson_sealed(self, lesson: LessonId) -> None:
        """The lesson is over and its record sealed: its sheet gets its number."""
        await self._ensure(await self._sources.of(lesson))

    async def states(self, lessons: list[LessonId]) -> dict[LessonId, str]:
        """Sheet states for lists; a lesson without a sheet is not among the keys."""
        return await self._store.states(lessons)

    async def view(self, account: Account, lesson: LessonId) -> SheetView:
        """The sheet as it stands: a draft is composed from what is known now, a confirmed one is what was confirmed."""
        mine = await self._planning.require(account, lesson, "sheet.read")
        known = await self._sources.of(lesson)
        row = await self._ensure(known)
        source = await self._source(known)
        row = await self._in_step(row, source)
        content, printed = await self._paper(row, source)
        state = source.sheet.state
        fields = _fields(source)
        return SheetView(
            mine=mine,
            row=row,
            source=source,
            content=content,
            printed=printed,
            facts=facts_of(source, content),
            fields=fields,
            missing=_missing(source, fields) if state is SheetState.DRAFT else [],
            state=state,
            may_edit=state is SheetState.DRAFT and may("sheet.edit", mine.role, mine.line.state),
        )

    async def save_field(self, account: Account, lesson: LessonId, key: str, text: str) -> None:
        """One text, as the lecturer types. The same text again leaves no trace."""
        await self._planning.require(account, lesson, "sheet.edit")
        async with self._sources.turn(lesson):
            known = await self._sources.of(lesson)
            row = await self._ensure(known)
            source = await self._source(known)
            must_be_editable(source.sheet.state)
            clean = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
            must_be_field(key, clean, _fields(source))
            if clean != source.sheet.text(key):
                await self._append(lesson, SheetTextSaved(sheet=row.id, field=key, text=clean), account)

    async def confirm(self, account: Account, lesson: LessonId) -> None:
        """draft → lecturer_confirmed. Binds content and print; the chain is sealed again with it. Raises Conflict."""
        await self._planning.require(account, lesson, "sheet.confirm")
        async with self._sources.turn(lesson):
            known = await self._sources.of(lesson)
            row = await self._ensure(known)
            source = await self._source(known)
            await self._must_be_confirmable(lesson, source)
            version = await self._print_version(account, row, source)
            event = SheetConfirmed(
                sheet=row.id,
                version=version.version,
                content_sha256=version.content_sha256,
                pdf_sha256=version.pdf_sha256,
                signature_level=LEVEL,
            )
            await self._append(lesson, event, account)
            await self._seal(lesson)
            await self._store.set_state(
                row.id, SheetState.LECTURER_CONFIRMED, version.version, confirmed_us=version.confirmed_us
            )

    async def send(self, account: Account, lesson: LessonId) -> None:
        """lecturer_confirmed → sent (A 23.4). The lesson is closed with it."""
        await self._planning.require(account, lesson, "sheet.send")
        async with self._sources.turn(lesson):
            known = await self._sources.of(lesson)
            row = await self._ensure(known)
            must_be_sendable(known.record.sheet.state)
            now_us = micros(self._clock.now())
            await self._append(lesson, SheetSent(sheet=row.id, version=known.record.sheet.version), account)
            await self._seal(lesson)
            await self._store.set_state(row.id, SheetState.SENT, known.record.sheet.version, sent_us=now_us)
            await self._close(lesson, now_us)

    async def pdf(self, account: Account, lesson: LessonId, *, reprint: bool = False) -> tuple[str, bytes]:
        """File name and PDF. A confirmed sheet is the file that was confirmed; a reprint says when it was printed again."""
        view = await self.view(account, lesson)
        name = f"{view.row.number}.pdf"
        if view.state is SheetState.DRAFT:
            return f"{view.row.number}-du-thao.pdf", await self._prints.pdf(view.source, view.content, view.printed, 0)
        version = await self._version(view.row)
        if reprint:
            moment = vi.moment(micros(self._clock.now()))
            marks = msgspec.structs.replace(view.printed, reprinted=moment)
            return name, await self._prints.pdf(view.source, view.content, marks, version.confirmed_us)
        kept = await self._prints.kept_pdf(lesson, version.version, version.pdf_sha256)
        if kept is None:
            kept = await self._prints.pdf(view.source, view.content, view.printed, version.confirmed_us)
        return name, kept

    async def page_count(self, view: SheetView) -> int:
        """Pages of the print."""
        confirmed_us = view.row.confirmed_us if view.state is not SheetState.DRAFT else None
        return page_count(await self._prints.pdf(view.source, view.content, view.printed, confirmed_us or 0))

    async def pages(self, view: SheetView, ppi: int) -> list[bytes]:
        """The pages of the print as PNG pictures, for the preview."""
        return await self._prints.pages(view.source, view.content, view.printed, ppi)

    async def attendance(self, account: Account, lesson: LessonId) -> tuple[str, SheetContent]:
        """The sheet's number and its content, for the roll as a workbook. Needs the right to read the roll only."""
        await self._planning.require(account, lesson, "roll.read")
        source = await self._source(await self._sources.of(lesson))
        return source.number, compose(source)

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _source(self, known: LessonSource) -> SheetSource:
        plan, record = known.plan, known.record
        row = await self._store.of_lesson(plan.lesson)
        return SheetSource(
            plan=plan,
            ground=await self._store.ground(plan.lesson, plan.cohort, plan.topic, plan.start_us),
            attendance=record.attendance,
            sheet=record.sheet,
            number=row.number if row else vi.BLANK,
            version=record.sheet.version,
            now_us=known.now_us,
            names=await self._sources.names(record.sheet.observers),
        )

    async def _ensure(self, known: LessonSource) -> SheetRow:
        plan, now_us = known.plan, micros(self._clock.now())
        year = vi.local(plan.start_us).year
        return await self._store.ensure(
            new_id(now_us // 1000), plan.lesson, plan.school, plan.cohort_code, year, now_us
        )

    async def _in_step(self, row: SheetRow, source: SheetSource) -> SheetRow:
        """The list's copy follows the log, should a crash have come between the two."""
        state, version = source.sheet.state, source.sheet.version
        if row.state == state and row.version == version:
            return row
        confirmed_us = source.sheet.confirmed.at_us if source.sheet.confirmed else None
        sent_us = source.sheet.sent.at_us if source.sheet.sent else None
        await self._store.set_state(row.id, state, version, confirmed_us=confirmed_us, sent_us=sent_us)
        return replace(row, state=state, version=version, confirmed_us=confirmed_us, sent_us=sent_us)

    async def _paper(self, row: SheetRow, source: SheetSource) -> tuple[SheetContent, Print]:
        if source.sheet.state is SheetState.DRAFT:
            content = compose(source)
            return content, self._prints.draft_marks(source, content)
        version = await self._version(row)
        return msgspec.json.decode(version.content, type=SheetContent), msgspec.json.decode(version.print, type=Print)

    async def _version(self, row: SheetRow) -> VersionRow:
        version = await self._store.version(row.id, row.version)
        if version is None:
            raise LookupError(f"sheet {row.number} is confirmed, but version {row.version} is not kept")
        return version

    async def _must_be_confirmable(self, lesson: LessonId, source: SheetSource) -> None:
        head = await self._ledger.head(lesson_log(lesson))
        must_be_confirmable(
            source.sheet.state,
            ended=source.attendance.ended_us is not None,
            sealed=head is not None and head.sealed_seq >= source.attendance.ended_seq > 0,
            roll_confirmed=source.attendance.decided.confirmed_us is not None,
            missing=_missing(source, _fields(source)),
        )

    async def _print_version(self, account: Account, row: SheetRow, source: SheetSource) -> VersionRow:
        """Compose, print, keep: everything that the event will bind, durable before the event."""
        confirmed_us = micros(self._clock.now())
        content = compose(source)
        marks = self._prints.confirmed_marks(source, content, confirmed_us, LEVEL)
        pdf = await self._prints.pdf(source, content, marks, confirmed_us)
        sha256 = content.sha256()
        version = VersionRow(
            sheet=row.id,
            version=source.version,
            content=canonical(content),
            print=canonical(marks),
            content_sha256=sha256,
            pdf_sha256=hashlib.sha256(pdf).hexdigest(),
            code=verification_code(sha256),
            confirmed_us=confirmed_us,
            confirmed_by=account.id,
            signature_level=LEVEL,
            events=content.record.events,
            head_hash=content.record.head_hash,
        )
        await self._prints.keep(row.lesson, source.version, content, pdf)
        await self._store.put_version(version)
        return version

    async def _append(self, lesson: LessonId, event: Event, account: Account) -> None:
        writer = await self._ledger.open(lesson_log(lesson), lesson)
        await writer.append(NewEvent(event, Origin.HUMAN, account.id))

    async def _seal(self, lesson: LessonId) -> None:
        await (await self._ledger.open(lesson_log(lesson), lesson)).seal()

    async def _close(self, lesson: LessonId, now_us: int) -> None:
        line = await self._planning.line(lesson)
        if line.state == LessonState.ENDED:
            await self._planning.set_state(lesson, LessonState.SHEET_OPEN, now_us)
        await self._planning.set_state(lesson, LessonState.CLOSED, now_us)


def _fields(source: SheetSource) -> list[FieldSpec]:
    """Periods that were not delivered need no content; while the lesson runs every planned period has its field."""
    ended = source.attendance.ended_us is not None
    delivered = {p.no: p.delivered for p in source.attendance.time(source.now_us).periods}
    return fields_for([(p.no, delivered.get(p.no, False) if ended else True) for p in source.plan.periods])


def _missing(source: SheetSource, fields: list[FieldSpec]) -> list[str]:
    return missing(
        fields,
        source.sheet.all_texts,
        roll_confirmed=source.attendance.decided.confirmed_us is not None,
        evidence_kinds=[filed.item.kind for filed in source.sheet.evidence],
    )

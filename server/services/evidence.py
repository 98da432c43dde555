"""Evidence of lessons: filing and reading files, reading the raw events, packing everything into one bundle that proves itself."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import structlog

from server.clock import SCHOOL_TZ, Clock, micros
from server.errors import Conflict, Invalid, NotFound
from server.events.base import Origin, Recorded, type_of
from server.events.lesson import BundleExported, EvidenceFiled, LessonOpened
from server.events.room import PersonKnocked
from server.events.sheet import SheetConfirmed
from server.events.stored import Entry, recorded_of
from server.identity.account import Account
from server.ids import EvidenceId, LessonId, PersonId, new_id
from server.ledger import Ledger, NewEvent, lesson_log, school_log
from server.ledger.bundle.layout import LessonLabels, PersonLabel, sheet_content_part
from server.ledger.bundle.write import Bundle, BundleContent, make_bundle
from server.services.data_extracts import labels_of, write_durably
from server.services.evidence_files import EvidenceFiles, digest_of_file
from server.services.planning import Planning
from server.storage.sheet_store import SheetStore

log = structlog.get_logger("evidence")

#: Kinds of evidence as the sheet names them (regulation (b) `evidence_item`).
KINDS = frozenset(
    {
        "anh_chup_he_thong",
        "anh_chup_giang_vien",
        "ghi_hinh",
        "ghi_am",
        "chat",
        "ds_ket_noi",
        "ket_qua_diem_danh",
        "tai_lieu",
        "bien_ban",
        "khac",
    }
)
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "application/json": ".json",
}
LARGEST_FILE = 32 << 20
#: Bundles packed at the same time; each reads all files of a lesson once before its first byte.
PACKED_AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class NewEvidence:
    """A file to be filed. `covers_*`: the time it speaks about (Unix µs); present/enrolled: the class at that moment."""

    kind: str
    mime: str
    content: bytes
    source: str
    covers_from_us: int
    covers_to_us: int
    present: int = 0
    enrolled: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One item of evidence, and the event that carries its digest."""

    seq: int
    filed: EvidenceFiled


@dataclass(frozen=True, slots=True)
class EventsPage:
    entries: list[Entry]
    total: int
    head_hash: str


class Evidence:
    """Who may is asked of school/permissions.py by `Planning.require`; methods without an account are for services and commands."""

    def __init__(self, data: Path, planning: Planning, ledger: Ledger, sheets: SheetStore, clock: Clock) -> None:
        self._planning = planning
        self._ledger = ledger
        self._sheets = sheets
        self._clock = clock
        self._files = EvidenceFiles(data)
        self._packing = asyncio.Semaphore(PACKED_AT_ONCE)

    async def file(self, lesson: LessonId, new: NewEvidence, account: Account | None = None) -> Item:
        """Keep a file under its digest, then record it; the same content twice is one file with two events. Raises Invalid."""
        if new.kind not in KINDS or new.mime not in SUFFIXES:
            raise Invalid("evidence.unknown_kind", kind=new.kind[:64], mime=new.mime[:64])
        if not 0 < len(new.content) <= LARGEST_FILE:
            raise Invalid("evidence.bad_size", most_bytes=LARGEST_FILE)
        filed = self._filed(new)
        path = self._files.folder(lesson, "evidence") / filed.file_name
        await asyncio.to_thread(write_durably, path, new.content)
        writer = await self._ledger.open(lesson_log(lesson), lesson)
        origin = Origin.HUMAN if account else Origin.SERVER
        (recorded,) = await writer.append(NewEvent(filed, origin, account.id if account else None))
        return Item(recorded.seq, filed)

    def _filed(self, new: NewEvidence) -> EvidenceFiled:
        now_us = micros(self._clock.now())
        sha256 = hashlib.sha256(new.content).hexdigest()
        return EvidenceFiled(
            evidence=EvidenceId(new_id(now_us // 1000)),
            kind=new.kind,
            sha256=sha256,
            size=len(new.content),
            mime=new.mime,
            file_name=f"{sha256}{SUFFIXES[new.mime]}",
            captured_us=now_us,
            covers_from_us=new.covers_from_us,
            covers_to_us=new.covers_to_us,
            source=new.source,
            present=new.present,
            enrolled=new.enrolled,
        )

    async def items(self, lesson: LessonId) -> list[Item]:
        """Everything filed for a lesson, in the order of filing."""
        entries, _ = await self._ledger.mentioning(lesson_log(lesson), [type_of(EvidenceFiled)])
        events = [recorded_of(entry) for entry in entries]
        return [Item(each.seq, each.event) for each in events if isinstance(each.event, EvidenceFiled)]

    async def open_file(self, account: Account, lesson: LessonId, evidence: EvidenceId) -> tuple[Path, EvidenceFiled]:
        """A file that this person may read, checked against the digest in its event. Raises NotFound, Refused, Conflict."""
        await self._planning.require(account, lesson, "evidence.read")
        item = next((item for item in await self.items(lesson) if item.filed.evidence == evidence), None)
        path = self._files.evidence(lesson, item.filed) if item else None
        if item is None or path is None:
            raise NotFound("evidence.not_found")
        if await asyncio.to_thread(digest_of_file, path) != item.filed.sha256:
            log.error("evidence is not the recorded one", lesson=lesson, evidence=evidence, seq=item.seq)
            raise Conflict("evidence.altered", seq=item.seq)
        log.info("evidence read", lesson=lesson, account=account.id, evidence=evidence)
        return path, item.filed

    async def events(
        self, account: Account, lesson: LessonId, person: PersonId | None, after_seq: int, limit: int
    ) -> EventsPage:
        """The raw log, one page; with `person` only what speaks of them. Raises NotFound, Refused, Conflict."""
        await self._planning.require(account, lesson, "events.read")
        log_id = lesson_log(lesson)
        words = await self._ids_of(lesson, person) if person else ()
        entries, total = await self._ledger.mentioning(log_id, words, after_seq, limit)
        head = await self._ledger.head(log_id)
        return EventsPage(entries, total, head.hash if head else "")

    async def _ids_of(self, lesson: LessonId, person: PersonId) -> list[str]:
        """A student is meant by the person's id while the lesson runs, and by the enrolment's in leaves and roll."""
        member = (await self._planning.plan(lesson)).member(person)
        return [person, member.enrolment] if member else [person]

    async def export(self, account: Account, lesson: LessonId, with_recording: bool) -> tuple[str, Bundle]:
        """File name and bundle for a person who may take it; that they did is recorded in the school's chain."""
        mine = await self._planning.require(account, lesson, "evidence.bundle")
        bundle, exported = await self._packed(lesson, with_recording, account.person)
        writer = await self._ledger.open(school_log(self._clock.now().astimezone(SCHOOL_TZ).year))
        await writer.append(NewEvent(exported, Origin.HUMAN, account.id))
        return bundle_name(mine.line.cohort_code, mine.line.day, lesson), bundle

    async def pack(self, lesson: LessonId, with_recording: bool = False) -> Bundle:
        """The bundle of a lesson as its record stands now. Raises NotFound when nothing is recorded."""
        return (await self._packed(lesson, with_recording, PersonId("")))[0]

    async def _packed(self, lesson: LessonId, with_recording: bool, person: PersonId) -> tuple[Bundle, BundleExported]:
        log_id = lesson_log(lesson)
        seals = await self._ledger.seals(log_id)
        entries = [entry async for entry in self._ledger.entries(log_id)]
        if not entries:
            raise NotFound("lesson.not_started")
        events = [recorded_of(entry) for entry in entries]
        labels = await self._labels(lesson, events)
        contents = await self._sheet_contents([(e.seq, e.event) for e in events if isinstance(e.event, SheetConfirmed)])
        async with self._packing:
            files = await asyncio.to_thread(self._files.parts, lesson, events, with_recording)
            content = BundleContent(
                log_id=log_id,
                entries=entries,
                seals=seals,
                labels=labels,
                files={**files, **contents},
                with_recording=with_recording,
            )
            bundle = await asyncio.to_thread(make_bundle, content, self._ledger.key)
        head = entries[-1]
        exported = BundleExported(
            lesson=lesson, person=person, events=head.seq, head_hash=head.hash, with_recording=with_recording
        )
        return bundle, exported

    async def _labels(self, lesson: LessonId, events: list[Recorded]) -> LessonLabels:
        """Names of everybody on the roster, of staff who came in, and of students who have left the class since."""
        labels = labels_of(await self._planning.plan(lesson))
        known = {label.person for label in labels.people}
        for person in sorted(_people_in(events) - known):
            with contextlib.suppress(NotFound):
                card = await self._planning.card(person)
                label = PersonLabel(person=person, name=card.name, title=card.title, code=card.code, unit=card.unit)
                labels.people.append(label)
        return labels

    async def _sheet_contents(self, confirmed: list[tuple[int, SheetConfirmed]]) -> dict[str, bytes]:
        """The canonical content of each confirmed version that is kept."""
        found: dict[str, bytes] = {}
        for seq, event in confirmed:
            version = await self._sheets.version(event.sheet, event.version)
            if version is not None and version.content_sha256 == event.content_sha256:
                found[sheet_content_part(seq, event)] = version.content.encode()
        return found


def _people_in(events: list[Recorded]) -> set[PersonId]:
    """Everybody who was expected or came."""
    found: set[PersonId] = set()
    for recorded in events:
        match recorded.event:
            case LessonOpened(roster=roster):
                found |= {line.person for line in roster}
            case PersonKnocked(person=person):
                found.add(person)
    return found


def bundle_name(cohort_code: str, day: str, lesson: LessonId) -> str:
    """`minh-chung_K45.B2_2026-09-07_0193c0de.zip`: what an inspector sees in a folder of many."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in PurePosixPath(cohort_code).name)
    return f"minh-chung_{safe}_{day}_{lesson[:8]}.zip"


async def in_chunks(bundle: Bundle) -> AsyncIterator[bytes]:
    """The bytes of a bundle without holding up the loop: files are read in a thread."""
    chunks: Iterator[bytes] = bundle.chunks()
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk

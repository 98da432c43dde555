"""A whole small lesson as a chain with its files: roster of four, a roll-call, chat, evidence, a recording, roll and sheet. No database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.attendance.policy import RULE_VERSION, Policy
from server.attendance.recompute import recompute
from server.clock import ManualClock, micros
from server.events import lesson, room, sheet
from server.events.base import Event, Origin
from server.events.stored import GENESIS, Entry, Seal, recorded_of
from server.ids import (
    AccountId,
    CohortId,
    ConnectionId,
    EnrolmentId,
    EvidenceId,
    LessonId,
    LogId,
    MessageId,
    PersonId,
    RollCallId,
    SheetId,
    TopicId,
)
from server.ledger import NewEvent, SchoolKey
from server.ledger.bundle.layout import (
    RECORDING_MANIFEST,
    LessonLabels,
    PersonLabel,
    evidence_part,
    segment_part,
    sheet_content_part,
    sheet_part,
)
from server.ledger.bundle.write import BundleContent
from server.ledger.chain_state import ChainState
from server.ledger.merkle import MerkleTree
from server.ledger.sealing import CHECKPOINT, SEAL, make_seal

LESSON = LessonId("0193c0de-0000-7000-8000-000000000001")
LOG = LogId(LESSON)
START = datetime(2026, 9, 7, 0, 30, tzinfo=UTC)
LECTURER = PersonId("person-lecturer")
NAMES = {"p1": "Nguyễn Thị Ánh", "p2": "Lê Văn Bình", "p3": "=HYPERLINK(1)", "p4": "Trần Đạt"}


@dataclass
class ChainOf:
    """A chain under construction, in memory, with the ledger's own rules."""

    key: SchoolKey = field(default_factory=SchoolKey.generate)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START - timedelta(minutes=30)))
    entries: list[Entry] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = ChainState(
            log_id=LOG,
            lesson=LESSON,
            boot_id="boot-1",
            epoch=1,
            seq=0,
            hash=GENESIS,
            sealed_seq=0,
            tree=MerkleTree(),
        )

    def add(self, *events: Event, actor: str | None = None, connection: str | None = None) -> int:
        """Append; the number of the last entry."""
        new = tuple(
            NewEvent(
                event,
                Origin.SERVER,
                AccountId(actor) if actor else None,
                ConnectionId(connection) if connection else None,
            )
            for event in events
        )
        entries = self.state.next_entries(self.state.pending(self.clock, new))
        self.state.advance(entries)
        self.entries += entries
        return self.state.seq

    def sign(self, kind: str) -> None:
        now_us = micros(self.clock.now())
        self.seals.append(make_seal(self.key, kind, LOG, self.state.hash, self.state.tree, now_us))

    @property
    def now_us(self) -> int:
        return micros(self.clock.now())


def opened() -> lesson.LessonOpened:
    start = micros(START)
    period = 45 * 60 * 1_000_000
    return lesson.LessonOpened(
        lesson=LESSON,
        cohort=CohortId("cohort-1"),
        topic=TopicId("topic-1"),
        lecturer=LECTURER,
        class_manager=None,
        periods=[
            lesson.Period(no=n + 1, start_us=start + n * period, end_us=start + (n + 1) * period) for n in range(2)
        ],
        roster=[lesson.RosterLine(enrolment=EnrolmentId(f"e{n}"), person=PersonId(f"p{n}")) for n in range(1, 5)],
        leaves=[],
        policy_version=1,
        policy=Policy().to_dict(),
        rule_version=RULE_VERSION,
    )


async def hold_lesson(folder: Path, chats: int = 12) -> tuple[ChainOf, BundleContent]:
    """The lesson as it would stand a day later: sealed at its end and again with its sheet. Files lie in `folder`."""
    chain = ChainOf()
    files: dict[str, Path | bytes] = {}

    def keep(name: str, content: bytes) -> tuple[str, int]:
        path = folder / name.replace("/", "__")
        path.write_bytes(content)
        files[name] = path
        return hashlib.sha256(content).hexdigest(), len(content)

    await _teach(chain, chats)
    _file_evidence(chain, keep)
    chain.add(lesson.LessonEnded(reason="lecturer"), actor="a-lecturer")
    chain.sign(SEAL)
    _record(chain, keep)
    _decide(chain, keep)
    chain.sign(SEAL)
    content = BundleContent(
        log_id=LOG,
        entries=chain.entries,
        seals=chain.seals,
        labels=labels(),
        files=files,
        with_recording=True,
    )
    return chain, content


def labels() -> LessonLabels:
    people = [PersonLabel(person=p, name=name, title="", code=f"HV{p}", unit="Sở Nội vụ") for p, name in NAMES.items()]
    return LessonLabels(
        lesson=LESSON,
        school="Trường Chính trị tỉnh",
        cohort="K45.B2",
        course_unit="Nhà nước và pháp luật",
        topic="Nhà nước pháp quyền",
        day="2026-09-07",
        lecturer="TS. Phạm Văn Hòa",
        people=people,
    )


async def _teach(chain: ChainOf, chats: int) -> None:
    chain.add(opened())
    await chain.clock.advance(25 * 60)
    for n in (1, 2, 3):
        person = PersonId(f"p{n}")
        chain.add(
            room.PersonKnocked(person=person, role="student", device=f"d{n}", with_media=True), connection=f"c{n}"
        )
        chain.add(room.PersonAdmitted(person=person), connection=f"c{n}")
    await chain.clock.advance(5 * 60)
    chain.add(lesson.LessonStarted(), actor="a-lecturer")
    chain.sign(CHECKPOINT)
    for n in range(chats):
        await chain.clock.advance(60)
        chain.add(
            room.MessagePosted(message=MessageId(f"m{n}"), person=PersonId("p2"), text=f'Thưa thầy, "câu {n}"\n…')
        )
    call = RollCallId("rc1")
    chain.add(lesson.RollCallStarted(roll_call=call, no=1, window_s=90, issued_by="auto"))
    await chain.clock.advance(10)
    for n in (1, 2, 3):
        chain.add(room.RollCallAnswered(person=PersonId(f"p{n}"), roll_call=call), connection=f"c{n}")
    chain.sign(CHECKPOINT)
    await chain.clock.advance(90 * 60 - chats * 60 - 10)
    for n in (1, 2, 3):
        left = room.PersonLeft(person=PersonId(f"p{n}"), last_alive_us=chain.now_us, reason="lesson_end")
        chain.add(left, connection=f"c{n}")


def _file_evidence(chain: ChainOf, keep) -> None:  # type: ignore[no-untyped-def]
    for n in range(2):
        content = bytes([n]) * 300 + f"ảnh {n}".encode()
        filed = lesson.EvidenceFiled(
            evidence=EvidenceId(f"ev{n}"),
            kind="anh_chup_he_thong",
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            mime="image/png",
            file_name=f"anh chụp {n}.png",
            captured_us=chain.now_us,
            covers_from_us=chain.now_us,
            covers_to_us=chain.now_us,
            source="system",
            present=3,
            enrolled=4,
        )
        keep(evidence_part(chain.add(filed), filed), content)


def _record(chain: ChainOf, keep) -> None:  # type: ignore[no-untyped-def]
    content = b"webm" * 200
    closed = lesson.SegmentClosed(
        publication=7,
        person=LECTURER,
        role="microphone",
        codec="opus",
        file_name="7-0001.webm",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        from_us=1,
        to_us=2,
        end_reason="stop",
    )
    keep(segment_part(chain.add(closed), closed), content)
    sha256, _ = keep(RECORDING_MANIFEST, b'{"segments":1}')
    chain.add(lesson.RecordingFinished(manifest_sha256=sha256, segments=1, gaps=0))


def _decide(chain: ChainOf, keep) -> None:  # type: ignore[no-untyped-def]
    chain.add(
        sheet.MarkOverridden(
            enrolment=EnrolmentId("e4"),
            mark="P",
            flags=[],
            absent_periods_p=2,
            absent_periods_k=0,
            reason="Có đơn xin nghỉ nộp sau buổi học",
        ),
        actor="a-lecturer",
    )
    _, marks_sha256 = recompute(map(recorded_of, chain.entries))
    chain.add(sheet.RollConfirmed(marks_sha256=marks_sha256, overrides=1), actor="a-lecturer")
    pdf, text = b"%PDF-1.7 phieu", b'{"number":"PTD-1"}'
    confirmed = sheet.SheetConfirmed(
        sheet=SheetId("s1"),
        version=1,
        content_sha256=hashlib.sha256(text).hexdigest(),
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        signature_level="L0",
    )
    seq = chain.add(confirmed, actor="a-lecturer")
    keep(sheet_part(seq, confirmed), pdf)
    keep(sheet_content_part(seq, confirmed), text)
    chain.add(sheet.SheetSent(sheet=SheetId("s1"), version=1), actor="a-lecturer")

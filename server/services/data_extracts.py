"""The machine's lists about a lesson as files of evidence: connections, and the result of the roll (regulation C.2, items 2 and 3)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from server.clock import Clock, micros
from server.events.lesson import EvidenceFiled
from server.ids import EvidenceId, LessonId, new_id
from server.ledger.bundle.layout import LessonLabels, PersonLabel
from server.ledger.bundle.tables import connections_csv, roll_csv
from server.school.plan import LessonPlan, PersonCard
from server.services.lesson_source import LessonSource


class DataExtracts:
    """Writes the lists below {data}/lessons/{lesson}/evidence/ and says what was filed; the caller records it."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._data = data
        self._clock = clock

    async def write(self, source: LessonSource) -> list[EvidenceFiled]:
        """Both lists. A file of the same name is replaced whole: only a recorded digest makes it evidence."""
        attendance, labels = source.record.attendance, labels_of(source.plan)
        lists = {
            "ds_ket_noi": ("ds-ket-noi.csv", connections_csv(attendance, labels)),
            "ket_qua_diem_danh": ("ket-qua-diem-danh.csv", roll_csv(attendance, labels)),
        }
        return [await self._file(source, kind, name, content) for kind, (name, content) in lists.items()]

    async def _file(self, source: LessonSource, kind: str, name: str, content: bytes) -> EvidenceFiled:
        now_us = micros(self._clock.now())
        await asyncio.to_thread(write_durably, evidence_folder(self._data, source.plan.lesson) / name, content)
        attendance = source.record.attendance
        return EvidenceFiled(
            evidence=EvidenceId(new_id(now_us // 1000)),
            kind=kind,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            mime="text/csv",
            file_name=name,
            captured_us=now_us,
            covers_from_us=attendance.started_us or source.plan.start_us,
            covers_to_us=attendance.ended_us or source.plan.end_us,
            source="system",
            present=sum(facts.first_knock_us is not None for facts in attendance.rows(source.now_us)),
            enrolled=len(source.plan.roster),
        )


def evidence_folder(data: Path, lesson: LessonId) -> Path:
    """Where files of evidence of a lesson lie, by the `file_name` of their event."""
    return data / "lessons" / lesson / "evidence"


def write_durably(path: Path, content: bytes) -> None:
    """The whole file or none, on disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def labels_of(plan: LessonPlan) -> LessonLabels:
    """Names for the ids of a lesson's events."""
    cards = [plan.lecturer, *([plan.class_manager] if plan.class_manager else []), *(m.card for m in plan.roster)]
    return LessonLabels(
        lesson=plan.lesson,
        school=plan.school_name,
        cohort=plan.cohort_code,
        course_unit=plan.course_unit_name,
        topic=plan.topic_name,
        day=plan.day,
        lecturer=plan.lecturer.name,
        people=[_label(card) for card in cards],
    )


def _label(card: PersonCard) -> PersonLabel:
    return PersonLabel(person=card.person, name=card.name, title=card.title, code=card.code, unit=card.unit)

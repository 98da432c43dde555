"""Where the files lie that events speak of: evidence, sheets, segments. Found by name and digest; a path never leaves the lesson's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from server.events.base import Recorded
from server.events.lesson import EvidenceFiled, RecordingFinished, SegmentClosed
from server.events.sheet import SheetConfirmed
from server.ids import LessonId
from server.ledger.bundle import layout

CHUNK = 1 << 20


class EvidenceFiles:
    """The files of one data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def folder(self, lesson: LessonId, kind: str) -> Path:
        """kind ∈ evidence, sheet, recording."""
        return self._data / "lessons" / lesson / kind

    def evidence(self, lesson: LessonId, filed: EvidenceFiled) -> Path | None:
        """The file of an item of evidence; None when it is gone."""
        return _inside(self.folder(lesson, "evidence"), filed.file_name)

    def parts(self, lesson: LessonId, events: Iterable[Recorded], with_recording: bool) -> dict[str, Path | bytes]:
        """Bundle part → file, for all files that events speak of and that are there. Reads sheets to know them by digest."""
        found: dict[str, Path | bytes] = {}
        for recorded in events:
            for name, path in self._parts_of(lesson, recorded, with_recording):
                if path is not None:
                    found[name] = path
        return found

    def _parts_of(self, lesson: LessonId, recorded: Recorded, with_recording: bool) -> list[tuple[str, Path | None]]:
        seq = recorded.seq
        match recorded.event:
            case EvidenceFiled() as filed:
                return [(layout.evidence_part(seq, filed), self.evidence(lesson, filed))]
            case SegmentClosed() as closed if with_recording:
                return [(layout.segment_part(seq, closed), _inside(self.folder(lesson, "recording"), closed.file_name))]
            case RecordingFinished():
                return [(layout.RECORDING_MANIFEST, _inside(self.folder(lesson, "recording"), "manifest.json"))]
            case SheetConfirmed() as confirmed:
                return [(layout.sheet_part(seq, confirmed), self._sheet(lesson, confirmed.pdf_sha256))]
        return []

    def _sheet(self, lesson: LessonId, sha256: str) -> Path | None:
        """The confirmed print among the lesson's sheets, by its digest."""
        folder = self.folder(lesson, "sheet")
        return next((path for path in sorted(folder.glob("*.pdf")) if digest_of_file(path) == sha256), None)


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha256.update(chunk)
    return sha256.hexdigest()


def _inside(folder: Path, name: str) -> Path | None:
    """The file `name` in `folder` or below; None for one that is not there or would lead out of it."""
    root = folder.resolve()
    path = (root / name).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None

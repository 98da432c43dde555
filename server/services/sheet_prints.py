"""Sheets on paper: print marks, pictures, the files of confirmed versions below {data}/lessons/{lesson}/sheet/."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import msgspec

from server.events.canonical import canonical_bytes
from server.ids import EvidenceId, LessonId
from server.render.sheet_print import SheetPrinter
from server.services.data_extracts import evidence_folder, write_durably
from server.sheet import vietnamese as vi
from server.sheet.compose import titled
from server.sheet.content import TEMPLATE_LABEL, Print, SheetContent, Signature
from server.sheet.numbers import verification_code
from server.sheet.source import SheetSource

#: What the levels are called in print; a confirmation by account is no signature in the sense of the law (regulation C.5).
LEVEL_WORDS = {
    "L0": "L0 – xác nhận tài khoản",
    "L1": "L1 – chữ ký điện tử chuyên dùng",
    "L2": "L2 – chữ ký số",
    "L3": "L3 – ký tay, quét lại",
}
_NOBODY_YET = Signature(name=vi.BLANK, moment=vi.BLANK, level=vi.BLANK)


class SheetPrints:
    def __init__(self, data: Path, base_url: str) -> None:
        self._data = data
        self._base_url = base_url
        self._printer = SheetPrinter()

    def close(self) -> None:
        self._printer.close()

    async def pdf(self, source: SheetSource, content: SheetContent, marks: Print, created_us: int) -> bytes:
        return await self._printer.pdf(content, marks, self._pictures(source), created_us)

    async def pages(self, source: SheetSource, content: SheetContent, marks: Print, ppi: int) -> list[bytes]:
        return await self._printer.pages(content, marks, self._pictures(source), ppi)

    def draft_marks(self, source: SheetSource, content: SheetContent) -> Print:
        """A draft has the watermark, and neither date nor code: there is nothing yet to verify."""
        return self._marks(source, content, None, "")

    def confirmed_marks(self, source: SheetSource, content: SheetContent, confirmed_us: int, level: str) -> Print:
        return self._marks(source, content, confirmed_us, level)

    async def keep(self, lesson: LessonId, version: int, content: SheetContent, pdf: bytes) -> None:
        """The files of a version: what is printed, and the canonical content whose SHA-256 it names."""
        await asyncio.to_thread(write_durably, pdf_path(self._data, lesson, version), pdf)
        await asyncio.to_thread(write_durably, content_path(self._data, lesson, version), canonical_bytes(content))

    async def kept_pdf(self, lesson: LessonId, version: int, sha256: str) -> bytes | None:
        """The file of a confirmed version, if it is there and unchanged."""
        path = pdf_path(self._data, lesson, version)
        pdf = await asyncio.to_thread(lambda: path.read_bytes() if path.is_file() else b"")
        return pdf if hashlib.sha256(pdf).hexdigest() == sha256 else None

    def _marks(self, source: SheetSource, content: SheetContent, confirmed_us: int | None, level: str) -> Print:
        sha256 = content.sha256()
        code = verification_code(sha256) if confirmed_us is not None else ""
        moment = vi.BLANK if confirmed_us is None else vi.moment(confirmed_us)
        return Print(
            draft=confirmed_us is None,
            dated=vi.blank_date(source.plan.start_us) if confirmed_us is None else vi.long_date(confirmed_us),
            lecturer=Signature(
                name=titled(source.plan.lecturer), moment=moment, level=LEVEL_WORDS.get(level, level) or vi.BLANK
            ),
            class_manager=msgspec.structs.replace(_NOBODY_YET, name=titled(source.plan.class_manager)),
            training_office=_NOBODY_YET,
            content_sha256=sha256,
            code=code,
            verify_url=f"{self._base_url}/verify/{code}" if code else "",
            template_label=TEMPLATE_LABEL,
            printed=moment,
            reprinted="",
        )

    def _pictures(self, source: SheetSource) -> dict[EvidenceId, Path]:
        folder = evidence_folder(self._data, source.plan.lesson)
        return {
            filed.item.evidence: folder / filed.item.file_name
            for filed in source.sheet.screenshots
            if Path(filed.item.file_name).name == filed.item.file_name and (folder / filed.item.file_name).is_file()
        }


def sheet_folder(data: Path, lesson: LessonId) -> Path:
    return data / "lessons" / lesson / "sheet"


def pdf_path(data: Path, lesson: LessonId, version: int) -> Path:
    """The PDF of a confirmed version: `SheetConfirmed.pdf_sha256` is its digest."""
    return sheet_folder(data, lesson) / f"v{version}.pdf"


def content_path(data: Path, lesson: LessonId, version: int) -> Path:
    """The canonical JSON of a confirmed version: `SheetConfirmed.content_sha256` is its digest."""
    return sheet_folder(data, lesson) / f"v{version}.json"

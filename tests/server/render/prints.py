"""A sheet ready to print, from a lesson of any size."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from server.ids import EvidenceId
from server.sheet import vietnamese as vi
from server.sheet.compose import compose
from server.sheet.content import Print, SheetContent, Signature
from server.sheet.numbers import verification_code
from tests.server.attendance.scripts import at
from tests.server.sheet.lessons import lesson_log, plan, source_of

CONFIRMED_US = at("11:02")
NOBODY = Signature(name=vi.BLANK, moment=vi.BLANK, level=vi.BLANK)


def content_of(
    students: int = 12,
    absent: int = 2,
    *,
    doc_style: str = "dang",
    names: dict[int, str] | None = None,
    eventful: bool = True,
) -> SheetContent:
    log = lesson_log(students, absent, eventful=eventful)
    return compose(source_of(plan(students, doc_style, names), log.events))


def final_print(content: SheetContent) -> Print:
    code = verification_code(content.sha256())
    return Print(
        draft=False,
        dated=vi.long_date(CONFIRMED_US),
        lecturer=Signature(name="TS. Trần Thị Thu Hương", moment=vi.moment(CONFIRMED_US), level="L0"),
        class_manager=NOBODY,
        training_office=NOBODY,
        content_sha256=content.sha256(),
        code=code,
        verify_url=f"https://lop.example/verify/{code}",
        template_label="v1",
        printed=vi.moment(CONFIRMED_US),
        reprinted="",
    )


def draft_print(content: SheetContent) -> Print:
    return Print(
        draft=True,
        dated=vi.blank_date(CONFIRMED_US),
        lecturer=NOBODY,
        class_manager=NOBODY,
        training_office=NOBODY,
        content_sha256=content.sha256(),
        code="",
        verify_url="",
        template_label="v1",
        printed=vi.BLANK,
        reprinted="",
    )


def picture(folder: Path, name: str = "one.png", size: tuple[int, int] = (640, 360)) -> dict[EvidenceId, Path]:
    path = folder / name
    Image.new("RGB", size, (20, 60, 100)).save(path)
    return {EvidenceId("evidence-1"): path}

"""The sheet on paper: content and print marks in, PDF or page pictures out. The newest results are kept by the digest of what went in."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import msgspec

from server.ids import EvidenceId
from server.render.coverage import printable, printable_table
from server.render.qr import qr_svg
from server.render.typesetting import FONTS, Job, Typesetter, picture_is_readable
from server.sheet.content import Print, SheetContent

#: Results kept, and how much of them in all.
KEPT, KEPT_BYTES = 24, 96 << 20
#: A sheet prints so many screenshots at most; all of them stay in the evidence.
MAX_PICTURES = 24


class SheetPrinter:
    """Prints sheets. One per process; `close` at the end."""

    def __init__(self) -> None:
        self._typesetter = Typesetter()
        self._kept: OrderedDict[str, list[bytes]] = OrderedDict()
        self._under_way: dict[str, asyncio.Lock] = {}

    async def pdf(
        self, content: SheetContent, marks: Print, pictures: Mapping[EvidenceId, Path], created_us: int
    ) -> bytes:
        """The sheet as PDF/A. `created_us` stands in the file as its date; equal input gives equal bytes."""
        return (await self._made(_job(content, marks, pictures, created_us), 0))[0]

    async def pages(
        self, content: SheetContent, marks: Print, pictures: Mapping[EvidenceId, Path], ppi: int
    ) -> list[bytes]:
        """The same pages as PNG pictures."""
        return await self._made(_job(content, marks, pictures, 0), ppi)

    async def _made(self, job: Job, ppi: int) -> list[bytes]:
        """Kept, or made once however many ask at the same time (a preview asks for all its pages at once). ppi 0: the PDF."""
        key = _key(job, ppi)
        if (kept := self._recall(key)) is not None:
            return kept
        turn = self._under_way.setdefault(key, asyncio.Lock())
        try:
            async with turn:
                if (kept := self._recall(key)) is None:
                    made = await self._typesetter.pages(job, ppi) if ppi else [await self._typesetter.pdf(job)]
                    kept = self._keep(key, made)
                return kept
        finally:
            if not turn.locked():
                self._under_way.pop(key, None)

    def close(self) -> None:
        self._typesetter.close()

    def _recall(self, key: str) -> list[bytes] | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _keep(self, key: str, made: list[bytes]) -> list[bytes]:
        self._kept[key] = made
        while len(self._kept) > 1 and (len(self._kept) > KEPT or self._weight() > KEPT_BYTES):
            self._kept.popitem(last=False)
        return made

    def _weight(self) -> int:
        return sum(len(page) for pages in self._kept.values() for page in pages)


def page_count(pdf: bytes) -> int:
    """Pages of a PDF that we made ourselves: its page objects stand uncompressed."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def _job(content: SheetContent, marks: Print, pictures: Mapping[EvidenceId, Path], created_us: int) -> Job:
    files: dict[str, Path] = {}
    names: dict[str, str] = {}
    for shot in content.screenshots[:MAX_PICTURES]:
        path = pictures.get(EvidenceId(shot.evidence))
        if path is not None and picture_is_readable(path):
            stem = f"picture-{shot.no}"
            files[stem] = path
            names[shot.evidence] = f"{stem}.jpg"
    words = printable(msgspec.to_builtins({"content": content, "print": marks}), printable_table(FONTS))
    data = {**words, "pictures": names, "qr": qr_svg(marks.verify_url) if marks.verify_url else ""}
    return Job(
        template=content.template,
        entry="sheet.typ",
        data=msgspec.json.encode(data).decode(),
        pictures=files,
        created_s=created_us // 1_000_000,
    )


def _key(job: Job, ppi: int) -> str:
    pictures = [(stem, str(path), path.stat().st_mtime_ns, path.stat().st_size) for stem, path in job.pictures.items()]
    told = repr((job.template, job.data, pictures, job.created_s, ppi))
    return hashlib.sha256(told.encode()).hexdigest()

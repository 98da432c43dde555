"""Typst in a box: one template, its data as JSON, its pictures, our own fonts. No system fonts, no packages, no network.

Every run gets a folder of its own that holds nothing but the template and the pictures; typst reads inside it only. Runs happen in worker
threads (typst releases the interpreter lock), a bounded number at a time.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
import typst
from PIL import Image

from server.errors import Overloaded

log = structlog.get_logger("render")

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
TEMPLATES = HERE / "templates"
#: Runs at once, and runs that may wait; more is refused, because nobody waits that long for a preview.
WORKERS, WAITING = 1, 12
#: Pictures larger than this are not decoded (a screenshot of 4K has 8.3 million pixels).
MAX_PIXELS = 40_000_000
#: Resolution of pictures in print, and the width of the text area that they fill, in inches (165 mm).
PRINT_PPI, TEXT_WIDTH_IN = 220, 6.5
#: PDF/A-2a: self-contained for archives (regulation C.4), and tagged, so that it can be read aloud.
PDF_STANDARD: Final = "a-2a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to set: template folder, data (JSON text), pictures by file stem, and the moment that stands in the file as its creation."""

    template: str
    entry: str
    data: str
    pictures: Mapping[str, Path] = field(default_factory=dict)
    created_s: int = 0


class Typesetter:
    """Sets jobs in worker threads. `close` waits for those that run."""

    def __init__(self, templates: Path = TEMPLATES) -> None:
        self._templates = templates
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="typeset")
        self._places = WORKERS + WAITING
        self._fonts: typst.Fonts | None = None

    async def pdf(self, job: Job) -> bytes:
        """The document. Equal jobs give equal bytes. Raises Overloaded when too many wait."""
        return (await self._run(job, 0))[0]

    async def pages(self, job: Job, ppi: int) -> list[bytes]:
        """The same document as one PNG per page."""
        return await self._run(job, ppi)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _run(self, job: Job, ppi: int) -> list[bytes]:
        if self._places <= 0:
            raise Overloaded("render.busy", retry_after_s=2)
        self._places -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._set, job, ppi)
        finally:
            self._places += 1

    def _set(self, job: Job, ppi: int) -> list[bytes]:
        with tempfile.TemporaryDirectory(prefix="gd-typeset-") as name:
            root = Path(name)
            (root / "packages").mkdir()
            main = root / job.entry
            main.write_bytes((self._templates / job.template / job.entry).read_bytes())
            for stem, source in job.pictures.items():
                _bring_picture(source, root / f"{stem}.jpg", ppi or PRINT_PPI)
            result = typst.compile(
                main,
                root=root,
                font_paths=self._own_fonts(),
                ignore_system_fonts=True,
                package_path=root / "packages",
                package_cache_path=root / "packages",
                sys_inputs={"data": job.data},
                format="png" if ppi else "pdf",
                ppi=float(ppi) if ppi else None,
                pdf_standards=None if ppi else PDF_STANDARD,
                timestamp=job.created_s,
            )
        return result if isinstance(result, list) else [result]

    def _own_fonts(self) -> typst.Fonts:
        if self._fonts is None:
            self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
        return self._fonts


def picture_is_readable(source: Path) -> bool:
    """Whether a file is a picture that may be decoded for print."""
    try:
        with Image.open(source, formats=("PNG", "JPEG", "WEBP")) as picture:
            return picture.width * picture.height <= MAX_PIXELS
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def _bring_picture(source: Path, target: Path, ppi: int) -> None:
    """A picture for print: decoded, made as small as the page shows it, written anew. Nothing but pixels reaches the document."""
    side = round(ppi * TEXT_WIDTH_IN)
    with Image.open(io.BytesIO(source.read_bytes()), formats=("PNG", "JPEG", "WEBP")) as picture:
        plain = picture.convert("RGB")
        plain.thumbnail((side, side), Image.Resampling.LANCZOS)
        plain.save(target, "JPEG", quality=85)

"""Reading a PDF back: its text and its objects."""

from __future__ import annotations

import re
import unicodedata
from io import BytesIO

from pypdf import PdfReader


def text_of(pdf: bytes) -> str:
    """All text in NFC, runs of white space as one space."""
    pages = (page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", " ".join(pages)))


def fonts_of(pdf: bytes) -> set[str]:
    """Names of the embedded fonts, without the subset's prefix."""
    found = set()
    for page in PdfReader(BytesIO(pdf)).pages:
        resources = page["/Resources"].get_object()
        for font in resources.get("/Font", {}).values():  # type: ignore[union-attr]
            found.add(str(font.get_object()["/BaseFont"]).split("+")[-1])
    return found


def page_count(pdf: bytes) -> int:
    return len(PdfReader(BytesIO(pdf)).pages)


def squeezed(text: str) -> str:
    """Text without white space: a long name may be broken over lines in a narrow cell."""
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFC", text))

"""The roll as a workbook: texts stay texts, numbers are numbers, names keep their letters."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

import msgspec

from server.render.tables import ROLL_COLUMNS, roll_xlsx
from tests.server.render.prints import content_of

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheet_xml(book: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(BytesIO(book)) as archive:
        return ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))


def strings(book: bytes) -> list[str]:
    with zipfile.ZipFile(BytesIO(book)) as archive:
        root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(t.text or "" for t in item.iter(f"{{{NS['m']}}}t")) for item in root.findall("m:si", NS)]


def test_workbook_has_a_row_per_student_under_the_columns_of_the_appendix() -> None:
    content = content_of(14, 3)
    book = roll_xlsx(content.attendance, content.info, content.head.number)
    rows = sheet_xml(book).findall(".//m:row", NS)
    assert len(rows) == 3 + len(content.attendance)
    texts = strings(book)
    assert [name for name, _ in ROLL_COLUMNS] == [text for text in texts if text in dict(ROLL_COLUMNS)]
    assert all(line.name in texts for line in content.attendance)


def test_no_cell_becomes_a_formula_or_link() -> None:
    content = content_of(5, 2)
    evil = ['=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "http://example.org", "\t=1"]
    lines = [
        msgspec.structs.replace(line, name=text, note=text)
        for line, text in zip(content.attendance * 2, evil, strict=False)
    ]
    book = roll_xlsx(lines, content.info, content.head.number)
    root = sheet_xml(book)
    assert root.findall(".//m:f", NS) == [] and root.findall(".//m:hyperlink", NS) == []
    assert set(evil) <= set(strings(book))


def test_same_roll_gives_the_same_workbook() -> None:
    content = content_of(5, 2)
    first, second = (roll_xlsx(content.attendance, content.info, content.head.number) for _ in range(2))
    assert re.sub(rb"PK.{30}", b"", first) == re.sub(rb"PK.{30}", b"", second)

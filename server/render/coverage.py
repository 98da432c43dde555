"""Which characters the bundled fonts can show, and texts made printable by them.

PDF/A forbids a character without a glyph, and a lecturer may write one (a picture character, another script). In print it becomes `□`; the
content, and what it is digested from, keep it.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

#: Stands for a character that the fonts cannot show (it is in all four of them).
SUBSTITUTE = "□"
_UNICODE_TABLES = ((3, 10), (3, 1), (0, 4), (0, 3))


class _Printable(dict[int, int]):
    """For str.translate: each character, or the substitute. Line breaks stay; invisible formatting (direction marks) is shown as □."""

    def __init__(self, covered: frozenset[int]) -> None:
        super().__init__({ord("\n"): ord("\n"), ord("\t"): ord(" ")})
        self._covered = covered

    def __missing__(self, code: int) -> int:
        is_shown = code in self._covered and unicodedata.category(chr(code)) not in ("Cc", "Cf", "Co", "Cn", "Cs")
        self[code] = code if is_shown else ord(SUBSTITUTE)
        return self[code]


def printable(value: Any, table: dict[int, int]) -> Any:
    """The same lists and objects with every text made printable."""
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, list):
        return [printable(item, table) for item in value]
    if isinstance(value, dict):
        return {key: printable(item, table) for key, item in value.items()}
    return value


@cache
def printable_table(folder: Path) -> dict[int, int]:
    """What `printable` needs, for characters that every font of the folder has."""
    covers = [covered_by(font) for font in sorted(folder.glob("*.ttf"))]
    return _Printable(frozenset.intersection(*covers))


def covered_by(font: Path) -> frozenset[int]:
    """The characters of a TrueType font: the best Unicode subtable of its `cmap` (OpenType, formats 4 and 12)."""
    data = font.read_bytes()
    cmap = _table(data, b"cmap")
    (count,) = struct.unpack_from(">H", cmap, 2)
    offsets = {}
    for i in range(count):
        platform, encoding, offset = struct.unpack_from(">HHL", cmap, 4 + 8 * i)
        offsets[platform, encoding] = offset
    best = next(offsets[key] for key in _UNICODE_TABLES if key in offsets)
    (form,) = struct.unpack_from(">H", cmap, best)
    if form == 12:
        return _format_12(cmap[best:])
    if form == 4:
        return _format_4(cmap[best:])
    raise ValueError(f"{font.name}: cmap format {form} is not known here")


def _table(data: bytes, tag: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", data, 4)
    for i in range(count):
        name, _, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * i)
        if name == tag:
            return data[offset : offset + length]
    raise ValueError(f"no table {tag!r}")


def _format_12(table: bytes) -> frozenset[int]:
    (groups,) = struct.unpack_from(">L", table, 12)
    found: set[int] = set()
    for i in range(groups):
        start, end, glyph = struct.unpack_from(">LLL", table, 16 + 12 * i)
        found.update(code for code in range(start, end + 1) if glyph + code - start)
    return frozenset(found)


def _format_4(table: bytes) -> frozenset[int]:
    (twice,) = struct.unpack_from(">H", table, 6)
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", table, 14)
    starts = struct.unpack_from(f">{count}H", table, 16 + twice)
    deltas = struct.unpack_from(f">{count}H", table, 16 + 2 * twice)
    ranges_at = 16 + 3 * twice
    ranges = struct.unpack_from(f">{count}H", table, ranges_at)
    found: set[int] = set()
    for i in range(count):
        for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
            glyph = code
            if ranges[i]:
                at = ranges_at + 2 * i + ranges[i] + 2 * (code - starts[i])
                (glyph,) = struct.unpack_from(">H", table, at)
                if not glyph:
                    continue
            if (glyph + deltas[i]) & 0xFFFF:
                found.add(code)
    return frozenset(found)

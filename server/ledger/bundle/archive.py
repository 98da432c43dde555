"""The container: a ZIP with stored (uncompressed) parts, no times, no comments, so that the same parts give the same bytes.

The reader accepts exactly what the writer makes and names the first byte that is different. Nothing is ever unpacked: a part is a
stretch of the file, so there is no zip bomb, and a name never becomes a path. Layout: APPNOTE 6.3.10 §4.3.6, ZIP64 §4.5.3 where sizes need it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 1 << 20
MAX_PARTS = 50_000
MAX_NAME = 200
_LIMIT_32 = 0xFFFFFFFF
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_UTF8 = 0x0800
_DATE_1980 = 0x0021
_UNIX_FILE = 0o100644 << 16


@dataclass(frozen=True)
class Part:
    """One part to be written: its content is asked for once, when its turn has come."""

    name: str
    size: int
    crc: int
    content: Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Found:
    """One part of a file that was read: where its header and its content begin."""

    name: str
    size: int
    crc: int
    header_at: int
    content_at: int


@dataclass(frozen=True)
class Damage:
    """The first byte at which a file is not what the writer makes; `name` is the part it concerns, if any."""

    at: int
    name: str
    reason: str


def is_safe_name(name: str) -> bool:
    """Whether a part may have this name: plain ASCII path elements, none of them hidden or upward."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def archive_chunks(parts: Iterable[Part]) -> Iterator[bytes]:
    """The bytes of the archive with these parts in this order. Raises ValueError when a content is not as announced."""
    placed: list[Found] = []
    at = 0
    for part in parts:
        header = _local(part.name, part.size, part.crc)
        placed.append(Found(part.name, part.size, part.crc, at, at + len(header)))
        yield header
        yield from _announced(part)
        at += len(header) + part.size
    yield _tail(placed, at)


def archive_size(parts: Iterable[Part]) -> int:
    """How many bytes `archive_chunks` will give."""
    placed: list[Found] = []
    at = 0
    for part in parts:
        header = _local(part.name, part.size, part.crc)
        placed.append(Found(part.name, part.size, part.crc, at, at + len(header)))
        at += len(header) + part.size
    return at + len(_tail(placed, at))


def _announced(part: Part) -> Iterator[bytes]:
    size = crc = 0
    for chunk in part.content():
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        yield chunk
    if (size, crc) != (part.size, part.crc):
        raise ValueError(f"{part.name} changed while it was packed")


def read_archive(file: BinaryIO) -> tuple[list[Found], Damage | None]:
    """The parts in order, up to the first damage. Contents are not read: `content_of` and the CRC are the caller's."""
    file.seek(0, 2)
    end = file.tell()
    found: list[Found] = []
    names: set[str] = set()
    at = 0
    while True:
        part, damage = _read_local(file, at, end)
        if damage:
            return found, Damage(damage.at, damage.name or _name_before(found), damage.reason)
        if part is None:
            break
        if part.name in names or len(found) >= MAX_PARTS:
            return found, Damage(at, part.name, "part twice, or too many parts")
        names.add(part.name)
        found.append(part)
        at = part.content_at + part.size
    return found, _compare(file, at, _tail(found, at), end, _name_before(found))


def _name_before(found: list[Found]) -> str:
    return found[-1].name if found else ""


def content_of(file: BinaryIO, part: Found) -> Iterator[bytes]:
    """The content of a part, in chunks."""
    file.seek(part.content_at)
    left = part.size
    while left and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        yield chunk


def _read_local(file: BinaryIO, at: int, end: int) -> tuple[Found | None, Damage | None]:
    """The part whose header stands at `at`; (None, None) when the central directory begins there."""
    file.seek(at)
    head = file.read(_LOCAL.size)
    if head[:4] in (b"PK\x01\x02", b"PK\x05\x06"):
        return None, None
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        return None, Damage(at, "", "no part begins here")
    *_, crc, size, _packed, name_length, extra_length = _LOCAL.unpack(head)
    name = file.read(min(name_length, MAX_NAME)).decode("ascii", "replace")
    if not is_safe_name(name):
        return None, Damage(at + _LOCAL.size, "", "a part without a proper name")
    extra = file.read(min(extra_length, 20))
    if size == _LIMIT_32 and len(extra) == 20:
        size = struct.unpack("<Q", extra[4:12])[0]
    header = _local(name, size, crc)
    if damage := _compare(file, at, header, at + len(header), name):
        return None, damage
    if at + len(header) + size > end:
        return None, Damage(end, name, "the file ends within this part")
    return Found(name, size, crc, at, at + len(header)), None


def _compare(file: BinaryIO, at: int, expected: bytes, end: int, name: str) -> Damage | None:
    """Whether the file has `expected` from `at` to `end`, and nothing else."""
    file.seek(at)
    actual = file.read(len(expected) + 1 if end > at + len(expected) else len(expected))
    if actual == expected and end == at + len(expected):
        return None
    same = next(
        (i for i, (a, b) in enumerate(zip(actual, expected, strict=False)) if a != b), min(len(actual), len(expected))
    )
    return Damage(at + same, name, "not as the writer makes it")


def _local(name: str, size: int, crc: int) -> bytes:
    if not is_safe_name(name):
        raise ValueError(f"no name for a part: {name!r}")
    raw = name.encode("ascii")
    large = size >= _LIMIT_32
    extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
    shown = _LIMIT_32 if large else size
    version = 45 if large else 20
    head = _LOCAL.pack(b"PK\x03\x04", version, _UTF8, 0, 0, _DATE_1980, crc, shown, shown, len(raw), len(extra))
    return head + raw + extra


def _central(part: Found) -> bytes:
    raw = part.name.encode("ascii")
    wide = b""
    size, offset = part.size, part.header_at
    if size >= _LIMIT_32:
        wide, size = struct.pack("<QQ", size, size), _LIMIT_32
    if offset >= _LIMIT_32:
        wide, offset = wide + struct.pack("<Q", offset), _LIMIT_32
    extra = struct.pack("<HH", 1, len(wide)) + wide if wide else b""
    version = 45 if wide else 20
    head = _CENTRAL.pack(
        b"PK\x01\x02",
        0x0300 | 45,
        version,
        _UTF8,
        0,
        0,
        _DATE_1980,
        part.crc,
        size,
        size,
        len(raw),
        len(extra),
        0,
        0,
        0,
        _UNIX_FILE,
        offset,
    )
    return head + raw + extra


def _tail(parts: list[Found], at: int) -> bytes:
    """Central directory and end records for parts that end at `at`."""
    directory = b"".join(_central(part) for part in parts)
    size, count = len(directory), len(parts)
    wide = b""
    if at + size >= _LIMIT_32 or count >= 0xFFFF:
        wide = _END64.pack(b"PK\x06\x06", 44, 0x0300 | 45, 45, 0, 0, count, count, size, at)
        wide += _LOCATOR.pack(b"PK\x06\x07", 0, at + size, 1)
    shown = min(count, 0xFFFF)
    return directory + wide + _END.pack(b"PK\x05\x06", 0, 0, shown, shown, min(size, _LIMIT_32), min(at, _LIMIT_32), 0)

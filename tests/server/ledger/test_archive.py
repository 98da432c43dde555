"""The container: ordinary tools open it, the same parts give the same bytes, and its reader trusts nothing."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ledger.bundle import archive
from server.ledger.bundle.archive import Part, archive_chunks, archive_size, content_of, is_safe_name, read_archive

names = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9._-]{1,8}){0,2}", fullmatch=True).filter(is_safe_name)


def _part(name: str, content: bytes) -> Part:
    return Part(name, len(content), zlib.crc32(content), lambda: [content])


def _bytes(parts: list[Part]) -> bytes:
    return b"".join(archive_chunks(parts))


@given(st.dictionaries(names, st.binary(max_size=300), max_size=6))
def test_what_is_written_is_read_and_is_an_ordinary_zip(contents: dict[str, bytes]) -> None:
    parts = [_part(name, content) for name, content in contents.items()]
    data = _bytes(parts)
    assert len(data) == archive_size(parts)
    found, damage = read_archive(io.BytesIO(data))
    assert damage is None
    assert {p.name: b"".join(content_of(io.BytesIO(data), p)) for p in found} == contents
    with zipfile.ZipFile(io.BytesIO(data)) as ordinary:
        assert ordinary.testzip() is None
        assert {name: ordinary.read(name) for name in ordinary.namelist()} == contents


@given(st.binary(max_size=200))
def test_reading_any_bytes_ends_with_a_damage_that_lies_within_the_file(data: bytes) -> None:
    _, damage = read_archive(io.BytesIO(data))
    assert damage is not None
    assert 0 <= damage.at <= len(data)


def test_bytes_before_or_behind_the_archive_are_damage() -> None:
    data = _bytes([_part("a.txt", b"content")])
    for changed, at in ((b"x" + data, 0), (data + b"x", len(data)), (data + data, len(data))):
        damage = read_archive(io.BytesIO(changed))[1]
        assert damage is not None
        assert damage.at == at


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../b", "a//b", ".hidden", "a\\b", "C:", "", "a/", "ảnh.png", "a" * 201, "a\n", "a b"]
)
def test_name_that_could_lead_elsewhere_is_neither_written_nor_read(name: str) -> None:
    assert not is_safe_name(name)
    with pytest.raises(ValueError):
        _bytes([_part(name, b"")])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as ordinary:
        ordinary.writestr(zipfile.ZipInfo(name or "/"), b"x")
    assert read_archive(out)[1] is not None


def test_compressed_bomb_is_refused_without_being_opened() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as ordinary:
        ordinary.writestr("a.txt", b"0" * 10_000_000)
    assert read_archive(out)[1] is not None


def test_same_name_twice_is_refused() -> None:
    data = _bytes([_part("a", b"1"), _part("a", b"2")])
    found, damage = read_archive(io.BytesIO(data))
    assert [p.name for p in found] == ["a"]
    assert damage is not None


def test_content_that_changed_after_it_was_measured_is_not_packed() -> None:
    with pytest.raises(ValueError, match="changed"):
        _bytes([Part("a", 3, zlib.crc32(b"abc"), lambda: [b"abd"])])


def test_parts_beyond_four_gigabytes_use_zip64() -> None:
    large = archive.Found("a.webm", 5 << 30, 1, 0, 60)
    behind = archive.Found("b.webm", 1, 1, 5 << 30, (5 << 30) + 40)
    assert archive._local(large.name, large.size, large.crc)[4:6] == b"\x2d\x00"
    tail = archive._tail([large, behind], 6 << 30)
    assert b"PK\x06\x06" in tail and b"PK\x06\x07" in tail
    assert (5 << 30).to_bytes(8, "little") in tail

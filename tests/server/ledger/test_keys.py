"""The school's key: made once, private on disk, strict about what it accepts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ledger import PublicKey, SchoolKey
from server.ledger.keys import KEY_FILE


def test_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    first = SchoolKey.load_or_create(tmp_path / "keys")
    again = SchoolKey.load_or_create(tmp_path / "keys")
    assert first.created and not again.created
    assert first.key_id == again.key_id
    assert again.public.has_signed(b"m", first.sign(b"m"))


def test_key_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    SchoolKey.load_or_create(tmp_path / "keys")
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [p.name for p in (tmp_path / "keys").iterdir()] == [KEY_FILE]


def test_file_that_is_no_key_stops_the_start_instead_of_being_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("not a key")
    with pytest.raises(ValueError):
        SchoolKey.load_or_create(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "not a key"


def test_signature_of_another_key_or_message_or_form_does_not_hold() -> None:
    key, other = SchoolKey.generate(), SchoolKey.generate()
    signature = key.sign(b"m")
    assert key.public.has_signed(b"m", signature)
    for bad in (other.sign(b"m"), key.sign(b"n"), signature.upper(), signature[:-2], "", "zz", signature + "\n"):
        assert not key.public.has_signed(b"m", bad)


@given(st.integers(0, 60 * 8 - 1))
def test_public_key_with_a_flipped_bit_is_another_key_or_none(bit: int) -> None:
    pem = bytearray(SchoolKey.generate().public.pem())
    at = len(b"-----BEGIN PUBLIC KEY-----\n") + bit // 8
    pem[at] ^= 1 << bit % 8
    try:
        assert PublicKey.from_pem(bytes(pem)).pem() == bytes(pem)
    except ValueError:
        return


def test_public_key_in_any_other_spelling_is_refused() -> None:
    pem = SchoolKey.generate().public.pem()
    assert PublicKey.from_pem(pem).pem() == pem
    for bad in (pem + b"\n", b"x" + pem, pem.replace(b"\n", b"\r\n"), b"", b"-----BEGIN PUBLIC KEY-----"):
        with pytest.raises(ValueError):
            PublicKey.from_pem(bad)

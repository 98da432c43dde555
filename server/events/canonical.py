"""Canonical JSON: one text for one value, so that a digest of it means something.

Rules (docs/record.md says the same for readers without Python): objects with keys sorted by Unicode code point, no spaces,
strings in NFC with only `"`, `\\` and U+0000–U+001F escaped, integers of 64 bits, no floats, no lone surrogates, UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any, NoReturn

import msgspec

#: Deeper nesting is nobody's record; a bound keeps hostile input from exhausting the stack.
MAX_DEPTH = 32
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1


class NotCanonical(ValueError):
    """The value has no canonical form, or the text is not in it."""


def canonical(value: Any) -> str:
    """The canonical text of a value of None, bool, int, str, list, tuple, dict or msgspec struct. Raises NotCanonical."""
    text = json.dumps(_clean(value, 0), sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate in a string") from error
    return text


def canonical_bytes(value: Any) -> bytes:
    """`canonical`, in UTF-8: what is digested and signed."""
    return canonical(value).encode()


def digest_of(value: Any) -> str:
    """SHA-256 (64 lower-case hex digits) of the canonical bytes of a value."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def parse_canonical(text: bytes) -> Any:
    """The value of a text that must already be canonical, byte for byte. Raises NotCanonical otherwise."""
    try:
        value = json.loads(text.decode(), parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON as agreed: {error}") from error
    if canonical_bytes(value) != text:
        raise NotCanonical("JSON, but not in canonical form")
    return value


def _no_float(text: str) -> NoReturn:
    raise NotCanonical(f"not an integer: {text[:32]}")


def _clean(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        return _clean_int(value)
    if depth >= MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return _clean_object(value, depth)
    if isinstance(value, msgspec.Struct):
        return _clean(msgspec.to_builtins(value), depth)
    raise NotCanonical(f"no canonical form for {type(value).__name__}")


def _clean_int(value: int) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise NotCanonical("integer of more than 64 bits")
    return int(value)


def _clean_object(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotCanonical(f"key that is no string: {key!r}")
        name = unicodedata.normalize("NFC", key)
        if name in clean:
            raise NotCanonical(f"key twice: {name!r}")
        clean[name] = _clean(item, depth + 1)
    return clean

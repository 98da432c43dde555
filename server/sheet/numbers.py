"""The sheet's number and the code that is printed beside its QR picture. Pure."""

from __future__ import annotations

import re

#: Hex digits of the content digest in a verification code: 96 bits, typed in groups of four.
CODE_DIGITS = 24
_CODE = re.compile(r"[0-9A-F]{24}")


def sheet_number(cohort_code: str, year: int, serial: int) -> str:
    """`PTD-K45.B2-2026-0031`: hyphens, because a slash would make it look like a document's số, ký hiệu; no spaces."""
    return f"PTD-{''.join(cohort_code.split())}-{year}-{serial:04d}"


def verification_code(content_sha256: str) -> str:
    """`7F3A-91C2-D0B4-…`: the first digits of the content digest."""
    digits = content_sha256[:CODE_DIGITS].upper()
    return "-".join(digits[i : i + 4] for i in range(0, CODE_DIGITS, 4))


def read_code(typed: str) -> str | None:
    """The canonical form of a code as somebody typed it (spaces, lower case, no hyphens); None when it cannot be one."""
    digits = re.sub(r"[\s–-]", "", typed).upper()
    return verification_code(digits) if _CODE.fullmatch(digits) else None

"""Vietnamese names: how they are stored, sorted, searched and abbreviated. PURE.

Lists are sorted by given name (the last word), then by the middle and family names, with the Vietnamese alphabet: a ă â b c d đ e ê …, and
within one letter by the tone (none, huyền, hỏi, ngã, sắc, nặng), which counts only where the letters are equal.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

#: The Vietnamese alphabet with the four letters that foreign names bring, in dictionary order.
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET, start=1)}
#: Combining marks of the tones in dictionary order: huyền, hỏi, ngã, sắc, nặng.
_TONES = {mark: rank for rank, mark in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}

CollationKey = tuple[tuple[int, ...], tuple[int, ...], str]


@dataclass(frozen=True)
class SplitName:
    """A full name in NFC with single spaces: `ho_dem` (family and middle names, may be empty) and `ten` (given name)."""

    ho_dem: str
    ten: str

    @property
    def full_name(self) -> str:
        return f"{self.ho_dem} {self.ten}".strip()


def normal(text: str) -> str:
    """NFC with single spaces, without control characters. Case is kept: names are never re-cased."""
    visible = "".join(c if unicodedata.category(c) != "Cc" else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(visible.split())


def split_name(full_name: str) -> SplitName:
    """The last word is the given name. Raises ValueError for an empty name."""
    words = normal(full_name).split(" ")
    if not words[-1]:
        raise ValueError("a name needs at least one word")
    return SplitName(" ".join(words[:-1]), words[-1])


def collation_key(text: str) -> CollationKey:
    """Key that sorts words as a Vietnamese dictionary does: letters first, tones second, capitals last."""
    letters: list[int] = []
    tones: list[int] = []
    for character in unicodedata.normalize("NFC", text.casefold()):
        if not (character.isalnum() or character.isspace()):
            continue  # H'Lan stands among the names in Hl
        letter, tone = _letter_and_tone(character)
        letters.append(letter)
        tones.append(tone)
    return tuple(letters), tuple(tones), text


def _letter_and_tone(character: str) -> tuple[int, int]:
    tone = 0
    rest = ""
    for part in unicodedata.normalize("NFD", character):
        if part in _TONES:
            tone = _TONES[part]
        else:
            rest += part
    letter = unicodedata.normalize("NFC", rest)
    if letter in _RANK:
        return _RANK[letter], tone
    if letter == " ":
        return 0, tone
    return 1000 + ord(letter[:1] or character[:1]), tone


def name_key(full_name: str) -> tuple[CollationKey, CollationKey]:
    """Key that sorts people: by given name, then by the rest."""
    name = split_name(full_name)
    return collation_key(name.ten), collation_key(name.ho_dem)


def folded(text: str) -> str:
    """Text for searching: lower case, no diacritics, đ as d."""
    plain = unicodedata.normalize("NFD", normal(text).casefold()).replace("đ", "d")
    return "".join(c for c in plain if not unicodedata.combining(c))


def initials(full_name: str) -> str:
    """Two letters for a picture-less person: middle (or family) name and given name, as `NÁ` for Đặng Thị Ngọc Ánh."""
    words = normal(full_name).split(" ")
    return "".join(word[0] for word in words[-2:] if word).upper()

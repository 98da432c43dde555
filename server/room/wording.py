"""Free text of people (messages, reasons) as the record keeps it. Text is data: nothing is escaped or taken out. PURE."""

from __future__ import annotations

import unicodedata

from server.errors import Invalid


def clean(text: str) -> str:
    """The text in NFC.

    Raises Invalid: `chat.empty` for nothing but white space, `room.malformed` for half a character or U+0000, which no
    database of ours can hold.
    """
    composed = unicodedata.normalize("NFC", text)
    if not composed.strip():
        raise Invalid("chat.empty")
    if "\0" in composed or any(0xD800 <= ord(character) <= 0xDFFF for character in composed):
        raise Invalid("room.malformed", detail="a character that cannot be kept")
    return composed

"""The tables of docs/events.md, made from the event types. `python -m tests.server.events.tables` writes them; a test holds them fresh."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path
from types import UnionType
from typing import Any

from server.events.base import Event
from server.events.registry import EVENT_TYPES

DOC = Path(__file__).parents[3] / "docs" / "events.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
FAMILIES = {
    "lesson": "The lesson as a whole",
    "room": "People in the live room",
    "chat": "Messages",
    "device": "Devices",
    "recording": "The recording",
    "roll": "The roll",
    "sheet": "The sheet",
}


def tables() -> str:
    """One table per family: type, members, meaning."""
    parts = []
    for family, title in FAMILIES.items():
        rows = [_row(name, kind) for name, kind in sorted(EVENT_TYPES.items()) if name.startswith(f"{family}.")]
        parts.append(f"## {title}: `{family}.*`\n\n| type | members | fact |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(name: str, kind: type[Event]) -> str:
    hints = typing.get_type_hints(kind)
    members = ", ".join(f"`{field}` {_word(hints[field])}" for field in kind.__struct_fields__)
    fact = " ".join((inspect.getdoc(kind) or "").split()) if "__doc__" in vars(kind) and kind.__doc__ else ""
    return f"| `{name}` | {members} | {fact.replace('|', '/')} |"


def _word(hint: Any) -> str:
    """A type as a reader of JSON calls it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return f"[{_word(arguments[0])}]"
    if origin is dict:
        return f"{{{_word(arguments[1])}}}"
    if origin in (typing.Union, UnionType):
        return " or ".join("null" if one is type(None) else _word(one) for one in arguments)
    if hasattr(hint, "__supertype__"):
        return f"*{hint.__name__}*"
    return {str: "text", int: "integer", bool: "boolean"}.get(hint, f"*{getattr(hint, '__name__', hint)}*")


def with_tables(text: str) -> str:
    """The document with its tables made new."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{tables()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    DOC.write_text(with_tables(DOC.read_text()))

"""docs/events.md and docs/record.md say what the code does."""

from __future__ import annotations

import re

from server.events.registry import EVENT_TYPES
from server.events.stored import Entry
from tests.server.events.tables import DOC, with_tables


def test_events_are_documented_as_they_are() -> None:
    text = DOC.read_text()
    assert with_tables(text) == text, "python -m tests.server.events.tables"


def test_every_type_has_a_row_with_its_fact() -> None:
    rows = dict(re.findall(r"^\| `([^`]+)` \| .* \| (.*) \|$", DOC.read_text(), re.MULTILINE))
    assert rows.keys() == EVENT_TYPES.keys()
    assert [name for name, fact in rows.items() if not fact] == []


def test_record_names_every_member_of_an_entry() -> None:
    text = (DOC.parent / "record.md").read_text()
    members = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert {name if name != "body" else "event" for name in Entry.__struct_fields__} == members


def test_example_in_the_record_is_the_one_that_the_code_computes() -> None:
    text = (DOC.parent / "record.md").read_text()
    assert "e18e3824fd9cc430b5ef111e7b8f6d022e86f742de4534b6c847989515422de4" in text

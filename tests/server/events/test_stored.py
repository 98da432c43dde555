"""Entries and lines: what docs/record.md promises to someone who writes a verifier with nothing but SHA-256."""

from __future__ import annotations

import hashlib
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.events import room
from server.events.base import Origin, type_of
from server.events.canonical import NotCanonical
from server.events.registry import EVENT_TYPES
from server.events.stored import GENESIS, Entry, body_of, chained, entry_of_line, line_of, recorded_of
from server.ids import AccountId, ConnectionId, LogId, MessageId, PersonId


def _entry(text: str = "Chào thầy") -> Entry:
    body = body_of(room.MessagePosted(message=MessageId("m1"), person=PersonId("p1"), text=text))
    return chained(
        Entry(
            log_id=LogId("log"),
            seq=1,
            at_us=1_788_000_000_000_000,
            mono_ns=5,
            boot_id="boot",
            epoch=1,
            origin=Origin.HUMAN,
            actor=AccountId("a1"),
            connection=ConnectionId('c"1'),
            body=body,
            prev_hash=GENESIS,
        )
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_hash_can_be_checked_with_sha256_and_a_text_editor(text: str) -> None:
    line = line_of(_entry(text)).decode()
    (digest,) = re.findall(r',"hash":"([0-9a-f]{64})","log_id":', line)
    without = line.replace(f',"hash":"{digest}"', "", 1)
    assert hashlib.sha256((GENESIS + without).encode()).hexdigest() == digest


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_line_gives_back_the_entry(text: str) -> None:
    entry = _entry(text)
    assert entry_of_line(line_of(entry)) == entry
    assert json.loads(line_of(entry))["event"]["type"] == "chat.message_posted/1"


def test_line_is_exactly_as_documented() -> None:
    assert line_of(_entry()).decode() == (
        '{"actor":"a1","at_us":1788000000000000,"boot_id":"boot","connection":"c\\"1","epoch":1,'
        '"event":{"message":"m1","person":"p1","text":"Chào thầy","type":"chat.message_posted/1"},'
        '"hash":"e18e3824fd9cc430b5ef111e7b8f6d022e86f742de4534b6c847989515422de4","log_id":"log","mono_ns":5,'
        '"origin":"human","prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","seq":1}'
    )


def test_event_with_a_wrong_type_in_a_field_is_not_recorded() -> None:
    with pytest.raises(msgspec.ValidationError):
        body_of(room.HandRaised(person=17))  # type: ignore[arg-type]


def test_event_with_a_lone_surrogate_is_not_recorded() -> None:
    with pytest.raises(NotCanonical):
        body_of(room.MessagePosted(message=MessageId("m"), person=PersonId("p"), text="\ud83d"))


@pytest.mark.parametrize("change", [{"extra": 1}, {"seq": "1"}, {"origin": "nobody"}, {"event": "x"}, {"seq": None}])
def test_line_with_other_members_is_refused(change: dict[str, object]) -> None:
    members = {**json.loads(line_of(_entry())), **change}
    line = json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    with pytest.raises(NotCanonical):
        entry_of_line(line)


def test_recorded_event_is_the_one_appended() -> None:
    recorded = recorded_of(_entry())
    assert recorded.event == room.MessagePosted(message=MessageId("m1"), person=PersonId("p1"), text="Chào thầy")
    assert recorded.hash == _entry().hash


def test_every_type_has_a_family_a_name_and_a_version() -> None:
    for name, kind in EVENT_TYPES.items():
        assert re.fullmatch(r"(lesson|room|chat|device|roll|sheet|recording)\.[a-z_]+/[1-9]", name)
        assert type_of(kind) == name

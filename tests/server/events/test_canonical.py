"""Canonical JSON: one value, one text, and nothing accepted that has no single form."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.events.canonical import (
    INT_MAX,
    INT_MIN,
    NotCanonical,
    canonical,
    canonical_bytes,
    digest_of,
    parse_canonical,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(INT_MIN, INT_MAX) | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts.map(lambda k: unicodedata.normalize("NFC", k)), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_canonical_text_is_json_of_the_same_value_in_nfc(value: Any) -> None:
    assert json.loads(canonical(value)) == _nfc(value)


@given(values)
def test_what_is_canonical_stays_as_it_is_when_parsed_and_written_again(value: Any) -> None:
    assert canonical_bytes(parse_canonical(canonical_bytes(value))) == canonical_bytes(value)


@given(st.dictionaries(st.text("abcđê"), st.integers(), max_size=6), st.randoms())
def test_order_of_insertion_does_not_matter(value: dict[str, int], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    clean = {unicodedata.normalize("NFC", key): 1 for key in keys}
    assert canonical(clean) == canonical(dict(sorted(clean.items())))


@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_to_a_canonical_value_or_refused(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except NotCanonical:
        return
    assert canonical_bytes(value) == data


def test_composed_and_decomposed_vietnamese_have_one_digest() -> None:
    name = "Nguyễn Thị Ánh"
    assert digest_of({"name": unicodedata.normalize("NFD", name)}) == digest_of(
        {"name": unicodedata.normalize("NFC", name)}
    )


def test_text_is_exactly_as_documented() -> None:
    value = {"z": [True, None, -1], "a": 'đ"\\\n\u0001\u007f€', "Z": {}}
    assert canonical(value) == '{"Z":{},"a":"đ\\"\\\\\\n\\u0001\u007f€","z":[true,null,-1]}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        b"x",
        {1: "x"},
        "\ud800",
        {"\ud800": 1},
        INT_MAX + 1,
        INT_MIN - 1,
        {1, 2},
        {"e\u0301": 1, "é": 2},
    ],
)
def test_value_without_one_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b"NaN",
        b'"\\u00e9"',
        b'"e\xcc\x81"',
        b'"\\ud800"',
        b"\xff",
        b"",
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
        b'{"a":1}\n',
        b"01",
        b"-0",
        b"1" * 5_000,
        b'"\\/"',
    ],
)
def test_text_in_another_form_is_refused(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_canonical(text)


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_nfc(item) for item in value]
    if isinstance(value, dict):
        return {_nfc(key): _nfc(item) for key, item in value.items()}
    return value

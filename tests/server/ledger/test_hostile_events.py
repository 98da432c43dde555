"""Events that are well-formed and make no sense, chained and signed by a school that means harm: a checker answers, it never breaks."""

from __future__ import annotations

import asyncio
import io
import typing
from types import UnionType
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.events.base import Event, Origin
from server.events.registry import EVENT_TYPES
from server.events.stored import GENESIS, Entry, body_of, chained, line_of
from server.ids import ConnectionId
from server.ledger.bundle import layout
from server.ledger.bundle.check import check_bundle
from server.ledger.bundle.write import make_bundle
from tests.server.ledger.lesson import LOG, ChainOf, hold_lesson
from tests.server.ledger.test_tampering import Parts, _packed, _parts, _remade_manifest

texts = st.sampled_from(["p1", "p2", "e1", "server", "CM", "K", "", "ế"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=6
)
numbers = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-5, 200) | st.sampled_from([1_788_741_000_000_000])


def _of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a member's type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return st.lists(_of(arguments[0]), max_size=3)
    if origin is dict:
        keys = st.sampled_from(["bridge_s", "period_min_pct", "late_max_s", "x"])
        return st.dictionaries(keys, _of(arguments[1]), max_size=3)
    if origin in (typing.Union, UnionType):
        return st.one_of(*map(_of, arguments))
    if hint is type(None):
        return st.none()
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _event(hint)
    plain = getattr(hint, "__supertype__", hint)
    return {str: texts, int: numbers, bool: st.booleans()}[plain]


def _event(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.fixed_dictionaries({name: _of(hints[name]) for name in kind.__struct_fields__}).map(lambda v: kind(**v))


events = st.sampled_from(sorted(EVENT_TYPES)).flatmap(lambda name: _event(EVENT_TYPES[name]))
opened = _event(EVENT_TYPES["lesson.opened/1"])
times = st.integers(0, 1 << 62) | st.integers(1_788_739_000_000_000, 1_788_760_000_000_000)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChainOf, Parts]:
    chain, content = asyncio.run(hold_lesson(tmp_path_factory.mktemp("lesson")))
    return chain, _parts(b"".join(make_bundle(content, chain.key).chunks()))


def _lines(facts: list[Event], moments: list[int]) -> bytes:
    out, before = b"", GENESIS
    for number, fact in enumerate(facts):
        entry = chained(
            Entry(
                log_id=LOG,
                seq=number + 1,
                at_us=moments[number % len(moments)],
                mono_ns=moments[-1 - number % len(moments)],
                boot_id=f"boot-{number % 2}",
                epoch=1,
                origin=Origin.SERVER,
                actor=None,
                connection=ConnectionId(f"c{number % 3}"),
                body=body_of(fact),
                prev_hash=before,
            )
        )
        before = entry.hash
        out += line_of(entry) + b"\n"
    return out


@given(opened, st.lists(events, max_size=12), st.lists(times, min_size=1, max_size=5))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_sequence_of_well_formed_events_is_checked_to_an_answer(
    good: tuple[ChainOf, Parts], first: Event, facts: list[Event], moments: list[int]
) -> None:
    chain, parts = good
    hostile = _remade_manifest({**parts, layout.EVENTS: _lines([first, *facts], moments), layout.SEALS: b"[]"})
    signed = chain.key.sign(layout.signed_manifest(hostile[layout.MANIFEST])).encode()
    report = check_bundle(io.BytesIO(_packed({**hostile, layout.SIGNATURE: signed})))
    assert report.events == 1 + len(facts)
    assert not report.is_sound

"""Fixtures that every part of the tests may ask for, and what holds for every test."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

pytest_plugins = ["tests.kit.postgres", "tests.kit.databases"]

_faults: list[str] = []


def _note_faults(_: Any, level: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A product that goes on after an exception writes it down; here it is kept as well."""
    if level in ("error", "critical") and entry.get("exc_info"):
        _faults.append(f"{entry.get('event')}: {entry['exc_info']!r}")
    return entry


structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        _note_faults,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(autouse=True)
def no_fault_is_hidden(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test fails if the product, in this process, caught an exception it did not expect. `provokes_faults` allows it."""
    _faults.clear()
    yield
    if request.node.get_closest_marker("provokes_faults") is None:
        assert _faults == []

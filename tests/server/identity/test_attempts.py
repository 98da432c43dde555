"""Limits on trying."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.clock import ManualClock
from server.errors import Overloaded
from server.identity import attempts as attempts_module
from server.identity.attempts import Attempts, Limit

LIMIT = Limit(burst=3, refill_s=10)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 10, 6, tzinfo=UTC))


def test_attempts_beyond_the_burst_are_refused_and_say_when_to_come_back(clock: ManualClock) -> None:
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.take(LIMIT, "a")
    with pytest.raises(Overloaded, match=r"auth\.too_many_attempts") as caught:
        attempts.take(LIMIT, "a")
    assert 1 <= int(caught.value.params["retry_after_s"]) <= 11


async def test_attempts_come_back_with_time(clock: ManualClock) -> None:
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.take(LIMIT, "a")
    await clock.advance(10)
    attempts.take(LIMIT, "a")
    with pytest.raises(Overloaded):
        attempts.take(LIMIT, "a")


def test_keys_do_not_disturb_each_other(clock: ManualClock) -> None:
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.take(LIMIT, "login", "10.0.0.1")
    attempts.take(LIMIT, "login", "10.0.0.2")
    attempts.take(LIMIT, "other", "10.0.0.1")


def test_moving_the_wall_clock_gives_no_attempts(clock: ManualClock) -> None:
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.take(LIMIT, "a")
    clock.step_wall(3600)
    with pytest.raises(Overloaded):
        attempts.take(LIMIT, "a")


def test_flood_of_invented_keys_does_not_fill_the_memory(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts_module, "MOST_BUCKETS", 100)
    attempts = Attempts(clock)
    for number in range(5000):
        attempts.take(LIMIT, f"login-{number}")
    assert len(attempts._buckets) == 100

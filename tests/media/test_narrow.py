"""The profile for narrow lines begins and ends with patience."""

from __future__ import annotations

from media.narrow import Narrow


def hold(line: Narrow, budget_bps: int | None, seconds: int, from_s: int = 0) -> list[bool]:
    """Whether the profile holds, second by second."""
    held = []
    for second in range(from_s, from_s + seconds):
        line.step(second * 1_000_000, budget_bps)
        held.append(line.holds)
    return held


def test_ten_seconds_below_a_hundred_kilobits_begin_it() -> None:
    line = Narrow()
    assert hold(line, 90_000, 10) == [False] * 10
    assert hold(line, 90_000, 1, 10) == [True]


def test_twenty_seconds_above_two_hundred_end_it() -> None:
    line = Narrow(holds=True)
    assert hold(line, 250_000, 20) == [True] * 20
    assert hold(line, 250_000, 1, 20) == [False]


def test_between_the_bounds_everything_stays_as_it_is() -> None:
    assert set(hold(Narrow(), 150_000, 100)) == {False}
    assert set(hold(Narrow(holds=True), 150_000, 100)) == {True}


def test_a_dip_does_not_begin_it() -> None:
    line = Narrow()
    for start in range(0, 60, 6):
        assert set(hold(line, 60_000, 5, start)) | set(hold(line, 120_000, 1, start + 5)) == {False}


def test_an_open_line_ends_it_too() -> None:
    line = Narrow(holds=True)
    assert hold(line, None, 25)[-1] is False

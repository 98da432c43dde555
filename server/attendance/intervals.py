"""Sets of time as sorted lists of half-open intervals [start, end) in microseconds. Pure algebra, integers only."""

from __future__ import annotations

from collections.abc import Iterable

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]

NOTHING: Intervals = ()


def union(*sets: Iterable[Interval]) -> Intervals:
    """All time in any of the sets; touching intervals become one, empty ones vanish."""
    merged: list[Interval] = []
    for start, end in sorted(i for one in sets for i in one if i[0] < i[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """The time in both sets. Both must be sorted and disjoint, as `union` leaves them."""
    found: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """The time in `left` that is not in `right`. Both sorted and disjoint."""
    found: list[Interval] = []
    for start, end in left:
        at = start
        for cut_start, cut_end in right:
            if cut_end <= at:
                continue
            if cut_start >= end:
                break
            if cut_start > at:
                found.append((at, cut_start))
            at = max(at, cut_end)
        if at < end:
            found.append((at, end))
    return tuple(found)


def clip(times: Intervals, start: int, end: int) -> Intervals:
    """The part of `times` inside [start, end)."""
    return intersect(times, ((start, end),)) if start < end else NOTHING


def length(times: Intervals) -> int:
    """Microseconds in the set."""
    return sum(end - start for start, end in times)


def contains(times: Intervals, at: int) -> bool:
    """Whether the moment `at` is inside."""
    return any(start <= at < end for start, end in times)

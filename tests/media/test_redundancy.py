"""Copies of a voice follow the loss of a line, with patience on the way back."""

from __future__ import annotations

from itertools import pairwise

from media.path import PathReport
from media.redundancy import CALM_US, Redundancy
from media.sound import COPY_BPS, VOICE_BPS, Voice, sound_bps

REPORT_US = 200_000


def lossy(line: Redundancy, loss: float, seconds: float, from_us: int = 0) -> int:
    now_us = from_us
    for _ in range(round(seconds * 1e6 / REPORT_US)):
        now_us += REPORT_US
        line.step(now_us, PathReport(500_000, 10, loss))
    return now_us


def test_a_clean_line_carries_no_copies() -> None:
    line = Redundancy()
    lossy(line, 0.005, 30)
    assert (line.copies(True), line.copies(False)) == (0, 0)


def test_five_percent_of_loss_protects_the_lecturer_alone() -> None:
    line = Redundancy()
    lossy(line, 0.05, 10)
    assert (line.copies(True), line.copies(False)) == (2, 0)


def test_heavy_loss_protects_everybody() -> None:
    line = Redundancy()
    lossy(line, 0.2, 10)
    assert (line.copies(True), line.copies(False)) == (2, 1)


def test_one_bad_moment_is_no_bad_line() -> None:
    line = Redundancy()
    now_us = lossy(line, 0.2, 0.2)
    lossy(line, 0.0, 5, now_us)
    assert line.copies(True) == 0


def test_protection_ends_after_ten_calm_seconds_and_not_between_two_bad_ones() -> None:
    line = Redundancy()
    now_us = lossy(line, 0.05, 10)
    now_us = lossy(line, 0.0, CALM_US / 1e6 - 1, now_us)
    assert line.copies(True) == 2
    now_us = lossy(line, 0.02, 10, now_us)
    assert line.copies(True) == 2, "between the bounds nothing changes"
    lossy(line, 0.0, 25, now_us)
    assert line.copies(True) == 0


def test_reports_without_loss_say_nothing() -> None:
    line = Redundancy()
    lossy(line, 0.05, 10)
    lossy(line, -1, 60, 10_000_000)
    assert line.copies(True) == 2


def test_copies_are_granted_while_they_leave_room_and_voices_always() -> None:
    lecturer = Voice(1, "microphone", True, copies=2)
    assert sound_bps([lecturer], None) == (VOICE_BPS + 2 * COPY_BPS, {1: 2})
    assert sound_bps([lecturer], 150_000) == (VOICE_BPS + COPY_BPS, {1: 1})
    assert sound_bps([lecturer], 64_000) == (VOICE_BPS, {1: 0})


def test_copies_that_hide_the_loss_they_are_for_stay_longer_each_time() -> None:
    line, now_us, lengths = Redundancy(), 0, []
    for _ in range(4):
        while line.copies(True) == 0:
            now_us = lossy(line, 0.1, 0.2, now_us)
        since_us = now_us
        while line.copies(True) > 0:
            now_us = lossy(line, 0.0, 0.2, now_us)
        lengths.append(now_us - since_us)
    assert all(later > 1.4 * before for before, later in pairwise(lengths))
    now_us = lossy(line, 0.0, 60, now_us)
    lossy(line, 0.1, 5, now_us)
    assert line.copies(True) == 2
    lossy(line, 0.0, 25, now_us + 5_000_000)
    assert line.copies(True) == 0, "after a minute of calm the old patience"

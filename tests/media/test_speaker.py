"""Who speaks: attack, hold, take-over, and the stretches that are told. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from media.speaker import HOLD_US, SPOKE_MIN_US, SpeakerBoard, Stretch, loudest_first

LOUD, SOFT, SILENT = 20, 45, 127
STEP_US = 100_000


class Room:
    """A board that is told levels ten times a second."""

    def __init__(self) -> None:
        self.board = SpeakerBoard()
        self.now_us = 0
        self.changes: list[tuple[int, tuple[int, ...]]] = []
        self.stretches: list[Stretch] = []
        self.board.step(0, {})

    def hear(self, seconds: float, levels: Mapping[int, int]) -> None:
        for _ in range(round(seconds * 10)):
            self.now_us += STEP_US
            heard = self.board.step(self.now_us, levels)
            self.stretches += heard.stretches
            if heard.speakers is not None:
                self.changes.append((self.now_us, heard.speakers))


def test_a_cough_is_not_speech() -> None:
    room = Room()
    room.hear(0.2, {1: LOUD})
    room.hear(3, {1: SILENT})
    assert room.changes == []


def test_speech_begins_after_300_ms_and_ends_after_2_s_of_quiet() -> None:
    room = Room()
    room.hear(1, {1: LOUD})
    assert room.changes == [(300_000, (1,))]
    room.hear(1.9, {1: SILENT})
    assert room.board.speakers == (1,)
    room.hear(0.2, {1: SILENT})
    assert room.changes[-1] == (3_000_000, ())


def test_gaps_between_words_do_not_end_speech() -> None:
    room = Room()
    for _ in range(10):
        room.hear(0.4, {1: LOUD})
        room.hear(0.8, {1: SILENT})
    assert [who for _, who in room.changes] == [(1,)]


def test_the_first_place_changes_only_for_a_clearly_louder_voice() -> None:
    room = Room()
    room.hear(3, {1: SOFT})
    room.hear(3, {1: SOFT, 2: SOFT - 5})
    assert room.board.speakers == (1, 2)
    room.hear(0.5, {1: SOFT, 2: LOUD})
    assert room.board.speakers[0] == 1
    room.hear(2, {1: SOFT, 2: LOUD})
    assert room.board.speakers == (2, 1)


def test_one_long_speech_is_told_as_one_stretch() -> None:
    room = Room()
    room.hear(8, {1: LOUD})
    room.hear(3, {1: SILENT})
    assert room.stretches == [Stretch(1, 0, 8_000_000)]


def test_a_short_remark_is_not_told() -> None:
    room = Room()
    room.hear(4, {1: LOUD})
    room.hear(3, {1: SILENT})
    assert room.stretches == []


def test_a_lecture_is_told_minute_by_minute_without_gap() -> None:
    room = Room()
    room.hear(150, {1: LOUD})
    room.hear(3, {1: SILENT})
    edges = [(s.from_us, s.to_us) for s in room.stretches]
    assert edges[0][0] == 0
    assert edges[-1][1] == 150_000_000
    assert all(a[1] == b[0] for a, b in pairwise(edges))
    assert len(edges) == 3


def test_who_leaves_while_speaking_is_told_up_to_the_last_word() -> None:
    room = Room()
    room.hear(6, {1: LOUD, 2: LOUD})
    heard = room.board.forget(1)
    assert heard.speakers == (2,)
    assert heard.stretches == (Stretch(1, 0, 6_000_000),)


def test_a_stopped_clock_of_the_engine_is_not_taken_for_speech() -> None:
    room = Room()
    room.hear(0.1, {1: LOUD})
    room.board.step(room.now_us + 60_000_000, {1: SILENT})
    assert room.board.speakers == ()


def test_ranking_puts_speakers_first_then_the_louder() -> None:
    room = Room()
    room.hear(2, {1: SILENT, 2: 60, 3: LOUD})
    assert loudest_first([1, 2, 3], room.board) == [3, 2, 1]


def turns_of(shortest: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Seconds of loudness and of quiet by turns, in tenths."""
    return st.lists(st.tuples(st.integers(shortest, 700), st.integers(1, 60)), min_size=1, max_size=5)


def talk(turns: list[tuple[int, int]]) -> Room:
    room = Room()
    for loud, quiet in turns:
        room.hear(loud / 10, {1: LOUD})
        room.hear(quiet / 10, {1: SILENT})
    room.hear(HOLD_US / 1e6 + 0.2, {1: SILENT})
    return room


@settings(deadline=None)
@given(turns_of(3))
def test_talk_time_is_the_time_between_the_first_and_last_loud_moment_of_each_speech(
    turns: list[tuple[int, int]],
) -> None:
    """Worked out from the turns: a pause shorter than the hold belongs to the speech."""
    room = talk(turns)
    speeches: list[list[int]] = []
    now_us = quiet_us = 0
    for loud, quiet in turns:
        end_us = now_us + loud * STEP_US
        if speeches and quiet_us < HOLD_US:
            speeches[-1][1] = end_us
        else:
            speeches.append([now_us, end_us])
        now_us, quiet_us = end_us + quiet * STEP_US, quiet * STEP_US
    assert room.board.spoken_us(1) == sum(end - begin for begin, end in speeches)
    told = sum(s.to_us - s.from_us for s in room.stretches)
    assert told == sum(end - begin for begin, end in speeches if end - begin >= SPOKE_MIN_US)


@settings(deadline=None)
@given(turns_of(1))
def test_stretches_never_overlap_and_tell_no_more_than_was_spoken(turns: list[tuple[int, int]]) -> None:
    room = talk(turns)
    assert all(a.to_us <= b.from_us for a, b in pairwise(room.stretches))
    assert sum(s.to_us - s.from_us for s in room.stretches) <= room.board.spoken_us(1) <= room.now_us


def test_talk_time_counts_while_somebody_is_still_speaking() -> None:
    room = Room()
    room.hear(7, {1: LOUD})
    assert room.board.spoken_us(1) == 7_000_000
    assert room.board.spoken_us(2) == 0

"""Who speaks: attack, hold, take-over, and the stretches that are told. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from media.speaker import SpeakerBoard, Stretch, loudest_first

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

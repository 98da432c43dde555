"""A shared page of Vietnamese text stays legible and moving over the thin line of its sharer or its viewer; `make soak` asks longer."""

from __future__ import annotations

import pytest

from tests.soak.soak_screen import HEIGHT, MUST, MUST_FPS, WIDTH, edit_distance, reading


def test_distance_counts_insertions_deletions_and_changes() -> None:
    assert edit_distance("vấn đề", "vấn để") == 1
    assert edit_distance("lớp", "lớp học") == 4
    assert edit_distance("", "abc") == 3


@pytest.mark.browser
@pytest.mark.parametrize("line", ["sharer", "viewer"])
async def test_a_shared_page_is_read_at_300_kbit_s_and_goes_on_moving_at_100(line: str) -> None:
    seen = await reading(line, settle_s=14, cut_s=6, moves=False)
    assert (seen.width, seen.height) == (WIDTH, HEIGHT)
    assert seen.characters >= MUST
    assert seen.black == 0
    assert seen.fps >= MUST_FPS

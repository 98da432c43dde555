"""A shared page of Vietnamese text stays legible over the sharer's thin line; `make soak` asks longer, and of the viewer's line too."""

from __future__ import annotations

import pytest

from tests.soak.soak_screen import HEIGHT, MUST, WIDTH, edit_distance, reading


def test_distance_counts_insertions_deletions_and_changes() -> None:
    assert edit_distance("vấn đề", "vấn để") == 1
    assert edit_distance("lớp", "lớp học") == 4
    assert edit_distance("", "abc") == 3


@pytest.mark.browser
async def test_a_shared_page_is_read_at_300_kbit_s_and_never_black_at_100() -> None:
    seen = await reading("sharer", settle_s=14, cut_s=4)
    assert (seen.width, seen.height) == (WIDTH, HEIGHT)
    assert seen.characters >= MUST
    assert seen.black == 0

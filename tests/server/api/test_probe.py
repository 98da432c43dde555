"""Bytes for the network check."""

from __future__ import annotations

import zlib

import pytest

from tests.kit.app import School


@pytest.mark.parametrize("size", [1, 65_536, 1 << 20])
async def test_probe_has_the_size_asked_for_and_cannot_be_made_smaller(school: School, size: int) -> None:
    answer = await school.stranger().get(f"/api/v1/probe?bytes={size}")
    body = await answer.read()
    assert len(body) == size
    assert len(zlib.compress(body, 9)) >= size
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("size", ["0", "-1", "1048577", "99999999999999", "1e6", "ten", ""])
async def test_other_sizes_are_refused(school: School, size: str) -> None:
    answer = await school.stranger().get(f"/api/v1/probe?bytes={size}")
    assert answer.status == 422


async def test_endless_asking_is_slowed_down(school: School) -> None:
    browser = school.stranger()
    answers = [(await browser.get("/api/v1/probe?bytes=1")).status for _ in range(31)]
    assert answers == [200] * 30 + [429]

"""One school per test, with the usual policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.live_school import LiveSchool, live_school


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path) as made:
        yield made

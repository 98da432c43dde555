"""A running school for the tests of the REST edge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.app import School, running_app


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with running_app(tmp_path) as running:
        yield running

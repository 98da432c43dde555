"""What is written when something fails: enough to find the line of code, nothing of what people typed."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from server.serving import configure_logs
from server.settings import Settings

SECRET = "mật khẩu của cô Ánh"


class Stream(io.StringIO):
    """An error stream that is a terminal, or is not."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture
def configuration_put_back() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def _fail() -> None:
    typed = SECRET
    try:
        raise RuntimeError(f"it broke after {len(typed)} letters")
    except RuntimeError:
        structlog.get_logger("test").exception("a turn failed")


@pytest.mark.usefixtures("configuration_put_back")
@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_logged_error_names_the_line_and_shows_no_value(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(is_terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs(Settings())
    _fail()
    written = stream.getvalue()
    assert "_fail" in written
    assert "it broke after" in written
    assert SECRET not in written
    assert json.dumps(SECRET)[1:-1] not in written
    assert len(written) < 4_000
    if not is_terminal:
        assert json.loads(written)["event"] == "a turn failed"

"""`giangduong load`: what it refuses to try, where it finds its keys, and what it says."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import pytest

from media.load.capacity import Outcome
from server import cli
from server.cli_load import told
from server.local_process import cpu_ns, listeners
from tests.kit.school_process import running_school


def keys(path: Path, cameras: int, screens: int, host: str = "127.0.0.1") -> str:
    words = ["whip"] * cameras + ["whep"] * screens
    lines = [json.dumps({"url": f"http://{host}:1/api/v1/lessons/l/{word}", "key": "k"}) for word in words]
    path.write_text("\n".join(lines))
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--keys FILE or --url"),
        (["--url", "http://127.0.0.1:1", "--publishers", "10"], "1 to 9"),
        (["--url", "http://127.0.0.1:1", "--subscribers", "501"], "1 to 500"),
        (["--url", "http://127.0.0.1:1", "--seconds", "301"], "1 to 300"),
        (["--url", "http://198.51.100.7"], "public address"),
        (["--keys", "KEYS"], "has 2 screen keys, 100 are needed"),
        (["--keys", "none"], "cannot be read"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_a_reason(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = keys(tmp_path / "keys", 1, 2)
    arguments = [made if a == "KEYS" else str(tmp_path / a) if a == "none" else a for a in arguments]
    assert cli.main(["load", *arguments]) == 2
    if "198.51.100.7" not in str(arguments):
        assert says in capsys.readouterr().err


def test_nobody_there_is_told_and_not_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["load", "--url", "http://127.0.0.1:1", "--subscribers", "1", "--seconds", "1"]) == 2
    assert "127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(("lang", "good", "bad"), [("vi", "ĐỦ SỨC", "KHÔNG đủ sức"), ("en", "is ENOUGH", "NOT enough")])
def test_the_verdict_is_the_last_sentence(lang: str, good: str, bad: str) -> None:
    fine = Outcome(joined=5, expected=1000, received=1000, p50_ms=1.0, p99_ms=3.0, max_ms=4.0)
    lines = told(fine, 12.0, 5, lang)
    assert good in lines[-1] and "12 %" in lines[-2]
    poor = Outcome(joined=4, refusals=["503"], unheard=2, expected=1000, received=900)
    lines = told(poor, None, 5, lang)
    assert bad in lines[-1]
    assert any("503" in line for line in lines) and any(line.startswith(("2 ", "4/5")) for line in lines)
    assert any("10.000 %" in line for line in lines)


def test_the_process_that_listens_is_found_with_its_cpu() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = int(listener.getsockname()[1])
        assert listeners(port) == [os.getpid()]
        assert cpu_ns([os.getpid()]) > 0
    assert listeners(port) == []


async def test_a_running_school_is_measured_and_left_again(tmp_path: Path) -> None:
    async with running_school(tmp_path / "school", {"GD_MAX_DEVICES": "5"}) as school:
        settings = {"GD_DATA_DIR": str(school.data), "GD_PORT": school.base_url.rpartition(":")[2]}

        async def command(*words: str) -> tuple[int | None, str, str]:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", *words, env={**os.environ, **settings},
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, err = await process.communicate()
            return process.returncode, out.decode(), err.decode()

        made = [
            await command("device-key", "--purpose", p, "--count", c) for p, c in (("camera", "1"), ("screen", "3"))
        ]
        file = tmp_path / "keys"
        file.write_text("".join(out for _, out, _ in made))
        code, out, err = await command(
            "load", "--keys", str(file), "--subscribers", "3", "--seconds", "1", "--lang", "en"
        )
        assert "Let in: 3 of 3 receivers." in out, err
        assert code == (0 if "is ENOUGH" in out else 1)
        assert "The server takes" in out
        log = school.log_file.read_text()
        assert "Traceback" not in log

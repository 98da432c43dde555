"""`giangduong serve` as an operator meets it: a real process that comes back when it dies and goes when it is told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from tests.kit.school_process import SchoolProcess, children_of, free_tcp_port, running_school

PLAN = '{"history": false}'


def _environment(folder: Path) -> dict[str, str]:
    plan = folder.parent / "plan.json"
    plan.write_text(PLAN)
    return {"GD_DEMO_PLAN": str(plan), "GD_RECORDING": "false"}


async def _gone(pid: int, within_s: float) -> bool:
    """Whether a process ends in time; a zombie has ended."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        await asyncio.sleep(0.05)
    return False


async def _me(school: SchoolProcess, cookies: aiohttp.CookieJar) -> int:
    async with (
        aiohttp.ClientSession(cookie_jar=cookies) as client,
        client.get(school.base_url + "/api/v1/me") as answer,
    ):
        return answer.status


async def test_killed_server_comes_back_by_itself_and_keeps_everybody_signed_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running_school(data, _environment(data)) as school:
        cookies = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=cookies) as client:
            await client.get(school.links["lecturer"], allow_redirects=False)
        assert await _me(school, cookies) == 200
        killed = school.server_pid()
        os.kill(killed, signal.SIGKILL)
        # The request waits in the socket's queue while nobody serves; it is not refused.
        assert await _me(school, cookies) == 200
        assert school.server_pid() != killed
        async with aiohttp.ClientSession(cookie_jar=cookies) as client:
            again = await client.get(school.links["lecturer"], allow_redirects=False)
            assert again.status == 303


async def test_server_stops_when_it_is_told_and_leaves_no_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running_school(data, _environment(data)) as school:
        family = [school.server_pid(), *children_of(school.server_pid())]
        school.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(school.process.wait(), 15) == 0
        for pid in family:
            assert await _gone(pid, 5), pid


async def test_server_goes_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running_school(data, _environment(data)) as school:
        child = school.server_pid()
        school.process.kill()
        assert await _gone(child, 15)


async def _serve(*arguments: str, folder: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *arguments, cwd=Path.cwd(),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=os.environ | {"GD_DATA_DIR": str(folder)},
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, output.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serve", "--host", "0.0.0.0", "--demo"), "127.0.0.1"),
        (("serve", "--production"), "https://"),
        (("serve", "--log-level", "loud"), "log_level"),
        (("serve", "--demo", "--demo-plan", "/nowhere.json", "--port", "0"), "demo_plan"),
    ],
)
async def test_refused_settings_end_with_one_sentence_and_no_second_try(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    code, output = await _serve(*arguments, folder=tmp_path)
    assert code == 2
    assert words in output
    assert "Traceback" not in output
    assert output.count("giangduong: ") == 1


async def test_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    port = free_tcp_port()
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", port)
    async with server:
        code, output = await _serve("serve", "--port", str(port), folder=tmp_path)
    assert code == 2
    assert "--port" in output


async def test_demonstration_school_is_not_served_as_a_real_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running_school(data, _environment(data)):
        pass
    code, output = await _serve("serve-child", "--port", "0", "--udp-port", "0", folder=data)
    assert code == 2
    assert "demonstration" in output

"""The doctor: says what is missing and how to mend it."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from server.cli import main
from server.doctor import examine
from server.settings import Settings


def _settings(tmp_path: Path, **changes: object) -> Settings:
    return replace(Settings(), data_dir=tmp_path / "data", port=0, udp_port=0, **changes)  # type: ignore[arg-type]


def test_every_finding_that_asks_for_something_says_how(tmp_path: Path) -> None:
    findings = list(examine(_settings(tmp_path, client_dir=tmp_path)))
    assert {"Python", "disk", "clock", "fonts for printing", "data folder"} <= {finding.what for finding in findings}
    (client,) = [finding for finding in findings if finding.what == "browser client"]
    assert "npm run build" in client.fix


@pytest.mark.parametrize(("kind", "name"), [(socket.SOCK_STREAM, "port"), (socket.SOCK_DGRAM, "udp_port")])
def test_taken_port_is_found(tmp_path: Path, kind: socket.SocketKind, name: str) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        port = holder.getsockname()[1]
        settings = replace(_settings(tmp_path), **{name: port})
        (finding,) = [finding for finding in examine(settings) if str(port) in finding.what]
    assert "--" + name.replace("_", "-") in finding.fix


def test_every_media_threads_port_is_looked_at(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        last = holder.getsockname()[1]
        settings = replace(_settings(tmp_path), udp_port=last - 2, media_shards=3)
        (finding,) = [finding for finding in examine(settings) if "(media)" in finding.what]
    assert "--udp-port" in finding.fix


def test_open_address_without_https_is_named(tmp_path: Path) -> None:
    found = {finding.what: finding for finding in examine(_settings(tmp_path, host="0.0.0.0"))}
    assert "public_url" in found["address"].fix


def test_doctor_leaves_nothing_behind(tmp_path: Path) -> None:
    list(examine(_settings(tmp_path)))
    assert list((tmp_path / "data").iterdir()) == []


def test_command_ends_with_1_when_something_needed_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["doctor", "--data-dir", str(tmp_path / "data"), "--port", "0", "--udp-port", "0"]
    assert main([*arguments, "--client-dir", str(tmp_path)]) == 1
    assert "FIX  browser client" in capsys.readouterr().out

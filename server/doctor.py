"""`giangduong doctor`: looks at the machine before a school relies on it. Each check says what it found and, if that will not do, the one line that
mends it. Changes nothing but a file that it removes again."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from media.config import MediaSettings
from server.cli import add_settings_flags, settings_of
from server.settings import Settings

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
#: An hour of a class of fifty takes about 1 GiB; below this no lesson should begin.
LEAST_FREE_GIB = 5
#: The wall clock of a machine that was never set.
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """`fix` is empty when nothing has to be done; `is_needed` false: useful, but the server runs without."""

    what: str
    found: str
    fix: str = ""
    is_needed: bool = True


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("doctor", help="check this machine and say how to mend what is missing")
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Exit status 1 when something needed is missing."""
    is_sick = False
    for finding in examine(settings_of(parsed)):
        mark = "ok  " if not finding.fix else "FIX " if finding.is_needed else "note"
        print(f"{mark} {finding.what}: {finding.found}")
        if finding.fix:
            print(f"       -> {finding.fix}")
            is_sick |= finding.is_needed
    return 1 if is_sick else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, in the order in which one would mend them."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _engine, _rust, _node, _client, _data_dir, _disk, _fonts, _tcp_port, _media_ports, _clock, _address,
    )  # fmt: skip
    for check in checks:
        yield check(settings)


def _python(_settings: Settings) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    fix = "" if sys.version_info >= OLDEST_PYTHON else "install Python 3.11 or newer and make the environment again"
    return Finding("Python", found, fix)


def _engine(_settings: Settings) -> Finding:
    if importlib.util.find_spec("media._core"):
        return Finding("packet engine", "built")
    return Finding("packet engine", "not built", "maturin develop --release")


def _rust(_settings: Settings) -> Finding:
    return _program("Rust", "cargo", "install it from your distribution or rust-lang.org, to build the packet engine")


def _node(_settings: Settings) -> Finding:
    finding = _program("Node.js", "node", f"install Node.js {OLDEST_NODE} or newer, to build the browser client")
    major = finding.found.lstrip("v").partition(".")[0]
    if not finding.fix and major.isdigit() and int(major) < OLDEST_NODE:
        return Finding("Node.js", finding.found, f"install Node.js {OLDEST_NODE} or newer", is_needed=False)
    return finding


def _program(what: str, name: str, fix: str) -> Finding:
    """Needed for building only: a school that installs a finished package does without."""
    path = shutil.which(name)
    if path is None:
        return Finding(what, "not installed", fix, is_needed=False)
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return Finding(what, "does not run", fix, is_needed=False)
    return Finding(what, output.strip())


def _client(settings: Settings) -> Finding:
    if (settings.client_dir / "index.html").is_file():
        return Finding("browser client", "built")
    return Finding("browser client", "not built", "cd static_client && npm ci && npm run build")


def _data_dir(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    probe = folder / ".doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return Finding("data folder", f"{folder}: {error.strerror}", f"sudo install -d -m 700 -o $USER {folder}")
    if folder.stat().st_mode & 0o007:
        return Finding("data folder", f"{folder} can be read by everybody", f"chmod 700 {folder}", is_needed=False)
    return Finding("data folder", str(folder))


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    free_gib = shutil.disk_usage(folder if folder.exists() else Path.cwd()).free / 2**30
    fix = "" if free_gib >= LEAST_FREE_GIB else f"free {LEAST_FREE_GIB} GiB, or set data_dir to a larger disk"
    return Finding("disk", f"{free_gib:.0f} GiB free", fix)


def _fonts(_settings: Settings) -> Finding:
    folder = Path(__file__).parent / "render" / "fonts"
    files = [*folder.rglob("*.ttf"), *folder.rglob("*.otf")]
    if files:
        return Finding("fonts for printing", f"{len(files)} files")
    return Finding("fonts for printing", "missing", "install the package again: server/render/fonts is empty")


def _tcp_port(settings: Settings) -> Finding:
    what = f"TCP port {settings.port}"
    return _bindable(what, socket.SOCK_STREAM, settings.host, settings.port, "--port")


def _media_ports(settings: Settings) -> Finding:
    """One UDP port per media thread, and the TCP port of the same number."""
    media = MediaSettings(udp_port=settings.udp_port, shards=settings.media_shards)
    ports = sorted({media.port_of(shard) for shard in range(media.shard_count)})
    kinds = [socket.SOCK_DGRAM, *([socket.SOCK_STREAM] if settings.media_tcp else [])]
    for port in ports:
        for kind in kinds:
            what = f"{'UDP' if kind is socket.SOCK_DGRAM else 'TCP'} port {port} (media)"
            finding = _bindable(what, kind, settings.host, port, "--udp-port")
            if finding.fix:
                return finding
    return Finding("media ports, " + ("UDP and TCP" if settings.media_tcp else "UDP"), f"{_span(ports)} free")


def _span(ports: Sequence[int]) -> str:
    return str(ports[0]) if len(ports) == 1 else f"{ports[0]} to {ports[-1]}"


def _bindable(what: str, kind: socket.SocketKind, host: str, port: int, flag: str) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fix = f"end the program that holds it (a running server?), or choose another with {flag}"
            return Finding(what, error.strerror or "taken", fix)
    return Finding(what, "free")


def _clock(_settings: Settings) -> Finding:
    now = datetime.fromtimestamp(time.time(), UTC)  # the doctor looks at the clock itself
    if now < EARLIEST:
        return Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC", "set the clock: sudo timedatectl set-ntp true")
    timedatectl = shutil.which("timedatectl")
    if timedatectl:
        command = [timedatectl, "show", "-p", "NTPSynchronized", "--value"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        if answer.stdout.strip() == "no":
            fix = "sudo timedatectl set-ntp true (the record's times are worth as much as this clock)"
            return Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC, not synchronised", fix, is_needed=False)
    return Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _address(settings: Settings) -> Finding:
    if settings.is_loopback or settings.base_url.startswith("https://"):
        return Finding("address", settings.base_url)
    fix = "set public_url to the https:// address of the school: browsers give the camera to secure sites only"
    return Finding("address", settings.base_url, fix)

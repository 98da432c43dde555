"""A real coturn on loopback, on the project's own sample configuration, and the few requests of a TURN client (RFC 8656)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "docker" / "coturn" / "turnserver.conf"
SECRET = "3f61c5d2a9e84b07" * 4
_COOKIE = 0x2112A442
ALLOCATE, CREATE_PERMISSION = 3, 8


def path() -> str | None:
    return shutil.which("turnserver")


@dataclass(frozen=True)
class Coturn:
    """A running server: its two ports on 127.0.0.1."""

    port: int
    tls_port: int


@asynccontextmanager
async def coturn(folder: Path, *lines: str) -> AsyncIterator[Coturn]:
    """The sample configuration with ports of the test and `lines` put behind it."""
    port, tls_port = _free_port(), _free_port()
    _certificate(folder)
    config = folder / "turnserver.conf"
    own = (
        "listening-ip=127.0.0.1", "listening-ip=::1", "relay-ip=127.0.0.1", "relay-ip=::1",
        f"static-auth-secret={SECRET}", f"cert={folder / 'cert.pem'}", f"pkey={folder / 'key.pem'}",
        f"pidfile={folder / 'pid'}", f"userdb={folder / 'db'}", "log-file=stdout", *lines,
    )  # fmt: skip
    sample = [line for line in SAMPLE.read_text(encoding="utf-8").splitlines() if line != "syslog"]
    sample = [_PORTS.get(line, line).format(port=port, tls=tls_port) for line in sample]
    config.write_text("\n".join([*sample, *own]) + "\n")
    async with _running(folder, Coturn(port, tls_port), path() or "turnserver", "-c", str(config)) as server:
        yield server


@asynccontextmanager
async def coturn_of_compose(folder: Path, **env: str) -> AsyncIterator[Coturn]:
    """coturn as its container starts it, with these variables."""
    port, tls_port = _free_port(), _free_port()
    _certificate(folder)
    settings = {
        "GD_TURN_SECRET": SECRET,
        "TURN_FOLDER": str(folder), "TURN_LISTEN_IPS": "127.0.0.1", "TURN_PORT": str(port), "TURN_TLS_PORT": str(tls_port),
        "TURN_CERT": str(folder / "cert.pem"), "TURN_KEY": str(folder / "key.pem"), **env,
    }  # fmt: skip
    settings["PATH"] = os.environ["PATH"]
    async with _running(folder, Coturn(port, tls_port), str(SAMPLE.parent / "start"), env=settings) as server:
        yield server


@asynccontextmanager
async def _running(
    folder: Path, server: Coturn, *command: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[Coturn]:
    """The process of a command from when it listens to when it has ended."""
    with (folder / "coturn.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=env)
    try:
        await _listens(process, server.port, udp=True)
        await _listens(process, server.tls_port)
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


_PORTS = {"listening-port=3478": "listening-port={port}", "tls-listening-port=443": "tls-listening-port={tls}"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


async def _listens(process: asyncio.subprocess.Process, port: int, *, udp: bool = False) -> None:
    for _ in range(200):
        assert process.returncode is None, "coturn did not start; see coturn.log"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        if not udp or _takes_datagrams(port):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("coturn does not listen")


def _takes_datagrams(port: int) -> bool:
    """UDP comes up after TCP. On loopback a closed port answers a datagram before the next system call."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", port))
        probe.setblocking(False)
        probe.send(b"\0")
        try:
            probe.recv(1)
        except BlockingIOError:
            return True
        except ConnectionRefusedError:
            return False
    return True


class TurnClient:
    """A client over UDP with long-term credentials. `allocate` first; answers are (method class, error code or 0)."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(3)
        self._socket.connect(("127.0.0.1", port))
        self._username, self._password = username, password
        self._realm = self._nonce = b""

    def __enter__(self) -> TurnClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def binding(self) -> int:
        """The length of what a Binding request without credentials brings back; 0: nothing in a second."""
        self._socket.settimeout(1)
        request = struct.pack("!HHI", 1, 0, _COOKIE) + os.urandom(12)
        self._socket.send(request)
        try:
            answer = self._socket.recv(2048)
        except TimeoutError:
            return 0
        finally:
            self._socket.settimeout(3)
        return 0 if answer[1] == 0x11 else len(answer)

    def allocate(self, ipv6: bool = False) -> int:
        """The error code of an allocation, 0 when it stands."""
        wanted = [(0x0019, bytes([17, 0, 0, 0]))]
        if ipv6:
            wanted.append((0x0017, bytes([2, 0, 0, 0])))
        return self._ask(ALLOCATE, wanted)

    def permit(self, ip: str) -> int:
        """The error code of a permission to reach `ip`, 0 when it is given."""
        return self._ask(CREATE_PERMISSION, None, ipaddress.ip_address(ip))

    def _ask(
        self,
        method: int,
        attributes: Sequence[tuple[int, bytes]] | None,
        peer: ipaddress.IPv4Address | ipaddress.IPv6Address | None = None,
    ) -> int:
        for _ in range(3):
            transaction = os.urandom(12)
            found = [*(attributes or ()), *([(0x0012, _xored(peer, transaction))] if peer is not None else ())]
            answer = self._exchange(self._message(method, transaction, found))
            code = answer.get(0x0009, b"\0\0\0\0")
            error = code[2] * 100 + code[3]
            if error not in (401, 438) or (error == 401 and self._nonce):
                return error
            self._realm, self._nonce = answer[0x0014], answer[0x0015]
        return error

    def _message(self, method: int, transaction: bytes, attributes: Sequence[tuple[int, bytes]]) -> bytes:
        body = b"".join(_attribute(*each) for each in attributes)
        if self._nonce:
            for kind, value in ((0x0006, self._username.encode()), (0x0014, self._realm), (0x0015, self._nonce)):
                body += _attribute(kind, value)
            head = struct.pack("!HHI", method, len(body) + 24, _COOKIE) + transaction
            key = hashlib.md5(b":".join([self._username.encode(), self._realm, self._password.encode()])).digest()
            return head + body + _attribute(0x0008, hmac.digest(key, head + body, "sha1"))
        return struct.pack("!HHI", method, len(body), _COOKIE) + transaction + body

    def _exchange(self, request: bytes) -> dict[int, bytes]:
        self._socket.send(request)
        answer = self._socket.recv(2048)
        found, at = {}, 20
        while at + 4 <= len(answer):
            kind, length = struct.unpack_from("!HH", answer, at)
            found[kind] = answer[at + 4 : at + 4 + length]
            at += 4 + (length + 3 & ~3)
        return found


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _xored(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, transaction: bytes) -> bytes:
    mask = struct.pack("!I", _COOKIE) + transaction
    address = bytes(a ^ b for a, b in zip(ip.packed, mask, strict=False))
    return struct.pack("!BBH", 0, 1 if ip.version == 4 else 2, 3480 ^ (_COOKIE >> 16)) + address

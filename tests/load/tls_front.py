"""What stands in front of a school: a door with TLS 1.3 that hands everything on to the plain port. HTTP/1.1, one certificate of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: Debian's own, whatever this machine has been given.
CONGESTION = b"cubic"
#: Linux, ip(7); Python has no name for it.
IP_FREEBIND = 15


def certificate(folder: Path, ip: str) -> Path:
    """A self-signed certificate with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ip)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ip))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "front.pem"
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def key_hash(pem: Path) -> str:
    """What Chromium's `--ignore-certificate-errors-spki-list` takes: then the certificate counts as good, and files are cached."""
    key = x509.load_pem_x509_certificate(pem.read_bytes()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).digest()).decode()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()


@asynccontextmanager
async def tls_front(pem: Path, address: str, port: int, inner_port: int) -> AsyncIterator[None]:
    """https://address:port leads to http://127.0.0.1:inner_port. The address may come later, with the line that brings it; no other is listened on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def visitor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inner_port)
        except OSError:
            writer.close()
            return
        # Who is still here when the measuring ends is let go without a word.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION)
    listener.bind((address, port))
    server = await asyncio.start_server(visitor, sock=listener, ssl=context)
    try:
        yield
    finally:
        server.close()

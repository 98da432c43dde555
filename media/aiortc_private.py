"""The one file that touches private names of aiortc (pinned to 1.16.0; tests/media/test_aiortc_private.py holds them).

`Handshake` is an RTCDtlsTransport that ends with exported keys instead of an SRTP session of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol, cast

from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from OpenSSL import SSL

#: DTLS-SRTP profile number (RFC 5764 §4.1.2, RFC 7714 §14.2) → aiortc's description, most wanted first. 128-bit GCM costs
#: the least per packet and is no weaker than what protects the signalling.
#: Forward secrecy and authenticated encryption only (ASVS 5.0, 17.2.2): what browsers take anyway.
SUITES = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
#: OpenSSL's number for it.
DTLS_1_2 = 0xFEFD

PROFILES: dict[int, SRTPProtectionProfile] = {
    7: SRTP_AEAD_AES_128_GCM,
    8: SRTP_AEAD_AES_256_GCM,
    1: SRTP_AES128_CM_SHA1_80,
}
_EXPORTER = b"EXTRACTOR-dtls_srtp"


class DatagramPath(Protocol):
    """What an RTCDtlsTransport needs of an ICE transport."""

    role: str

    async def _recv(self) -> bytes: ...

    async def _send(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master keys and salts as exported (RFC 5764 §4.2). `profile` is the DTLS-SRTP number."""

    profile: int
    rx_key: bytes
    rx_salt: bytes
    tx_key: bytes
    tx_salt: bytes


class HandshakeFailed(Exception):
    """reason ∈ dtls, fingerprint. `detail` is for the log."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class _Transport(RTCDtlsTransport):
    """Keeps what aiortc only writes to its debug log: why a handshake failed."""

    failure: HandshakeFailed | None = None
    keys: SrtpKeys | None = None

    async def _do_handshake(self) -> None:
        """Like aiortc's, but datagrams go straight to the handshake: its reading swallows OpenSSL's reasons."""
        connection: Any = self._ssl
        try:
            while not self.encrypted:
                try:
                    connection.do_handshake()
                    self.encrypted = True
                except SSL.WantReadError:
                    await self._write_ssl()
                    await self._feed(connection)
            await self._write_ssl()
        except SSL.Error as error:
            await self._write_ssl()
            self._fail("dtls", _reasons(error))
        except ConnectionError:
            self._fail("dtls", "the path was closed")

    async def _feed(self, connection: Any) -> None:
        """The next datagram, or OpenSSL's retransmission when its timer runs out first."""
        try:
            async with asyncio.timeout(connection.DTLSv1_get_timeout()):
                connection.bio_write(await self.transport._recv())
        except TimeoutError:
            connection.DTLSv1_handle_timeout()

    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:
        super()._validate_peer_identity(remoteParameters)
        if self._state == State.FAILED:
            self._fail("fingerprint", "the certificate is not the one that the offer announced")

    def _setup_srtp(self) -> None:
        """Instead of aiortc's: export the keys, make no libsrtp sessions."""
        connection: Any = self._ssl
        chosen = connection.get_selected_srtp_profile()
        number = next((n for n, p in PROFILES.items() if p.openssl_profile == chosen), None)
        if number is None:
            self._fail("dtls", "no SRTP profile in common")
            return
        self.keys = exported_keys(connection, number, server=self._role == "server")

    def _fail(self, reason: str, detail: str) -> None:
        self.failure = HandshakeFailed(reason, detail)
        self._set_state(State.FAILED)


def exported_keys(connection: Any, profile: int, *, server: bool) -> SrtpKeys:
    """RFC 5764 §4.2: client key, server key, client salt, server salt."""
    shape = PROFILES[profile]
    material = connection.export_keying_material(_EXPORTER, 2 * (shape.key_length + shape.salt_length))
    client, host = (_pair(material, shape, i) for i in (0, 1))
    rx, tx = (client, host) if server else (host, client)
    return SrtpKeys(profile, *rx, *tx)


def _pair(material: bytes, shape: SRTPProtectionProfile, index: int) -> tuple[bytes, bytes]:
    both = shape.get_key_and_salt(material, index)
    return both[: shape.key_length], both[shape.key_length :]


def _reasons(error: SSL.Error) -> str:
    """OpenSSL's own words: pyOpenSSL gives [(library, function, reason), …]."""
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(e[-1]) for e in entries) or repr(error)


class Handshake:
    """One DTLS association over a datagram path. The relay is always the server; tests bring their own clients."""

    def __init__(self, path: DatagramPath, certificate: RTCCertificate, *, server: bool = True) -> None:
        self._dtls = _Transport(cast(Any, path), [certificate])
        self._dtls._set_role("server" if server else "client")
        self._dtls._srtp_profiles = list(PROFILES.values())

    async def run(self, fingerprints: tuple[tuple[str, str], ...]) -> SrtpKeys:
        """Shake hands with the owner of one of the certificates; HandshakeFailed otherwise."""
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(a, v) for a, v in fingerprints]))
        if self._dtls.failure is not None:
            raise self._dtls.failure
        if self._dtls.keys is None:
            raise HandshakeFailed("dtls", f"ended in state {self._dtls.state}")
        return self._dtls.keys

    async def ended(self) -> None:
        """Returns when the other side closed the association or the path was closed."""
        if self._dtls._task is not None:
            await asyncio.gather(self._dtls._task, return_exceptions=True)

    def close(self) -> bytes:
        """End the association at once. Returns the close_notify to send, empty if there is nobody to say goodbye to.

        OpenSSL's object, 50 kB, goes with the last that uses it: it stands in cycles of Python objects, and a relay at rest makes so
        few of these that the collector would come by only after hundreds of peers.
        """
        connection: Any = self._dtls._ssl
        task, self._dtls._task = self._dtls._task, None
        if task is None or task.done():
            self._dtls._ssl = None
        else:
            task.add_done_callback(self._release)
            task.cancel()
        if connection is None or self._dtls._state != State.CONNECTED:
            return b""
        try:
            connection.shutdown()
            return bytes(connection.bio_read(1500))
        except SSL.Error:
            return b""

    def _release(self, _: object) -> None:
        self._dtls._ssl = None


class _Certificate(RTCCertificate):
    """With one SSL context for all its connections: making one costs more than the rest of a handshake's set-up."""

    profiles: tuple[int, ...] = tuple(PROFILES)
    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context([PROFILES[number] for number in self.profiles])
            # After the handshake an association says nothing for an hour: its buffers are given back.
            self._context.set_mode(SSL.MODE_RELEASE_BUFFERS)
            # Nobody resumes a call: kept sessions, each with the peer's certificate, would only pile up.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context.set_options(SSL.OP_NO_TICKET)
            self._context.set_cipher_list(SUITES)
            self._context.set_min_proto_version(DTLS_1_2)
        return self._context


def new_certificate(profiles: tuple[int, ...] = tuple(PROFILES)) -> tuple[RTCCertificate, str]:
    """A fresh ECDSA P-256 certificate and its sha-256 fingerprint. Kept in memory only (ASVS 17.2.1).

    `profiles`: DTLS-SRTP numbers that its connections agree to, most wanted first.
    """
    certificate = _Certificate.generateCertificate()
    certificate.profiles = profiles
    (fingerprint,) = (f.value for f in certificate.getFingerprints() if f.algorithm == "sha-256")
    return certificate, fingerprint

"""The server's DTLS over a path that the test holds in its hands: keys, refusals, repeated flights."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable

import pytest
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import certificate_digest, generate_certificate
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from structlog.testing import capture_logs

from media.aiortc_private import PROFILES, SUITES, Handshake, SrtpKeys, new_certificate
from media.transport import DtlsSession
from tests.kit.rtc_client import until


class ClientPath:
    """The client's end; what `drop` refuses never arrives at the server."""

    role = "controlling"

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.to_server: Callable[[bytes], None] = lambda data: None

    async def _recv(self) -> bytes:
        return await self.inbox.get()

    async def _send(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(self.to_server, data)


class Meeting:
    """A server session and a client that want to shake hands."""

    def __init__(self, client: RTCCertificate, announced: str, drop: Callable[[int], bool] = lambda n: False) -> None:
        self.keys: list[SrtpKeys] = []
        self.failures: list[str] = []
        self.sent: list[bytes] = []
        self.path = ClientPath()
        server, self.server_fingerprint = new_certificate()
        self._drop = drop
        self.left = asyncio.Event()
        self.session = DtlsSession(
            server, (("sha-256", announced),), self._to_client, self.keys.append, self.failures.append, self.left.set
        )
        self.path.to_server = self.session.feed
        self.client = Handshake(self.path, client, server=False)

    def _to_client(self, data: bytes) -> None:
        self.sent.append(data)
        if not self._drop(len(self.sent) - 1):
            self.path.inbox.put_nowait(data)

    async def serve(self, connect_s: float = 5, handshake_s: float = 5) -> asyncio.Task[None]:
        return asyncio.create_task(self.session.run(connect_s, handshake_s))

    async def shake(self) -> SrtpKeys:
        return await asyncio.wait_for(self.client.run((("sha-256", self.server_fingerprint),)), 10)


async def test_both_ends_derive_the_same_keys_with_128_bit_gcm() -> None:
    certificate, fingerprint = new_certificate()
    meeting = Meeting(certificate, fingerprint)
    task = await meeting.serve()
    ours = await meeting.shake()
    await until(lambda: bool(meeting.keys))
    theirs = meeting.keys[0]
    assert theirs.profile == 7
    assert (theirs.rx_key, theirs.rx_salt) == (ours.tx_key, ours.tx_salt)
    assert (theirs.tx_key, theirs.tx_salt) == (ours.rx_key, ours.rx_salt)
    assert (len(theirs.rx_key), len(theirs.rx_salt)) == (16, 12)
    task.cancel()


async def test_a_peer_that_ends_the_association_has_left_and_has_not_failed() -> None:
    certificate, fingerprint = new_certificate()
    meeting = Meeting(certificate, fingerprint)
    task = await meeting.serve()
    await meeting.shake()
    await until(lambda: bool(meeting.keys))
    assert not meeting.left.is_set()
    meeting.session.feed(meeting.client.close())
    await asyncio.wait_for(meeting.left.wait(), 10)
    assert meeting.failures == []
    task.cancel()


async def test_a_certificate_that_the_offer_did_not_announce_is_refused() -> None:
    certificate, _ = new_certificate()
    _, somebody_else = new_certificate()
    meeting = Meeting(certificate, somebody_else)
    task = await meeting.serve()
    await meeting.shake()
    await until(lambda: bool(meeting.failures))
    assert meeting.failures == ["fingerprint"]
    assert meeting.keys == []
    await task


async def test_a_p224_certificate_is_refused_with_a_log_line_that_says_so() -> None:
    key = ec.generate_private_key(ec.SECP224R1())
    certificate = RTCCertificate(key=key, cert=generate_certificate(key))
    meeting = Meeting(certificate, certificate_digest(certificate._cert, "sha-256"))
    with capture_logs() as logs:
        task = await meeting.serve()
        shaking = asyncio.create_task(meeting.shake())
        await until(lambda: bool(meeting.failures))
        await task
    shaking.cancel()
    assert meeting.failures == ["dtls"]
    assert any("curve" in str(line.get("detail", "")) for line in logs), logs


@pytest.mark.parametrize("lost", [{0}, {1}, {0, 1}])
async def test_a_lost_flight_is_sent_again_long_before_a_second_has_passed(lost: set[int]) -> None:
    certificate, fingerprint = new_certificate()
    meeting = Meeting(certificate, fingerprint, drop=lost.__contains__)
    begun = asyncio.get_running_loop().time()
    task = await meeting.serve()
    await meeting.shake()
    assert asyncio.get_running_loop().time() - begun < 0.9
    task.cancel()


async def test_a_peer_that_never_comes_fails_by_timeout() -> None:
    certificate, fingerprint = new_certificate()
    meeting = Meeting(certificate, fingerprint)
    await (await meeting.serve(connect_s=0.01))
    assert meeting.failures == ["timeout"]


async def test_a_handshake_that_stops_half_way_fails_by_timeout() -> None:
    certificate, fingerprint = new_certificate()
    meeting = Meeting(certificate, fingerprint, drop=lambda n: True)
    task = await meeting.serve(handshake_s=0.05)
    shaking = asyncio.create_task(meeting.shake())
    await task
    shaking.cancel()
    assert meeting.failures == ["timeout"]
    sent = len(meeting.sent)
    meeting.session.close()
    assert len(meeting.sent) == sent


async def test_garbage_from_the_path_harms_nobody() -> None:
    certificate, fingerprint = new_certificate()
    meeting = Meeting(certificate, fingerprint)
    task = await meeting.serve()
    for n in range(100):
        meeting.session.feed(bytes([20 + n % 44]) + bytes(n))
    await asyncio.sleep(0)
    await meeting.shake()
    await until(lambda: bool(meeting.keys))
    task.cancel()


async def test_the_certificate_is_p256_and_fresh_each_time() -> None:
    (one, first), (_, second) = new_certificate(), new_certificate()
    assert first != second
    assert isinstance(one._key.curve, ec.SECP256R1)
    assert one.expires - datetime.datetime.now(datetime.UTC) < datetime.timedelta(days=31)


def test_only_suites_with_forward_secrecy_and_authenticated_encryption_are_spoken() -> None:
    certificate, _ = new_certificate()
    context = certificate._create_ssl_context(list(PROFILES.values()))
    spoken = {name for name in SSL.Connection(context, None).get_cipher_list() if not name.startswith("TLS_")}
    assert spoken == {suite.decode() for suite in SUITES.split(b":")}
    assert all(name.startswith("ECDHE-ECDSA-") and ("GCM" in name or "POLY1305" in name) for name in spoken)

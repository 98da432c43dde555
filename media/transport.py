"""One peer's DTLS: a path made of the engine's datagrams, the flight repeater, the handshake and its time limits.

Not here: ICE and SRTP, which the engine does; aiortc's private names (`media.aiortc_private`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from aiortc import RTCCertificate

from media.aiortc_private import Handshake, HandshakeFailed, SrtpKeys

log = structlog.get_logger("media.transport")

#: The last flight goes out again after these times without an answer. OpenSSL alone waits 1 s: with 20 % loss the handshake's
#: p90 was 1130 ms, with this 368 ms.
REPEAT_AFTER_S = (0.1, 0.2, 0.4)
#: Datagrams kept for a slow reader; a handshake has a handful.
MAX_WAITING = 32


class EnginePath:
    """What aiortc takes for an ICE transport. Datagrams come from the engine's `dtls` events and leave by `send_dtls`."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_now = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)
        self._closed = False
        self._flight: list[bytes] = []
        self._repeats = 0
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, data: bytes) -> None:
        """A datagram of the peer. It answers our flight, so that is not repeated any more."""
        if self._closed or self._waiting.full():
            return
        self._flight = []
        self._stop_timer()
        self._waiting.put_nowait(data)

    def close(self) -> None:
        self._closed = True
        self._stop_timer()
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def _recv(self) -> bytes:
        data = None if self._closed else await self._waiting.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        if self._closed:
            raise ConnectionError
        self._send_now(data)
        self._flight.append(data)
        self._repeats = 0
        self._arm()

    def _arm(self) -> None:
        self._stop_timer()
        if self._repeats < len(REPEAT_AFTER_S):
            delay = REPEAT_AFTER_S[self._repeats]
            self._timer = asyncio.get_running_loop().call_later(delay, self._repeat)

    def _repeat(self) -> None:
        for data in self._flight:
            self._send_now(data)
        self._repeats += 1
        self._arm()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _nobody(_: object) -> None:
    """There is nobody left to be told."""


def _nothing() -> None:
    """There is nobody left to be told."""


class DtlsSession:
    """DTLS of one peer, from its first datagram to close. Exactly one of `on_keys` and `on_failed` is called, once; after keys,
    `on_left` when the peer ends the association.
    """

    def __init__(
        self,
        certificate: RTCCertificate,
        fingerprints: tuple[tuple[str, str], ...],
        send: Callable[[bytes], None],
        on_keys: Callable[[SrtpKeys], None],
        on_failed: Callable[[str], None],
        on_left: Callable[[], None],
    ) -> None:
        self._send = send
        self._path = EnginePath(send)
        self._handshake = Handshake(self._path, certificate)
        self._fingerprints = fingerprints
        self._on_keys = on_keys
        self._on_failed = on_failed
        self._on_left = on_left
        self._begun = asyncio.Event()

    def feed(self, data: bytes) -> None:
        self._begun.set()
        self._path.feed(data)

    async def run(self, connect_timeout_s: float, handshake_timeout_s: float) -> None:
        """Wait for the peer, shake hands, then keep the association until it ends."""
        try:
            async with asyncio.timeout(connect_timeout_s):
                await self._begun.wait()
            async with asyncio.timeout(handshake_timeout_s):
                keys = await self._handshake.run(self._fingerprints)
        except TimeoutError:
            log.info("peer did not connect in time", handshake_begun=self._begun.is_set())
            self._on_failed("timeout")
        except HandshakeFailed as failure:
            # "wrong curve" is what OpenSSL says of a P-224 certificate (FFmpeg's WHIP with GnuTLS).
            log.warning("DTLS handshake refused", reason=failure.reason, detail=failure.detail)
            self._on_failed(failure.reason)
        else:
            self._on_keys(keys)
            await self._handshake.ended()
            self._on_left()

    def close(self) -> None:
        """Say goodbye and stop. The task that runs `run` is cancelled by its owner."""
        if goodbye := self._handshake.close():
            self._send(goodbye)
        self._path.close()
        # The callbacks know the peer and the peer knows us: cut, so that neither waits for the garbage collector.
        self._on_keys = self._on_failed = _nobody
        self._on_left = _nothing

"""Hostile senders on this machine: threads that throw datagrams at one address as fast, and as long, as they are told to."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType

Address = tuple[str, int]
#: Datagrams between two looks at the clock.
BURST = 50


@dataclass
class Attacker:
    """Sends `datagrams` round and round, at most `per_s` a second. Use as a context; `sent` says how many went out."""

    target: Address
    datagrams: Sequence[bytes]
    per_s: int
    sent: int = 0
    answers: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Attacker:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(self.target)
            out.setblocking(False)
            begun = time.monotonic()
            while not self._stop.is_set():
                for _ in range(BURST):
                    with contextlib.suppress(OSError):
                        out.send(self.datagrams[self.sent % len(self.datagrams)])
                        self.sent += 1
                with contextlib.suppress(OSError):
                    while out.recv(2048):
                        self.answers += 1
                ahead = self.sent / self.per_s - (time.monotonic() - begun)
                if ahead > 0:
                    self._stop.wait(ahead)


def client_hellos(count: int = 20, seed: int = 1) -> list[bytes]:
    """DTLS 1.2 handshake records that say ClientHello (RFC 6347 §4.2.2), with nonsense behind."""
    chance = random.Random(seed)
    return [
        bytes([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, i, 0, 60, 1, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 48])
        + chance.randbytes(48)
        for i in range(count)
    ]


def forged_media(count: int = 200, seed: int = 1, ssrcs: Sequence[int] = ()) -> list[bytes]:
    """RTP and RTCP of all shapes with tags that nobody made."""
    chance = random.Random(seed)

    def one() -> bytes:
        first = chance.choice([0x80, 0x90, 0xA0, 0xB0, 0x8F, 0xBF])
        second = chance.choice([96, 111, 0x80 | 96, 200, 201, 205, 206])
        ssrc = chance.choice(ssrcs) if ssrcs else chance.getrandbits(32)
        head = bytes([first, second]) + chance.randbytes(6) + ssrc.to_bytes(4, "big")
        return head + chance.randbytes(chance.choice([0, 4, 20, 100, 1100, 1400]))

    return [one() for _ in range(count)]


@contextlib.contextmanager
def attackers(target: Address, datagrams: Sequence[bytes], per_s: int) -> Iterator[Attacker]:
    """One attacker for as long as the block lasts."""
    with Attacker(target, datagrams, per_s) as attacker:
        yield attacker

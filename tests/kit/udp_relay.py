"""A network between a client and the relay, in userspace: loss, delay, jitter, reordering, a rate limit, black holes, new addresses.

Every choice comes from a seeded generator or from a predicate, so a test that fails does so again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

Address = tuple[str, int]


@dataclass
class Link:
    """One direction. `drop(n, data)`: whether the n-th datagram (from 0) is lost, besides random loss.

    Jitter keeps the order, as queues do; only `reorder` changes it.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    #: Share of datagrams that are held back for `reorder_by_s`, so that later ones overtake them.
    reorder: float = 0.0
    reorder_by_s: float = 0.02
    rate_bps: int = 0
    #: What a bottleneck's buffer holds; what does not fit is lost.
    queue_bytes: int = 64_000
    drop: Callable[[int, bytes], bool] | None = None
    seen: int = field(default=0, init=False)
    lost: int = field(default=0, init=False)
    _free_at: float = field(default=0.0, init=False)
    _last_out: float = field(default=0.0, init=False)

    def departure(self, data: bytes, now: float, random: Random) -> float | None:
        """When the datagram comes out at the other end; None: never."""
        number, self.seen = self.seen, self.seen + 1
        chance, wobble, late = random.random(), random.random(), random.random()
        if chance < self.loss or (self.drop is not None and self.drop(number, data)):
            self.lost += 1
            return None
        out = now
        if self.rate_bps:
            if (self._free_at - now) * self.rate_bps / 8 > self.queue_bytes:
                self.lost += 1
                return None
            self._free_at = max(self._free_at, now) + len(data) * 8 / self.rate_bps
            out = self._free_at
        out += self.delay_s + wobble * self.jitter_s
        if late < self.reorder:
            return out + self.reorder_by_s
        # A microsecond apart: an event loop runs timers of the same time in any order.
        self._last_out = out = max(out, self._last_out + 1e-6)
        return out


class _Side(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, addr)


async def _socket(received: Callable[[bytes, Address], None]) -> asyncio.DatagramTransport:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Side(received), local_addr=("127.0.0.1", 0))
    return transport


class UdpRelay:
    """Stands at `address` for `target`. Each client gets a socket of its own towards the target, as behind a NAT."""

    def __init__(self, target: Address, up: Link | None = None, down: Link | None = None, seed: int = 1) -> None:
        self.target = target
        self.up = up or Link()
        self.down = down or Link()
        self.blocked = False
        self.address: Address = ("", 0)
        self._random = Random(seed)
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[Address, asyncio.DatagramTransport] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._stranded: set[Address] = set()

    async def __aenter__(self) -> UdpRelay:
        self._front = await _socket(self._from_client)
        self.address = self._front.get_extra_info("sockname")[:2]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._opening:
            task.cancel()
        for back in self._backs.values():
            back.close()
        if self._front is not None:
            self._front.close()

    async def move(self) -> None:
        """From now on clients reach the target from new addresses."""
        for client in list(self._backs):
            old = self._backs[client]
            self._backs[client] = await _socket(lambda data, _, to=client: self._from_target(data, to))  # type: ignore[misc]
            old.close()

    def strand(self) -> None:
        """The clients' own addresses are gone, as when Wi-Fi gives way to a telephone: only sockets opened from now on get through."""
        self._stranded.update(self._backs)

    def _from_client(self, data: bytes, client: Address) -> None:
        if client in self._stranded:
            return
        if client in self._backs:
            self._pass_up(data, client)
            return
        task = asyncio.get_running_loop().create_task(self._open(client, data))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, client: Address, first: bytes) -> None:
        back = await _socket(lambda data, _: self._from_target(data, client))
        self._backs.setdefault(client, back)
        if self._backs[client] is not back:
            back.close()
        self._pass_up(first, client)

    def _pass_up(self, data: bytes, client: Address) -> None:
        self._after(self.up, data, lambda: self._backs[client].sendto(data, self.target))

    def _from_target(self, data: bytes, client: Address) -> None:
        front = self._front
        if front is not None and client not in self._stranded:
            self._after(self.down, data, lambda: front.sendto(data, client))

    def _after(self, link: Link, data: bytes, send: Callable[[], None]) -> None:
        if self.blocked:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        at = link.departure(data, now, self._random)
        if at is None:
            return
        if at <= now:
            send()
        else:
            loop.call_at(at, self._if_open, send)

    def _if_open(self, send: Callable[[], None]) -> None:
        """What is still on the way when the network is taken down goes nowhere."""
        if self._front is not None and not self._front.is_closing():
            send()

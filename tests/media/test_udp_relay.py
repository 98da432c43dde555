"""The test network itself: the same seed loses the same datagrams, delays and queues add up, black holes swallow."""

from __future__ import annotations

import asyncio
from random import Random
from typing import cast

from tests.kit.rtc_client import until
from tests.kit.udp_relay import Address, Link, UdpRelay


def fates(link: Link, seed: int, count: int = 2000) -> list[float | None]:
    random = Random(seed)
    return [link.departure(bytes(1000), n * 0.01, random) for n in range(count)]


def test_the_same_seed_loses_the_same_datagrams() -> None:
    assert fates(Link(loss=0.1, jitter_s=0.01), 7) == fates(Link(loss=0.1, jitter_s=0.01), 7)
    assert fates(Link(loss=0.1), 7) != fates(Link(loss=0.1), 8)


def test_loss_is_as_large_as_asked_for() -> None:
    lost = sum(at is None for at in fates(Link(loss=0.1), 1))
    assert 160 <= lost <= 240


def test_delay_and_jitter_are_within_their_bounds() -> None:
    late = [at - n * 0.01 for n, at in enumerate(fates(Link(delay_s=0.05, jitter_s=0.02), 1)) if at is not None]
    assert 0.05 <= min(late) < 0.051
    assert 0.069 < max(late) <= 0.07


def test_a_bottleneck_delays_and_then_drops() -> None:
    link, random = Link(rate_bps=80_000, queue_bytes=3500), Random(1)
    burst = [link.departure(bytes(1000), 0.0, random) for _ in range(10)]
    assert [round(at, 6) for at in burst if at is not None] == [0.1, 0.2, 0.3, 0.4]
    assert link.lost == 6


def test_a_named_datagram_can_be_lost() -> None:
    link = Link(drop=lambda n, data: n == 1)
    assert [at is None for at in fates(link, 1, 3)] == [False, True, False]


class Listener(asyncio.DatagramProtocol):
    """Keeps who sent something; sends it back if told to."""

    def __init__(self, echo: bool) -> None:
        self.echo = echo
        self.callers: list[Address] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.callers.append(addr)
        if self.echo:
            self.transport.sendto(data, addr)


async def test_datagrams_go_both_ways_and_the_address_can_change() -> None:
    loop = asyncio.get_running_loop()
    server, echo = await loop.create_datagram_endpoint(lambda: Listener(echo=True), local_addr=("127.0.0.1", 0))
    heard = Listener(echo=False)
    async with UdpRelay(server.get_extra_info("sockname")) as net:
        client, _ = await loop.create_datagram_endpoint(lambda: heard, remote_addr=net.address)
        client.sendto(b"one")
        await until(lambda: len(heard.callers) == 1)
        await net.move()
        client.sendto(b"two")
        await until(lambda: len(set(echo.callers)) >= 2)
        net.blocked = True
        seen = len(echo.callers)
        client.sendto(b"three")
        await asyncio.sleep(0)
        assert len(echo.callers) == seen
        client.close()
    server.close()

"""Both fanouts keep the same promises: the suite runs in process and against a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.clock import ManualClock, SystemClock
from server.fanout import Fanout, InProcessFanout, LeaseLost, Unreachable
from server.fanout.redis import RedisFanout
from tests.kit.redis import RedisServer

LEASE_MS = 300


@dataclass
class Nodes:
    """Two nodes' view of the same store (in process there is one node only), and how to let time pass."""

    here: Fanout
    there: Fanout
    pass_time: Callable[[float], Awaitable[None]]


async def in_process() -> AsyncIterator[Nodes]:
    clock = ManualClock(datetime(2026, 9, 7, tzinfo=UTC))
    fanout = InProcessFanout(clock, LEASE_MS)
    await fanout.start()
    yield Nodes(fanout, fanout, clock.advance)
    await fanout.close()


async def over_redis(folder: Path) -> AsyncIterator[Nodes]:
    if not RedisServer.is_installed():
        pytest.skip("no redis-server here")
    server = RedisServer(folder)
    server.start()
    here, there = (RedisFanout(server.url, SystemClock(), LEASE_MS) for _ in range(2))
    await here.start()
    await there.start()
    yield Nodes(here, there, asyncio.sleep)
    await here.close()
    await there.close()
    server.stop()


@pytest.fixture(params=["in_process", pytest.param("redis", marks=pytest.mark.redis)])
async def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Nodes]:
    made = in_process() if request.param == "in_process" else over_redis(tmp_path)
    async for each in made:
        yield each


class Inbox:
    def __init__(self) -> None:
        self.messages: list[Mapping[str, Any]] = []
        self._arrived = asyncio.Event()

    def __call__(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)
        self._arrived.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.messages) < count:
                self._arrived.clear()
                await self._arrived.wait()


async def test_a_push_reaches_subscribers_on_every_node_in_order(nodes: Nodes) -> None:
    mine, theirs = Inbox(), Inbox()
    await nodes.here.subscribe("desk", mine)
    await nodes.there.subscribe("desk", theirs)
    for n in range(50):
        await nodes.here.publish("desk", {"n": n, "tên": "Đặng Thị Ánh", "none": None})
    await mine.until(50)
    await theirs.until(50)
    assert [m["n"] for m in theirs.messages] == list(range(50))
    assert theirs.messages[0] == {"n": 0, "tên": "Đặng Thị Ánh", "none": None} == mine.messages[0]


async def test_topics_do_not_mix_and_a_stopped_subscriber_hears_nothing(nodes: Nodes) -> None:
    stopped, other, last = Inbox(), Inbox(), Inbox()
    stop = await nodes.here.subscribe("a", stopped)
    await nodes.here.subscribe("b", other)
    await nodes.here.subscribe("a", last)
    stop()
    stop()
    await nodes.there.publish("a", {"n": 1})
    await nodes.there.publish("b", {"n": 2})
    await last.until(1)
    await other.until(1)
    assert stopped.messages == []
    assert other.messages == [{"n": 2}]


@pytest.mark.provokes_faults
async def test_a_subscriber_that_fails_does_not_silence_the_others(nodes: Nodes) -> None:
    def fails(_: Mapping[str, Any]) -> None:
        raise RuntimeError("mine")

    inbox = Inbox()
    await nodes.here.subscribe("a", fails)
    await nodes.here.subscribe("a", inbox)
    await nodes.here.publish("a", {"n": 1})
    await nodes.here.publish("a", {"n": 2})
    await inbox.until(2)


async def test_a_ticket_is_used_once_on_all_nodes_together(nodes: Nodes) -> None:
    tries = [node.use_once("ticket:1", 60) for node in (nodes.here, nodes.there) for _ in range(20)]
    assert sum(await asyncio.gather(*tries)) == 1
    assert await nodes.there.use_once("ticket:2", 60)


async def test_a_room_has_one_owner_until_its_lease_ends(nodes: Nodes) -> None:
    lease = await nodes.here.acquire("lesson", "node-1", above=0)
    assert lease is not None
    assert await nodes.there.acquire("lesson", "node-2", above=0) is None
    assert await nodes.there.owner("lesson") == "node-1"
    await nodes.pass_time(LEASE_MS / 1000 * 0.5)
    await nodes.here.renew(lease)
    await nodes.pass_time(LEASE_MS / 1000 * 1.2)
    assert await nodes.there.owner("lesson") is None
    second = await nodes.there.acquire("lesson", "node-2", above=0)
    assert second is not None
    assert second.epoch > lease.epoch
    with pytest.raises(LeaseLost):
        await nodes.here.renew(lease)


async def test_a_lease_that_ran_out_unnoticed_is_taken_up_again_unless_somebody_else_had_the_room(nodes: Nodes) -> None:
    lease = await nodes.here.acquire("lesson", "node-1", above=0)
    assert lease is not None
    await nodes.pass_time(LEASE_MS / 1000 * 1.2)
    await nodes.here.renew(lease)
    assert await nodes.there.owner("lesson") == "node-1"
    await nodes.pass_time(LEASE_MS / 1000 * 1.2)
    other = await nodes.there.acquire("lesson", "node-2", above=0)
    assert other is not None
    await nodes.there.release(other)
    with pytest.raises(LeaseLost):
        await nodes.here.renew(lease)


async def test_a_late_release_does_not_take_the_room_from_its_new_owner(nodes: Nodes) -> None:
    old = await nodes.here.acquire("lesson", "node|1", above=0)
    assert old is not None
    again = await nodes.here.acquire("lesson", "node|1", above=0)
    assert again is not None and again.epoch > old.epoch
    await nodes.here.release(old)
    assert await nodes.here.owner("lesson") == "node|1"
    await nodes.here.release(again)
    assert await nodes.here.owner("lesson") is None


async def test_the_epoch_is_above_what_the_ledger_has_seen_even_if_the_store_forgot(nodes: Nodes) -> None:
    lease = await nodes.here.acquire("lesson", "node-1", above=41)
    assert lease is not None and lease.epoch == 42
    await nodes.here.release(lease)
    later = await nodes.there.acquire("lesson", "node-2", above=7)
    assert later is not None and later.epoch == 43


async def test_a_bucket_gives_its_burst_then_its_rate(nodes: Nodes) -> None:
    first = [await nodes.here.take("person:1", 10.0, 5) for _ in range(5)]
    assert all(first)
    assert not await nodes.there.take("person:1", 10.0, 5)
    assert await nodes.there.take("person:2", 10.0, 5)
    await nodes.pass_time(0.25)
    assert await nodes.there.take("person:1", 10.0, 5)


@pytest.mark.redis
async def test_an_outage_is_told_as_unreachable_and_subscriptions_come_back_by_themselves(
    tmp_path: Path,
) -> None:
    if not RedisServer.is_installed():
        pytest.skip("no redis-server here")
    server = RedisServer(tmp_path)
    server.start()
    fanout = RedisFanout(server.url, SystemClock())
    await fanout.start()
    inbox = Inbox()
    await fanout.subscribe("a", inbox)
    server.stop()
    with pytest.raises(Unreachable):
        await fanout.publish("a", {"n": 1})
    server.start()
    async with asyncio.timeout(10):
        while not inbox.messages:
            await fanout.publish("a", {"n": 2})
            await asyncio.sleep(0.05)
    assert inbox.messages[0] == {"n": 2}
    await fanout.close()
    server.stop()


@pytest.mark.redis
@pytest.mark.provokes_faults
async def test_what_is_not_json_on_a_topic_is_dropped_and_the_next_message_arrives(tmp_path: Path) -> None:
    if not RedisServer.is_installed():
        pytest.skip("no redis-server here")
    import redis as redis_client

    server = RedisServer(tmp_path)
    server.start()
    fanout = RedisFanout(server.url, SystemClock())
    await fanout.start()
    inbox = Inbox()
    await fanout.subscribe("a", inbox)
    raw = redis_client.Redis(port=server.port)
    raw.publish("gd:topic:a", b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    raw.publish("gd:topic:a", b'{"n": 3}')
    await inbox.until(1)
    assert inbox.messages == [{"n": 3}]
    raw.close()
    await fanout.close()
    server.stop()

"""Two nodes on one database and one Redis: a room lives on one of them, and moves when that one is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server.events.base import Origin
from server.events.lesson import LessonStarted
from server.ledger import Fenced
from tests.kit.lesson_client import LessonClient, Refusal
from tests.kit.live_school import LiveSchool, live_school
from tests.kit.redis import RedisServer

pytestmark = pytest.mark.redis


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    if not RedisServer.is_installed():
        pytest.skip("no redis-server here")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def nodes(tmp_path: Path, redis: RedisServer) -> AsyncIterator[tuple[LiveSchool, LiveSchool]]:
    secret = "the same on every node of one school"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(live_school(tmp_path, redis_url=redis.url, signing_secret=secret))
        second = await stack.enter_async_context(live_school(tmp_path, redis_url=redis.url, signing_secret=secret))
        yield first, second


async def test_a_ticket_from_any_node_leads_to_the_node_that_has_the_room(nodes: tuple[LiveSchool, LiveSchool]) -> None:
    first, second = nodes
    lecturer = await first.join("lecturer")
    browser = await second.browser("student1")
    await browser.consent(second.lesson)
    ticket = await browser.ticket(second.lesson)
    assert ticket["url"] == first.base_url
    wrong = LessonClient(second.base_url)
    with pytest.raises(Refusal, match=r"room\.elsewhere"):
        await wrong.connect(ticket=ticket["ticket"])
    student = LessonClient(ticket["url"])
    fresh = (await browser.ticket(second.lesson))["ticket"]
    await student.connect(ticket=fresh)
    first.keep(student)
    await lecturer.until("roster_changed")
    again = LessonClient(first.base_url)
    with pytest.raises(Refusal, match=r"ticket\.used"):
        await again.connect(ticket=fresh)


async def test_a_room_moves_to_the_other_node_and_the_old_owner_writes_nothing_more(
    nodes: tuple[LiveSchool, LiveSchool],
) -> None:
    first, second = nodes
    student = await first.join("student1")
    await student.do("post_chat", message="m1", text="trước")
    before = first.services.live.room_of(first.lesson)
    assert before is not None
    # The first node hangs: its lease runs out, as Redis would let it.
    other = second.services.fanout
    await first.services.fanout.release(first.services.live.lease_of(first.lesson))
    assert await other.owner(first.lesson) is None
    browser = await second.browser("student1")
    moved = await browser.join(second.lesson)
    second.keep(moved)
    joined = await moved.until("joined")
    assert [each["text"] for each in joined["chat"]] == ["trước"]
    assert joined["session"]["epoch"] > before.epoch
    with pytest.raises(Fenced):
        await before.hall.record([LessonStarted()], Origin.SERVER)
    assert len(await second.bodies("lesson.started")) == 0


async def test_rooms_go_on_while_redis_is_away(nodes: tuple[LiveSchool, LiveSchool], redis: RedisServer) -> None:
    first, _ = nodes
    lecturer, student = await first.join("lecturer"), await first.join("student1")
    redis.stop()
    await first.pass_time(10)
    await student.do("post_chat", message="m1", text="vẫn học")
    assert (await lecturer.until("chat_posted"))["message"]["text"] == "vẫn học"
    redis.start()
    await first.pass_time(5)
    await student.do("post_chat", message="m2", text="vẫn còn")
    await lecturer.until("chat_posted", lambda p: p["message"]["message"] == "m2")

"""The load generator on the real relay, over real sockets: it hears what it says, and notices what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from media._core import LoadEngine
from media.config import MediaSettings
from media.face import Admission, NoCapacity, Publish
from media.load.capacity import Outcome, Wish, check
from media.load.peers import Audio, JoinFailed, Listening, Load, Video
from media.relay import MediaRelay
from media.router import RoomRouter

IP = "127.0.0.1"
SMALL = Video(packets=2, key_packets=4)


@dataclass
class Direct:
    """Signalling without HTTP: straight to a router."""

    router: RoomRouter
    number: int
    roles: tuple[str, ...] = ()

    async def publish(self, offer: str) -> str:
        media = [Publish(str(i), role) for i, role in enumerate(self.roles)]
        return self.router.add_peer(self.number, offer, media, Admission(frozenset(self.roles), 2))

    async def subscribe(self, offer: Callable[[], str], answer: Callable[[str], str]) -> str:
        try:
            return self.router.add_peer(self.number, offer(), [], Admission(frozenset(), 0))
        except NoCapacity as full:
            raise JoinFailed("full") from full

    async def leave(self) -> None:
        self.router.remove_peer(self.number)


@pytest.fixture
async def router() -> AsyncIterator[RoomRouter]:
    relay = MediaRelay(MediaSettings(bind_ips=(IP,), tcp=False, udp_port=0, max_peers=4))
    await relay.start()
    router = relay.open_router(lambda notice: None)
    yield router
    router.close()
    await relay.close()


async def heard(load: Load, packets: int) -> None:
    async with asyncio.timeout(10):
        while not all(load.heard(peer)[0] >= packets for peer in load.subscribers):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_every_packet_of_the_window_reaches_every_subscriber(router: RoomRouter) -> None:
    async with Load(IP) as load:
        await load.publish(Direct(router, 1, ("microphone", "camera")), SMALL, Audio())
        for n in (2, 3):
            await load.subscribe(Direct(router, n), 1, Listening(), audio=1)
        assert {peer.profile for peer in load.subscribers} == {7}
        await heard(load, 60)
        found = await load.window(0.5, drain_s=1.0)
    assert sum(found["sent"]) > 0
    assert found["received"] == 2 * sum(found["sent"])
    assert (found["bad"], found["duplicates"], found["unparsed"], found["unsent"]) == (0, 0, 0, 0)
    assert 0 < found["p50_us"] <= found["p99_us"] <= found["max_us"]


async def test_a_publisher_that_is_to_wait_sends_nothing_until_it_begins(router: RoomRouter) -> None:
    async with Load(IP) as load:
        publisher = await load.publish(Direct(router, 1, ("camera",)), SMALL, None, begin=False)
        await load.subscribe(Direct(router, 2), 1, Listening())
        assert load.engine.stats()["sent"] == []
        load.begin(publisher)
        await heard(load, 1)


async def test_subscribers_with_transport_wide_feedback_and_nack_hear_as_well(router: RoomRouter) -> None:
    async with Load(IP) as load:
        # What a line is believed to carry at first is enough for this.
        slow = Video(frames_per_s=10, packets=1, key_packets=2)
        await load.publish(Direct(router, 1, ("camera",)), slow, None)
        await load.subscribe(Direct(router, 2), 1, Listening(remb_bps=0, twcc=True, nack=True))
        await heard(load, 10)
        assert load.engine.stats()["bad"] == 0


async def test_one_of_three_layers_arrives(router: RoomRouter) -> None:
    async with Load(IP) as load:
        await load.publish(Direct(router, 1, ("camera",)), Video(packets=4, key_packets=8, rids=("q", "h", "f")), None)
        await load.subscribe(Direct(router, 2), 1, Listening())
        await heard(load, 30)
        found = await load.window(0.5, drain_s=1.0)
    assert len(found["sent"]) == 3
    assert 0 < found["received"] <= max(found["sent"]) * 2


async def test_a_check_tells_who_was_refused_and_what_arrived(router: RoomRouter) -> None:
    marks: list[str] = []
    wish = Wish([Direct(router, 1, ("camera",))], [Direct(router, n) for n in range(2, 8)], 0.5, SMALL, None)
    outcome = await check(IP, wish, lambda: marks.append("begin"), lambda: marks.append("end"))
    assert (outcome.joined, outcome.refusals, outcome.unheard) == (3, ["full"] * 3, 0)
    assert outcome.received == outcome.expected > 0
    assert outcome.wrong == 0 and not outcome.is_enough
    assert marks == ["begin", "end"]


def test_the_verdict_asks_for_everybody_everything_and_in_time() -> None:
    def outcome(received: int = 1000, p99_ms: float = 5.0, wrong: int = 0, unheard: int = 0) -> Outcome:
        return Outcome(joined=1, expected=1000, received=received, p99_ms=p99_ms, wrong=wrong, unheard=unheard)

    assert outcome().is_enough and outcome(received=999).is_enough
    for bad in (outcome(received=998), outcome(p99_ms=101.0), outcome(wrong=1), outcome(unheard=1), Outcome()):
        assert not bad.is_enough


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="address"):
        LoadEngine("nowhere")
    engine = LoadEngine(IP)
    peer, port = engine.add_peer("ufrag", "password", 1)
    assert port > 0
    calls: list[Callable[[], object]] = [
        lambda: engine.send_dtls(peer + 1, b"x"),
        lambda: engine.send_dtls(peer, b""),
        lambda: engine.set_srtp(peer, 7, b"short", b"", b"", b""),
        lambda: engine.publish(peer, "video", 1, 96, 90_000, 30, size=20),
        lambda: engine.publish(peer, "video", 1, 96, 90_000, 30, size=1500),
        lambda: engine.publish(peer, "video", 1, 128, 90_000, 30),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"\w"):
            call()
    engine.close()
    with pytest.raises(RuntimeError):
        engine.stats()

"""One room on two shards: everybody hears and sees everybody, whichever port they came in on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from media import placement
from media.config import MediaSettings, shards_for
from media.face import Admission, NoCapacity, TapInfo, TapSinks
from media.notices import PeerSpoke, PublicationStarted, SpeakersChanged
from media.relay import MediaRelay
from tests.kit.media_room import LECTURER, SETTINGS, STUDENT, MediaRoom, media_room
from tests.kit.rtc_client import RtcClient, until
from tests.kit.rtp_packets import fake_vp8

TWO_SHARDS = replace(SETTINGS, shards=2)
MIC_AND_CAMERA = {"microphone": (), "camera": ("q", "h")}


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room is large from its second peer on."""
    monkeypatch.setattr(placement, "SPREAD_PEERS", 1)


@contextlib.asynccontextmanager
async def sending(*clients: RtcClient) -> AsyncIterator[None]:
    """All talk; those with a camera send 25 frames a second and answer keyframe requests."""

    async def send(client: RtcClient) -> None:
        answered, tick = -1, 0
        while True:
            if "microphone" in client.senders:
                client.send_audio(level=30)
            if "camera" in client.senders and tick % 2 == 0:
                asked = sum(client.asked_keyframes.values())
                key, answered = asked != answered, asked
                for n, rid in enumerate(client.senders["camera"].rids):
                    client.send_frame(fake_vp8(key, 300, 320 << n, 180 << n), rid=rid, ticks=0 if n else 3600)
            tick += 1
            await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(send(client)) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def ports(room: MediaRoom) -> list[int]:
    """Peers on each shard."""
    return [s.peers for s in room.relay.shards()]


@pytest.mark.usefixtures("crowded")
async def test_everybody_hears_and_sees_everybody_across_two_shards() -> None:
    async with media_room(TWO_SHARDS) as room:
        people = [await room.join(n, LECTURER if n == 1 else STUDENT, MIC_AND_CAMERA, 4, 5) for n in range(1, 5)]
        assert sorted(ports(room)) == [2, 2]
        room.look_at_all()
        async with sending(*people):
            for peer, client in enumerate(people, 1):
                others = {p for p in range(1, 5) if p != peer}

                def sees_all(peer: int = peer, client: RtcClient = client, others: set[int] = others) -> bool:
                    shown = room.shown(peer)
                    flowing = {who for mid, who in shown.items() if len(client.received[mid]) > 10}
                    wanted = {(who, role) for who in others for role in ("microphone", "camera")}
                    return flowing == wanted

                await until(sees_all, timeout_s=20)
        assert room.relay.counters()["export_dropped"] == 0
        assert room.relay.counters()["refused_commands"] == 0
        started = [(n.peer, n.role) for n in room.told(PublicationStarted)]
        assert len(started) == len(set(started)) == 8, "each is told once, by its home"


@pytest.mark.usefixtures("crowded")
async def test_who_speaks_is_told_once_whichever_shard_the_voice_came_in_on() -> None:
    async with media_room(TWO_SHARDS) as room:
        await room.join(1, LECTURER, {"microphone": ()})
        far = await room.join(2, STUDENT, {"microphone": ()})
        async with sending(far):
            await until(lambda: bool(room.told(SpeakersChanged)))
        assert room.told(SpeakersChanged)[0].speakers == (2,)
        assert room.told(PeerSpoke) == []


@pytest.mark.usefixtures("crowded")
async def test_what_is_no_longer_permitted_or_published_falls_silent_on_every_shard() -> None:
    async with media_room(TWO_SHARDS) as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        far = await room.join(2)
        mid = far.slot_mids("audio")[0]
        async with sending(lecturer):
            await until(lambda: len(far.received[mid]) > 10)
            room.router.admit(1, Admission(frozenset(), 2))
            await until(lambda: room.shown(2) == {})
            room.router.admit(1, LECTURER)
            before = len(far.received[mid])
            await until(lambda: len(far.received[mid]) > before + 10)
            room.router.remove_peer(1)
            await until(lambda: room.shown(2) == {})
        seqs = [p.seq for p in far.received[mid]]
        assert len(seqs) == len(set(seqs))
        assert room.relay.counters()["refused_commands"] == 0


@pytest.mark.usefixtures("crowded")
async def test_a_peer_that_comes_back_may_land_elsewhere_and_is_heard_again() -> None:
    async with media_room(TWO_SHARDS) as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        near, far = await room.join(2), await room.join(3)
        async with sending(lecturer):
            await until(lambda: all(c.received[c.slot_mids("audio")[0]] for c in (near, far)))
        again = await room.join(1, LECTURER, {"microphone": ()})
        heard = {c: len(c.received[c.slot_mids("audio")[0]]) for c in (near, far)}
        async with sending(again):
            await until(lambda: all(len(c.received[c.slot_mids("audio")[0]]) > heard[c] + 10 for c in (near, far)))


@pytest.mark.usefixtures("crowded")
async def test_a_mirror_ends_when_nobody_watches_and_begins_again_when_somebody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("media.mirrors.END_AFTER_US", 0)
    async with media_room(TWO_SHARDS) as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        far = await room.join(2)
        async with sending(lecturer):
            await until(lambda: bool(far.received[far.slot_mids("audio")[0]]))
            room.router.admit(2, replace(STUDENT, hears=frozenset()))
            await until(lambda: room.shown(2) == {})
            await until(lambda: len(room.router.mirrors) == 0)
            crossed = room.relay.counters()["exported"]
            room.router.admit(2, STUDENT)
            await until(lambda: room.relay.counters()["exported"] > crossed + 10)
            before = len(far.received[far.slot_mids("audio")[0]])
            await until(lambda: len(far.received[far.slot_mids("audio")[0]]) > before)


@pytest.mark.usefixtures("crowded")
async def test_the_recorder_is_handed_each_packet_once_from_its_home() -> None:
    got: dict[int, list[bytes]] = {}

    def packets(publication: int, batch: object) -> None:
        got.setdefault(publication, []).extend(data for _, data in batch)  # type: ignore[attr-defined]

    begun: list[TapInfo] = []
    sinks = TapSinks(packets, lambda *_: None, lambda *_: None, begun.append, lambda _: None)
    async with media_room(TWO_SHARDS) as room:
        room.router.tap(sinks)
        people = [await room.join(n, STUDENT, {"microphone": ()}) for n in (1, 2, 3)]
        async with sending(*people):
            await until(lambda: len(got) == 3 and all(len(p) > 20 for p in got.values()))
        assert sorted(info.peer for info in begun) == [1, 2, 3]
        for run in got.values():
            assert len({p[2:4] for p in run}) == len(run)


async def test_two_rooms_have_different_homes() -> None:
    async with media_room(TWO_SHARDS) as room:
        other = MediaRoom(room.relay)
        await room.join(1)
        await other.join(1)
        assert ports(room) == [1, 1]
        await other.close()


async def test_a_busy_node_refuses_the_next_but_not_the_lecturer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "FULL_LOAD", 0.0)
    async with media_room(TWO_SHARDS) as room:
        with pytest.raises(NoCapacity):
            await room.join(2)
        await room.join(1, LECTURER)
        assert room.relay.counters()["turned_away"] == 1


def free_ports(count: int) -> int:
    """The first of so many free UDP ports in a row."""
    for first in range(42_000, 60_000, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(bound(port))
            return first
    raise AssertionError("no free ports")


@contextlib.contextmanager
def bound(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))
        yield sock


async def test_shards_take_the_port_numbers_from_the_first_on_or_none_at_all() -> None:
    first = free_ports(3)
    relay = MediaRelay(replace(SETTINGS, udp_port=first, shards=3))
    await relay.start()
    assert [s.port for s in relay.shards()] == [first, first + 1, first + 2]
    await relay.close()
    with bound(first + 2):
        relay = MediaRelay(replace(SETTINGS, udp_port=first, shards=3))
        with pytest.raises(OSError, match="in use"):
            await relay.start()
        with bound(first), bound(first + 1):
            pass


def test_as_many_shards_as_cores_but_not_more_than_four() -> None:
    assert [shards_for(n) for n in (0, 1, 2, 4, 64)] == [1, 1, 2, 4, 4]
    assert MediaSettings(shards=3).shard_count == 3

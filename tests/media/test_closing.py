"""Nothing is left behind: tasks, handles, sockets, notices after the end."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from pathlib import Path

from OpenSSL import SSL

from media.notices import PeerFailed, PublicationPaused
from media.relay import MediaRelay
from tests.kit.media_room import LECTURER, SETTINGS, STUDENT, MediaRoom, media_room
from tests.kit.rtc_client import RtcClient, until


def open_sockets() -> int:
    return sum(entry.is_socket() for entry in Path("/proc/self/fd").iterdir() if entry.exists())


async def test_peers_that_come_and_go_leave_nothing_behind() -> None:
    async with media_room() as room:
        tasks = len(asyncio.all_tasks())
        for peer in range(1, 21):
            client = await room.join(peer, LECTURER, {"microphone": (), "camera": ("q", "h", "f")})
            client.send_audio()
            await client.close()
            room.router.remove_peer(peer)
        await until(lambda: len(asyncio.all_tasks()) == tasks)
        counters = room.relay.counters()
        assert (counters["peers"], counters["publications"]) == (0, 0)
        assert counters["refused_commands"] == 0


async def test_a_relay_can_be_closed_in_the_middle_of_everything() -> None:
    sockets, tasks = open_sockets(), len(asyncio.all_tasks())
    relay = MediaRelay(SETTINGS)
    await relay.start()
    room = MediaRoom(relay)
    waiting = RtcClient({"microphone": ()})
    waiting.accept(room.router.add_peer(1, waiting.offer(), waiting.publish, STUDENT))
    talking = await room.join(2, LECTURER, {"microphone": ()})
    talking.send_audio()
    await relay.close()
    await relay.close()
    await talking.close()
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    await until(lambda: open_sockets() == sockets)
    assert room.told(PeerFailed) == []


async def test_a_closed_room_tells_of_its_publications_end_and_then_nothing_more() -> None:
    async with media_room() as room:
        client = await room.join(1, LECTURER, {"microphone": ()})
        client.send_audio()
        await until(lambda: bool(room.router.publications()))
        room.router.close()
        assert len(room.told(PublicationPaused, 1)) == 1
        told = len(room.notices)
        for _ in range(5):
            client.send_audio()
            await asyncio.sleep(0.05)
        assert len(room.notices) == told
        room.router.close()


async def test_a_peer_that_never_connects_is_told_and_forgotten() -> None:
    async with media_room(replace(SETTINGS, connect_timeout_s=0.05)) as room:
        client = RtcClient({"microphone": ()})
        client.accept(room.router.add_peer(1, client.offer(), client.publish, STUDENT))
        assert (await room.until_told(PeerFailed, 1)).reason == "timeout"
        assert room.relay.counters()["peers"] == 0


async def test_openssls_memory_of_peers_that_left_does_not_wait_for_the_garbage_collector() -> None:
    async with media_room() as room:
        gc.collect()
        gc.disable()
        try:
            before = associations()
            for peer in range(1, 6):
                client = await room.join(peer)
                await client.close()
                room.router.remove_peer(peer)
            await until(lambda: associations() == before)
        finally:
            gc.enable()


def associations() -> int:
    return sum(isinstance(thing, SSL.Connection) for thing in gc.get_objects())

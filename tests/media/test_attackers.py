"""A relay under attack goes on serving: strangers, racers and forgers at its real port. Heavier and longer: tests/soak/soak_attackers.py."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aioice import stun

from tests.kit.attackers import attackers, client_hellos, forged_media
from tests.kit.media_room import LECTURER, MediaRoom, media_room
from tests.kit.rtc_client import RtcClient, until

#: OWASP ASVS 17.2.6; the soak makes a thousand.
HANDSHAKES = 30


async def test_everybody_connects_while_strangers_race_with_client_hellos_of_their_own() -> None:
    async with media_room() as room:
        first = await room.join(0)
        with attackers(first.address, client_hellos(), per_s=2000) as attacker:
            for peer in range(1, HANDSHAKES + 1):
                await room.join(peer)
                room.router.remove_peer(peer)
                await room.clients.pop(peer).close()
            assert attacker.sent > HANDSHAKES
        assert attacker.answers == 0


async def test_a_client_hello_from_the_address_next_door_does_not_reach_a_running_handshake() -> None:
    async with media_room() as room:
        client = RtcClient({}, audio_slots=1)
        client.accept(room.router.add_peer(1, client.offer(), client.publish, LECTURER))
        await client.open()
        client.send_raw(client.binding_request())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(client.address)
            for hello in client_hellos():
                stranger.send(hello)
            await client.connect()
        assert client.keys is not None


@pytest.mark.parametrize("rides_along", [False, True], ids=["from elsewhere", "from the peer's own address"])
async def test_forged_media_changes_nothing_for_those_who_talk(rides_along: bool) -> None:
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        (mid,) = student.slot_mids("audio")[:1]
        forged = forged_media(ssrcs=[sender for s in lecturer.senders.values() for sender in s.ssrcs.values()])
        while not student.received[mid]:
            lecturer.send_audio()
            await asyncio.sleep(0.02)
        lecturer.send_audio()
        count = len(student.received[mid])
        await until(lambda: len(student.received[mid]) > count)
        first = len(student.received[mid])
        with attackers(lecturer.address, forged, per_s=5000):
            for n in range(200):
                lecturer.send_audio()
                if rides_along:
                    for datagram in forged[n * 5 % 200 : n * 5 % 200 + 5]:
                        lecturer.send_raw(datagram)
                await asyncio.sleep(0.005)
            await until(lambda: len(student.received[mid]) - first >= 200)
        seqs = [p.seq for p in student.received[mid]]
        assert len(set(seqs)) == len(seqs) == first + 200
        await _counted(room, "auth_failures" if rides_along else "unknown_address")


async def _counted(room: MediaRoom, name: str) -> None:
    """What was thrown away is counted, within the second that counters take."""
    await until(lambda: room.relay.counters()[name] > 100)


async def test_the_answer_to_the_smallest_check_is_at_most_half_as_long_again() -> None:
    async with media_room() as room:
        client = RtcClient({}, audio_slots=1)
        client.accept(room.router.add_peer(1, client.offer(), client.publish, LECTURER))
        smallest = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        smallest.attributes["USERNAME"] = f"{client.remote_ufrag}:{client.ufrag}"
        smallest.add_message_integrity(client.remote_pwd.encode())
        request = bytes(smallest)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect(client.address)
            asking.setblocking(False)
            asking.send(request)
            loop = asyncio.get_running_loop()
            answer = await asyncio.wait_for(loop.sock_recv(asking, 2048), 5)
        assert len(answer) <= 1.5 * len(request)


async def test_a_check_without_or_with_a_wrong_password_is_not_answered_at_all() -> None:
    async with media_room() as room:
        client = RtcClient({}, audio_slots=1)
        client.accept(room.router.add_peer(1, client.offer(), client.publish, LECTURER))
        bare = bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST))
        guesses = [bare, client.binding_request(pwd="guess")]
        with attackers(client.address, guesses, per_s=1000) as attacker:
            await client.connect()
            await until(lambda: attacker.sent > 500)
        assert attacker.answers == 0

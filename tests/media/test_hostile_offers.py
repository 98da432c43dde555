"""Offers that were damaged on purpose, all the way into the engine: refused with a reason or taken, never anything else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from media.face import BadOffer, Publish
from media.router import RoomRouter
from tests.kit.media_room import LECTURER, media_room
from tests.kit.rtc_client import RtcClient, until

VECTORS = Path(__file__).parents[1] / "vectors" / "sdp"
OFFERS = [(VECTORS / f"{name}.sdp").read_bytes().decode() for name in ("chromium156_lesson", "firefox153_lesson")]
PUBLISH = [Publish("0", "microphone"), Publish("1", "camera"), Publish("2", "screen")]
NUMBERS = ["0", "-1", "65", "72", "96", "127", "128", "255", "256", "4294967295", "4294967296", "99999999999", "٣"]
WORDS = [
    "",
    " ",
    "a=mid:0",
    "a=sendrecv",
    "a=rid:q send",
    "a=simulcast:send q;q",
    "\t",
    "é",
    "VP8",
    "opus/48000",
    "*",
    "m=video 0 x 1",
]


def damaged(text: str, random: Random) -> str:
    """A few lines dropped, doubled, swapped, or with a number or word replaced."""
    lines = text.split("\r\n")
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(lines))
        match random.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(random.randrange(len(lines)), lines[at])
            case 2:
                other = random.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                words = lines[at].replace("/", " / ").replace(":", " : ").split(" ")
                words[random.randrange(len(words))] = random.choice(NUMBERS + WORDS)
                lines[at] = " ".join(words).replace(" / ", "/").replace(" : ", ":")
            case 4:
                cut = random.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + random.choice(WORDS) + lines[at][cut:]
            case 5:
                digits = [i for i, c in enumerate(lines[at]) if c.isdigit()]
                if digits:
                    i = random.choice(digits)
                    lines[at] = lines[at][:i] + random.choice(NUMBERS) + lines[at][i + 1 :]
    return "\r\n".join(lines)


def taken(router: RoomRouter, peer: int, offer: str) -> bool:
    try:
        answer = router.add_peer(peer, offer, PUBLISH, LECTURER)
    except BadOffer:
        return False
    assert answer.startswith("v=0\r\n")
    return True


def is_heard(speaker: RtcClient, listener: RtcClient) -> bool:
    """Says something and looks whether anything has arrived by now."""
    speaker.send_audio()
    return any(listener.received.values())


@pytest.mark.parametrize("seed", range(4))
async def test_damaged_offers_are_taken_or_refused_and_the_room_goes_on(seed: int) -> None:
    random = Random(seed)
    async with media_room() as room:
        fates = []
        for _ in range(400):
            fates.append(taken(room.router, 1, damaged(random.choice(OFFERS), random)))
            await asyncio.sleep(0)
        assert {True, False} == set(fates)
        assert room.relay.counters()["refused_commands"] == 0
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student = await room.join(2)
        await until(lambda: is_heard(lecturer, student))


async def test_damaged_offers_of_a_live_connection_do_not_break_it() -> None:
    random = Random(7)
    async with media_room() as room:
        lecturer = await room.join(1, LECTURER, {"microphone": ()})
        student: RtcClient = await room.join(2)
        for n in range(1, 300):
            for peer, client in room.clients.items():
                try:
                    room.router.renegotiate(peer, n, damaged(client.offer(), random), client.publish)
                except BadOffer:
                    continue
            await asyncio.sleep(0)
        client_offer = lecturer.offer()
        lecturer.accept(room.router.renegotiate(1, 1000, client_offer, lecturer.publish))
        student.accept(room.router.renegotiate(2, 1000, student.offer(), []))
        await until(lambda: lecturer.stun_answers > 0)
        student.received.clear()
        await until(lambda: is_heard(lecturer, student))
        assert room.relay.counters()["refused_commands"] == 0

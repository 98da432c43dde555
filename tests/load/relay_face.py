"""The relay in a process of its own behind WHIP and WHEP. Whoever publishes is a lecturer: everybody is shown and heard them.

With `--rooms` each publisher begins a room of its own, and who comes to watch enters the room begun last. `--shards N` opens so many.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys

import structlog

from media.config import MediaSettings
from media.face import Admission, Publish
from media.relay import MediaRelay
from media.router import RoomRouter
from media.sdp import read_offer
from tests.load.http_face import serve

ROLES = {"audio": "microphone", "video": "camera"}
LECTURER = Admission(frozenset(ROLES.values()), 2)
STUDENT = Admission(frozenset(), 0)


async def main(ip: str, shards: int, rooms: bool) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    relay = MediaRelay(MediaSettings(bind_ips=(ip,), tcp=False, udp_port=0, shards=shards, max_peers=2000))
    await relay.start()
    routers = [relay.open_router(lambda notice: None)]
    room_of: dict[int, RoomRouter] = {}
    # As `giangduong serve` does: what is loaded by now does not go away again.
    gc.collect()
    gc.freeze()

    def join(number: int, offer: str, publishes: bool) -> str:
        if rooms and publishes:
            routers.append(relay.open_router(lambda notice: None))
        room_of[number] = router = routers[-1]
        if not publishes:
            return router.add_peer(number, offer, [], STUDENT)
        media = [Publish(section.mid, ROLES[section.kind]) for section in read_offer(offer).sections]
        return router.add_peer(number, offer, media, LECTURER)

    def leave(number: int) -> None:
        if (router := room_of.pop(number, None)) is not None:
            router.remove_peer(number)

    await serve(ip, join, leave)
    await relay.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ip")
    parser.add_argument("--shards", type=int, default=0)
    parser.add_argument("--rooms", action="store_true")
    asyncio.run(main(**vars(parser.parse_args())))

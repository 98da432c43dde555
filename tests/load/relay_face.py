"""The relay in a process of its own behind WHIP and WHEP. Whoever publishes is a lecturer: everybody is shown and heard them."""

from __future__ import annotations

import asyncio
import gc
import sys

import structlog

from media.config import MediaSettings
from media.face import Admission, Publish
from media.relay import MediaRelay
from media.sdp import read_offer
from tests.load.http_face import serve

ROLES = {"audio": "microphone", "video": "camera"}
LECTURER = Admission(frozenset(ROLES.values()), 2)
STUDENT = Admission(frozenset(), 0)


async def main(ip: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    relay = MediaRelay(MediaSettings(bind_ips=(ip,), tcp=False, udp_port=0, max_peers=2000))
    await relay.start()
    router = relay.open_router(lambda notice: None)
    # As `giangduong serve` does: what is loaded by now does not go away again.
    gc.collect()
    gc.freeze()

    def join(number: int, offer: str, publishes: bool) -> str:
        if not publishes:
            return router.add_peer(number, offer, [], STUDENT)
        media = [Publish(section.mid, ROLES[section.kind]) for section in read_offer(offer).sections]
        return router.add_peer(number, offer, media, LECTURER)

    await serve(ip, join, router.remove_peer)
    router.close()
    await relay.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

"""The floor (`media._core.FloorEngine`) in a process of its own behind WHIP and WHEP: what a relay is compared with."""

from __future__ import annotations

import asyncio
import secrets
import sys

from media._core import FloorEngine
from media.aiortc_private import Handshake, HandshakeFailed, new_certificate
from media.sdp import Offer, read_offer
from media.transport import EnginePath
from tests.load.http_face import serve

HANDSHAKE_TIMEOUT_S = 20.0


class FloorServer:
    def __init__(self, ip: str, gso: bool) -> None:
        self.ip = ip
        self.engine = FloorEngine(ip, gso=gso)
        self._certificate, self._fingerprint = new_certificate()
        self._paths: dict[int, EnginePath] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        asyncio.get_running_loop().add_reader(self.engine.fileno(), self._on_events)

    def join(self, _number: int, text: str, publishes: bool) -> str:
        offer = read_offer(text)
        ufrag, pwd = secrets.token_hex(4), secrets.token_hex(12)
        number = self.engine.add_peer(ufrag, pwd, publishes)
        path = self._paths[number] = EnginePath(lambda data: self.engine.send_dtls(number, data))
        task = asyncio.get_running_loop().create_task(self._shake_hands(number, path, offer.fingerprints))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._answer(offer, ufrag, pwd)

    def _on_events(self) -> None:
        for _, number, data in self.engine.poll_events():
            self._paths[number].feed(data)

    async def _shake_hands(self, number: int, path: EnginePath, fingerprints: tuple[tuple[str, str], ...]) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                keys = await Handshake(path, self._certificate).run(fingerprints)
        except (TimeoutError, HandshakeFailed) as error:
            print(error, file=sys.stderr)
            return
        self.engine.set_srtp(number, keys.profile, keys.rx_key, keys.rx_salt, keys.tx_key, keys.tx_salt)

    def _answer(self, offer: Offer, ufrag: str, pwd: str) -> str:
        mids = " ".join(section.mid for section in offer.sections)
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite", f"a=group:BUNDLE {mids}"]
        for section in offer.sections:
            lines += [
                f"m={section.kind} {self.engine.port()} {section.protocol} {' '.join(section.formats)}",
                f"c=IN IP4 {self.ip}",
                f"a=mid:{section.mid}",
                f"a=ice-ufrag:{ufrag}",
                f"a=ice-pwd:{pwd}",
                f"a=fingerprint:sha-256 {self._fingerprint}",
                "a=setup:passive",
                "a=rtcp-mux",
                "a=recvonly" if section.direction == "sendonly" else "a=sendonly",
                f"a=candidate:1 1 udp 2130706431 {self.ip} {self.engine.port()} typ host",
                "a=end-of-candidates",
            ]
            lines += [f"a=rtpmap:{c.pt} {c.name}/{c.clock_hz}" for c in section.codecs]
        return "\r\n".join(lines) + "\r\n"


async def main(ip: str, gso: bool) -> None:
    server = FloorServer(ip, gso)
    await serve(ip, server.join, lambda _number: None)
    server.engine.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], "--no-gso" not in sys.argv))

"""A room on a real relay for tests: synthetic peers join it, its notices are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from media.clock import MediaClock
from media.config import MediaSettings
from media.face import Admission, TapSinks, Wanted
from media.notices import Notice, SlotMapChanged
from media.relay import MediaRelay
from media.router import RoomRouter
from tests.kit.rtc_client import RtcClient, until
from tests.kit.rtc_offer import CHROMIUM, Dialect

ALL_ROLES = frozenset({"microphone", "camera", "screen", "screen_audio"})
LECTURER = Admission(ALL_ROLES, priority=2)
STUDENT = Admission(ALL_ROLES, priority=0)
SETTINGS = MediaSettings(bind_ips=("127.0.0.1",), tcp=False, udp_port=0, stats_every_s=1.0)

T = TypeVar("T")


class MediaRoom:
    """One router, the clients in it, everything it reported."""

    def __init__(self, relay: MediaRelay) -> None:
        self.relay = relay
        self.notices: list[Notice] = []
        self.router: RoomRouter = relay.open_router(self.notices.append)
        self.clients: dict[int, RtcClient] = {}

    async def join(
        self,
        peer: int,
        admission: Admission = STUDENT,
        publish: Mapping[str, Sequence[str]] | None = None,
        audio_slots: int = 2,
        video_slots: int = 3,
        dialect: Dialect = CHROMIUM,
        via: tuple[str, int] | None = None,
    ) -> RtcClient:
        """A client that has offered, been answered and connected."""
        client = RtcClient(publish, audio_slots, video_slots, dialect, seed=peer)
        self.clients[peer] = client
        client.accept(self.router.add_peer(peer, client.offer(), client.publish, admission))
        await client.connect(via)
        return client

    def told(self, kind: type[T], peer: int | None = None) -> list[T]:
        """Notices of one kind, about one peer."""
        return [n for n in self.notices if isinstance(n, kind) and (peer is None or getattr(n, "peer", None) == peer)]

    async def until_told(self, kind: type[T], peer: int | None = None, timeout_s: float = 10.0) -> T:
        """The latest such notice, waiting for the first."""
        await until(lambda: bool(self.told(kind, peer)), timeout_s)
        return self.told(kind, peer)[-1]

    def shown(self, peer: int) -> dict[str, tuple[int, str]]:
        """What the slots of the peer show, by mid: (peer, role)."""
        maps = self.told(SlotMapChanged, peer)
        return {mid: (who, role) for mid, who, role in maps[-1].slots if who is not None and role} if maps else {}

    def tap_everything(self) -> None:
        """A recorder that keeps nothing."""
        self.router.tap(TapSinks(_ignore, _ignore, _ignore, _ignore, _ignore))

    def look_at_all(self) -> None:
        """Everybody's client shows a tile of everybody else."""
        for peer in self.clients:
            tiles = [Wanted(other, "camera", 320, 180) for other in self.clients if other != peer]
            self.router.set_view(peer, tiles, None, False)

    async def close(self) -> None:
        for client in self.clients.values():
            await client.close()
        self.router.close()


def _ignore(*_: object) -> None:
    return


@asynccontextmanager
async def media_room(settings: MediaSettings = SETTINGS, clock: MediaClock | None = None) -> AsyncIterator[MediaRoom]:
    """A relay on a free loopback port with one room."""
    relay = MediaRelay(settings, clock)
    await relay.start()
    room = MediaRoom(relay)
    try:
        yield room
    finally:
        await room.close()
        await relay.close()

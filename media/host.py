"""What a router needs of its relay: the engine, settings, time, handles, and who owns which handle."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from aiortc import RTCCertificate

from media._core import Engine as CoreEngine
from media.addresses import Candidate
from media.clock import MediaClock
from media.config import MediaSettings
from media.negotiation import named_ssrcs
from media.peer import Peer, Publication
from media.tasks import Tasks

if TYPE_CHECKING:
    from media.router import RoomRouter


#: Counters that the engine keeps per peer and the relay reports as totals, those of peers that left included.
PEER_COUNTERS = ("rx_bytes", "tx_bytes", "auth_failures", "replays", "before_keys", "unmapped", "rtx_sent")


class Host:
    """One per relay; routers share it. Handles are never used twice in the life of a relay."""

    def __init__(
        self,
        core: CoreEngine,
        settings: MediaSettings,
        clock: MediaClock,
        certificate: RTCCertificate,
        fingerprint: str,
        candidates: tuple[Candidate, ...],
    ) -> None:
        self.core = core
        self.settings = settings
        self.clock = clock
        self.certificate = certificate
        self.fingerprint = fingerprint
        self.candidates = candidates
        self.tasks = Tasks()
        self.peers: dict[int, tuple[RoomRouter, Peer]] = {}
        self.sources: dict[int, RoomRouter] = {}
        self.routers: list[RoomRouter] = []
        self.gone: Counter[str] = Counter()
        self._handles = count(1)
        self._loop = asyncio.get_running_loop()

    def new_handle(self) -> int:
        return next(self._handles)

    def at(self, mono_us: int, deed: Callable[[], None]) -> None:
        """At that time; at the end of this turn of the loop if it has passed."""
        wait_us = mono_us - self.clock.mono_us()
        if wait_us > 0:
            self._loop.call_later(wait_us / 1e6, deed)
        else:
            self._loop.call_soon(deed)

    def is_full(self) -> bool:
        return len(self.peers) >= self.settings.max_peers

    def adopt(self, handle: int, router: RoomRouter, peer: Peer) -> None:
        self.peers[handle] = (router, peer)

    def disown(self, handle: int) -> None:
        """The peer leaves; what it counted (up to the last full second) stays in the totals."""
        self.peers.pop(handle, None)
        for stats in self.core.stats(handle):
            if stats["peer"] == handle:
                self.gone.update({name: int(stats[name]) for name in PEER_COUNTERS})

    def own_source(self, handle: int, router: RoomRouter) -> None:
        self.sources[handle] = router

    def disown_source(self, handle: int) -> None:
        self.sources.pop(handle, None)

    def forget(self, router: RoomRouter) -> None:
        if router in self.routers:
            self.routers.remove(router)

    def add_source(self, peer: int, publication: Publication) -> None:
        """Tell the engine about a publication, in the publisher's numbers."""
        line = publication.line
        codecs = [(t.codec.pt, t.codec.name, t.engine_rtx_pt, t.codec.clock_hz) for t in line.codecs]
        self.core.add_source(
            publication.handle, peer, publication.mid, publication.kind, codecs, publication.rids, named_ssrcs(line)
        )

"""What routers need of their relay. `Node`: settings, time, handles, who owns which handle. `Host`: one shard, its engine and port."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from itertools import count
from typing import TYPE_CHECKING

from aiortc import RTCCertificate

from media._core import Engine as CoreEngine
from media.addresses import Candidate
from media.clock import MediaClock
from media.config import MediaSettings
from media.meters import left
from media.negotiation import named_ssrcs
from media.peer import Peer, Publication
from media.placement import ShardState, busy_share, home_of, place
from media.tasks import Tasks

if TYPE_CHECKING:
    from media.router import RoomRouter


#: Counters that the engine keeps per peer and the relay reports as totals, those of peers that left included.
PEER_COUNTERS = ("rx_bytes", "tx_bytes", "auth_failures", "replays", "before_keys", "unmapped", "rtx_sent")
#: The load of a shard is a moving mean over about this long.
LOAD_WINDOW_US = 3_000_000


class Node:
    """One per relay; routers share it. Handles are never used twice in the life of a relay, whatever the shard."""

    def __init__(
        self, settings: MediaSettings, clock: MediaClock, certificate: RTCCertificate, fingerprint: str
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.certificate = certificate
        self.fingerprint = fingerprint
        self.hosts: list[Host] = []
        self.tasks = Tasks()
        self.peers: dict[int, tuple[RoomRouter, Peer]] = {}
        self.sources: dict[int, RoomRouter] = {}
        self.routers: list[RoomRouter] = []
        self.layer_switches = 0
        #: Peers that were refused because there was no place.
        self.turned_away = 0
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

    def home(self, room: RoomRouter) -> Host:
        """The shard on which a room without peers begins."""
        others = [r for r in self.routers if r is not room]
        homes = [sum(1 for r in others if r.home is host) for host in self.hosts]
        return self.hosts[home_of([h.state(()) for h in self.hosts], homes)]

    def place(self, home: Host, room: Collection[Peer], is_lecturer: bool) -> Host | None:
        """The shard for one more peer of a room; None, and counted: there is no place."""
        at = place([h.state(room) for h in self.hosts], home.index, self.settings.max_peers, is_lecturer)
        if at is None:
            self.turned_away += 1
            return None
        return self.hosts[at]

    def adopt(self, router: RoomRouter, peer: Peer) -> None:
        self.peers[peer.handle] = (router, peer)
        peer.host.peers += 1

    def disown(self, peer: Peer) -> None:
        """The peer leaves; what it counted (up to the last full second) stays in the totals."""
        if self.peers.pop(peer.handle, None) is not None:
            peer.host.peers -= 1
        for stats in peer.host.core.stats(peer.handle):
            if stats["peer"] == peer.handle:
                peer.host.gone.update(left(stats))

    def own_source(self, handle: int, router: RoomRouter) -> None:
        self.sources[handle] = router

    def disown_source(self, handle: int) -> None:
        self.sources.pop(handle, None)

    def forget(self, router: RoomRouter) -> None:
        if router in self.routers:
            self.routers.remove(router)


class Host:
    """One shard. A peer lives on one for as long as it is connected; `candidates` is where it is reached."""

    def __init__(self, node: Node, index: int, core: CoreEngine, candidates: tuple[Candidate, ...]) -> None:
        self.node = node
        self.index = index
        self.core = core
        self.candidates = candidates
        self.peers = 0
        #: What peers that left had counted.
        self.gone: Counter[str] = Counter()
        #: Share of the time that the engine's thread was busy of late.
        self.load = 0.0
        self._busy_us = (0, 0)
        self._measured_us: int | None = None

    def measure(self, now_us: int) -> None:
        """Take the engine's busy time in; once a second or less often."""
        busy_us = self.core.busy_us()
        if self._measured_us is not None and now_us > self._measured_us:
            elapsed_us = now_us - self._measured_us
            cpu_us, waited_us = (now - before for now, before in zip(busy_us, self._busy_us, strict=True))
            share = busy_share(cpu_us, waited_us, elapsed_us)
            self.load += (share - self.load) * min(elapsed_us / LOAD_WINDOW_US, 1.0)
        self._busy_us, self._measured_us = busy_us, now_us

    def state(self, room: Collection[Peer]) -> ShardState:
        """For placing a peer of a room with these peers."""
        mine = [p for p in room if p.host is self]
        return ShardState(self.load, self.peers, len(mine), sum(p.streams for p in mine))

    def add_source(self, peer: int, publication: Publication) -> None:
        """Tell the engine about a publication, in the publisher's numbers."""
        line = publication.line
        self.core.add_source(
            publication.handle,
            peer,
            publication.mid,
            publication.kind,
            _codecs(publication),
            publication.rids,
            named_ssrcs(line),
        )
        self._be_patient(publication.handle, publication)

    def add_mirror(self, publication: Publication) -> int:
        """Have a publication of another shard here; its handle."""
        handle = self.node.new_handle()
        home, publisher = publication.host, publication.publisher
        self.core.add_mirror(
            handle,
            home.core,
            publication.handle,
            publisher,
            publication.kind,
            _codecs(publication),
            publication.rids,
        )
        self._be_patient(handle, publication)
        return handle

    def _be_patient(self, handle: int, publication: Publication) -> None:
        if publication.role == "screen":
            self.core.set_patient(handle, True)


def _codecs(publication: Publication) -> list[tuple[int, str, int, int]]:
    return [(t.codec.pt, t.codec.name, t.engine_rtx_pt, t.codec.clock_hz) for t in publication.line.codecs]

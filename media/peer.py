"""What a router keeps about a peer: its transport, publications and slots. Plain state; the deeds are in `media.router`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from media.answer import PublishLine, SlotLine
from media.budget import Budget
from media.face import Admission, TapInfo
from media.slots import View
from media.transport import DtlsSession


@dataclass(slots=True)
class SeenLayer:
    """A layer as the engine saw it; sizes and rate are 0 until known."""

    up: bool = False
    width: int = 0
    height: int = 0
    bps: int = 0


@dataclass(slots=True)
class Publication:
    """A track that a peer sends. `handle` is the engine's source and the number that others know it by."""

    handle: int
    peer: int
    mid: str
    role: str
    kind: str
    line: PublishLine
    rids: tuple[str, ...]
    allowed: bool
    layers: dict[str, SeenLayer] = field(default_factory=dict)
    announced: bool = False
    #: Rids that the publisher was told to send, and since when fewer would do.
    told_active: tuple[str, ...] = ()
    fewer_since_us: int | None = None

    @property
    def flowing(self) -> bool:
        """Packets come and may be forwarded."""
        return self.allowed and any(layer.up for layer in self.layers.values())

    def info(self) -> TapInfo:
        codec = self.line.codecs[0].codec
        return TapInfo(self.handle, self.peer, self.role, codec.name, codec.clock_hz)


@dataclass(slots=True)
class Slot:
    """A receive slot. `shows`: the publication it stands for; `routed`: what the engine was last told."""

    handle: int
    mid: str
    kind: str
    line: SlotLine
    shows: int | None = None
    routed: tuple[int, str] = (0, "")


@dataclass(slots=True)
class Peer:
    """A participant's transport in this router. `id` is the room's number, `handle` the engine's; a rejoin gets a new handle."""

    id: int
    handle: int
    admission: Admission
    ufrag: str
    pwd: str
    remote_ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    sdp_session: int
    dtls: DtlsSession
    task: asyncio.Task[None] | None = None
    view: View = field(default_factory=View)
    budget: Budget = field(default_factory=Budget)
    #: What all would cost with the next better picture; None when every wish is fulfilled.
    next_bps: int | None = None
    publications: dict[str, Publication] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    path: str = "udp"
    connected: bool = False
    slot_map: tuple[tuple[str, int | None, str | None], ...] = ()
    slot_map_rev: int = 0
    ice_gen: int = 0
    sdp_version: int = 0
    #: Number and answer of the last offer and of the last ICE restart: asked again, they are given again.
    last_offer: tuple[int, str] = (0, "")
    last_restart: tuple[int, str] = (0, "")

    def slots_of(self, kind: str) -> list[Slot]:
        """In the offer's order."""
        return [s for s in self.slots.values() if s.kind == kind]

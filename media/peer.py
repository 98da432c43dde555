"""What a router keeps about a peer: its transport, publications and slots. Plain state; the deeds are in `media.router`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from media.allocation import ALL_TIDS, Step
from media.answer import PublishLine, SlotLine
from media.budget import Budget
from media.face import Admission, TapInfo
from media.line import Line
from media.narrow import AUDIO_AND_STILLS, FULL, Narrow
from media.rates import Rate
from media.redundancy import Redundancy
from media.slots import View
from media.transport import DtlsSession

if TYPE_CHECKING:
    from media.host import Host


@dataclass(slots=True)
class SeenLayer:
    """A layer as the engine saw it; sizes are 0 and the rate None until known."""

    up: bool = False
    width: int = 0
    height: int = 0
    rate: Rate | None = None


@dataclass(slots=True)
class Publication:
    """A track that a peer sends. `handle` is the engine's source and the number that others know it by.

    `peer` is the room's number of who sends it, `publisher` the engine's, `host` the shard it comes in on.
    """

    handle: int
    peer: int
    publisher: int
    host: Host
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
        # What the engine hands out: RED is unpacked before.
        codec = next(t.codec for t in self.line.codecs if t.codec.name != "red")
        return TapInfo(self.handle, self.peer, self.role, codec.name, codec.clock_hz)


class Route(NamedTuple):
    """What the engine was told of a slot: source 0 is silence."""

    source: int
    rid: str
    max_tid: int
    stills: bool


SILENT = Route(0, "", ALL_TIDS, False)


@dataclass(slots=True)
class Slot:
    """A receive slot. `shows`: the publication it stands for; `routed`: what the engine was last told."""

    handle: int
    mid: str
    kind: str
    line: SlotLine
    shows: int | None = None
    routed: Route = SILENT
    #: Earlier frames that a voice carries along.
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a peer is to be sent, by slot handle: steps of pictures, copies of voices; and what of it matters to the budget."""

    steps: Mapping[int, Step | None] = field(default_factory=dict)
    shows: Mapping[int, int] = field(default_factory=dict)
    copies: Mapping[int, int] = field(default_factory=dict)
    #: What all of it takes of the budget.
    cost_bps: int = 0
    #: What it would take with the next better picture; None: every wish is fulfilled.
    next_bps: int | None = None
    #: What the wishes would take, with room to step up to them; 0: nothing is wished.
    desired_bps: int = 0
    at_us: int = 0


@dataclass(slots=True)
class Peer:
    """A participant's transport in this router. `id` is the room's number, `handle` the engine's; a rejoin gets a new handle.

    `host` is the shard whose engine it talks to, for as long as it is connected.
    """

    id: int
    handle: int
    host: Host
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
    redundancy: Redundancy = field(default_factory=Redundancy)
    narrow: Narrow = field(default_factory=Narrow)
    line: Line = field(default_factory=Line)
    fitted: Fitted = field(default_factory=Fitted)
    #: What the engine was told that the wishes cost, and the room which profile holds.
    desired_bps: int = 0
    told_profile: tuple[str, bool] = (FULL, False)
    publications: dict[str, Publication] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    #: Rows of the visibility matrix as the engine was told, by kind.
    told_permits: dict[str, frozenset[int] | None] = field(default_factory=dict)
    path: str = "udp"
    ipv6: bool = False
    connected: bool = False
    #: It ended its side (a page that was closed), or nothing at all has come from it for `SILENT_MS` (`media.router`).
    left: bool = False
    silent: bool = False
    slot_map: tuple[tuple[str, int | None, str | None], ...] = ()
    slot_map_rev: int = 0
    ice_gen: int = 0
    sdp_version: int = 0
    #: Number and answer of the last offer and of the last ICE restart: asked again, they are given again.
    last_offer: tuple[int, str] = (0, "")
    last_restart: tuple[int, str] = (0, "")

    @property
    def away(self) -> bool:
        """Nobody is there to be sent anything: it would only fill the line on which they come back."""
        return self.left or self.silent

    @property
    def stills(self) -> bool:
        """No moving pictures: by the participant's choice, or because the line is too narrow."""
        return self.narrow.holds or self.view.profile == AUDIO_AND_STILLS

    @property
    def streams(self) -> int:
        """How many it is sent now."""
        return sum(1 for s in self.slots.values() if s.routed.source)

    def slots_of(self, kind: str) -> list[Slot]:
        """In the offer's order."""
        return [s for s in self.slots.values() if s.kind == kind]

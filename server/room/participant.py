"""One seat: the connection that sits on it, what the browser claims, and how long it is kept without a sign of life.

Only measurements live here; which events follow from them is decided in decisions_presence.py.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from server.ids import AccountId, ConnectionId, PersonId, SeatId
from server.room.doors import Connection
from server.room.outbox import Outbox
from server.room.pushes import SlotAssignment
from server.school.permissions import Role

#: A socket that closed may come back this long without anybody noticing (a reload, a switch of networks).
SETTLE_US = 5_000_000
#: Browsers answer a ping every 5 s; a socket that closes after a longer silence died of it, whatever the transport says.
HEARTBEAT_US = 7_500_000
#: Media silent this long shows as a weak line while the socket lives.
SILENT_WEAK_US = 5_000_000
#: More loss than this makes a line weak (parts per million), and less than this makes it good again.
WEAK_LOSS_PPM, GOOD_LOSS_PPM = 50_000, 30_000


def new_seat() -> SeatId:
    """A secret name: who holds it may come back to the seat without a new ticket, as long as this server runs."""
    return SeatId(secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class QualityClaim:
    """What the browser says the last 10 s were like: sound made up (parts per million), pictures that stood still."""

    at_us: int
    concealed_ppm: int
    audio_ms: int
    freezes: int
    frozen_ms: int


@dataclass(slots=True)
class Claims:
    """What the browser says it sends and hears. Shown to others, never judged."""

    microphone: bool = False
    camera: bool = False
    screen: bool = False
    hears: bool = True


@dataclass(slots=True)
class Participant:
    """A person with a seat. `connection_id` stays that of the last socket, for the record."""

    person: PersonId
    role: Role
    account: AccountId | None = None
    device: str = ""
    seat: SeatId = field(default_factory=new_seat)
    connection: Connection | None = None
    connection_id: ConnectionId | None = None
    outbox: Outbox = field(default_factory=Outbox)
    claims: Claims = field(default_factory=Claims)
    slots: list[SlotAssignment] = field(default_factory=list)
    slots_rev: int = 0
    view_rev: int = -1
    #: Last sign of life of sockets that are closed now.
    socket_alive_us: int = 0
    socket_closed_us: int | None = None
    #: socket_closed (the browser or the network closed it), heartbeat_lost (no answer to pings), server_restart.
    why_closed: str = "socket_closed"
    lost_us: int | None = None
    has_media: bool = False
    is_media_up: bool = False
    #: What the relay found wrong with the line last: loss, delay, narrow; empty: nothing.
    line: str = ""
    is_silent: bool = False
    is_lossy: bool = False
    listen_only: bool = False
    #: When this browser last got credentials for TURN servers.
    relays_given_us: int = 0

    @property
    def is_connected(self) -> bool:
        return self.connection is not None

    def seat_on(self, connection: Connection, device: str) -> None:
        """A new socket sits on the seat."""
        self.connection = connection
        self.connection_id = connection.id
        self.device = device
        self.socket_closed_us = None
        self.lost_us = None

    def unseat(self, at_us: int, why: str) -> None:
        """The socket closed; the seat stays. why ∈ socket_closed, heartbeat_lost."""
        if self.connection is None:
            return
        self.socket_alive_us = max(self.socket_alive_us, min(self.connection.last_seen_us, at_us))
        silent_us = at_us - self.connection.last_seen_us
        self.socket_closed_us = at_us
        self.why_closed = "heartbeat_lost" if silent_us >= HEARTBEAT_US else why
        self.connection = None

    def forget_media(self) -> None:
        self.has_media = self.is_media_up = self.is_silent = self.is_lossy = False
        self.line = ""
        self.slots = []

    def alive_us(self, media_alive_us: int | None) -> int:
        """The last sign of life that the server itself observed, by socket or media."""
        socket_us = self.connection.last_seen_us if self.connection is not None else self.socket_alive_us
        return max(socket_us, media_alive_us or 0)

    def word(self) -> str:
        """The connection state that the measurements add up to (product.md's vocabulary)."""
        if not self.has_media:
            return "learning"
        if not self.is_media_up:
            return "joining"
        if self.is_silent or self.is_lossy:
            return "weak"
        return "listening_only" if self.listen_only else "learning"

    def heard_loss(self, loss_ppm: int) -> None:
        """Loss of the last interval in the worse direction; with hysteresis, so that the badge does not flicker."""
        if loss_ppm < 0:
            return
        self.is_lossy = loss_ppm > (GOOD_LOSS_PPM if self.is_lossy else WEAK_LOSS_PPM)

    def is_gone(self, at_us: int, media_alive_us: int | None, dead_after_us: int) -> bool:
        """Whether the line counts as lost now.

        A closed socket alone does not lose anybody while media flows, for `dead_after_us`; without media it does after
        `SETTLE_US`, which spares the record a reload of the page.
        """
        if self.connection is not None or self.socket_closed_us is None or self.lost_us is not None:
            return False
        away_us = at_us - self.socket_closed_us
        media_flows = media_alive_us is not None and at_us - media_alive_us < SETTLE_US
        return away_us >= (dead_after_us if media_flows else SETTLE_US)

    def send(self, body: bytes) -> None:
        """Number a push and send it, or keep it for when the browser is back."""
        frame = self.outbox.put(body)
        if self.connection is not None:
            self.connection.send(frame)

"""The only bridge between a room and the relay: persons and their devices ↔ peers, offers ↔ answers, slot maps ↔ participants.

The relay knows integers and no school; the room knows persons and no packets. Notices come in on the event loop's thread and are only handed
over. A room without a relay works: nobody is sent media, everything else is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media.face import Admission, BadOffer, NoCapacity, Publish, Relay, Router, Wanted
from media.notices import Notice
from server.errors import Conflict, Invalid, Unavailable
from server.ids import ParticipantId, PersonId
from server.room.commands import PublishedMedia, WantedTile
from server.room.pushes import SlotAssignment

#: What the relay finds wrong with an offer and the browser can do nothing about but offer again.
_STALE = "stale"
#: Who is refused for want of room may ask again after this long: people leave, nobody is served worse meanwhile.
RETRY_AFTER_S = 15


class MediaLink:
    """One room's router. Peer numbers belong to persons for as long as the room lives."""

    def __init__(self, relay: Relay | None) -> None:
        #: Where notices go; set by the room.
        self.sink: Callable[[Notice], None] | None = None
        self.router: Router | None = relay.open_router(self._notify) if relay is not None else None
        self._peers: dict[ParticipantId, int] = {}
        self._persons: dict[int, ParticipantId] = {}
        self._connected: set[ParticipantId] = set()

    def peer_of(self, person: ParticipantId) -> int:
        """The person's number towards the relay, given at the first asking."""
        if person not in self._peers:
            peer = len(self._peers) + 1
            self._peers[person] = peer
            self._persons[peer] = person
        return self._peers[person]

    def person_of(self, peer: int) -> ParticipantId | None:
        return self._persons.get(peer)

    def has(self, person: ParticipantId) -> bool:
        """Whether the relay has a peer for this person now."""
        return person in self._connected

    def add(
        self, person: ParticipantId, offer: str, media: Sequence[PublishedMedia], admission: Admission
    ) -> str | None:
        """Admit a person with their offer; the SDP answer, None without a relay. Raises Problem."""
        if self.router is None:
            return None
        try:
            answer = self.router.add_peer(self.peer_of(person), offer, _published(media), admission)
        except BadOffer as error:
            raise Invalid("room.bad_offer", reason=error.reason) from error
        except NoCapacity as error:
            raise Unavailable("room.no_capacity", retry_after_s=RETRY_AFTER_S) from error
        self._connected.add(person)
        return answer

    def renegotiate(self, person: PersonId, n: int, offer: str, media: Sequence[PublishedMedia]) -> str:
        """Raises Problem, `room.no_media` when the person has no peer: join again with an offer."""
        router = self._router_with(person)
        try:
            return router.renegotiate(self.peer_of(person), n, offer, _published(media))
        except BadOffer as error:
            raise _problem(error) from error

    def restart_ice(self, person: ParticipantId, gen: int, offer: str) -> str:
        router = self._router_with(person)
        try:
            return router.restart_ice(self.peer_of(person), gen, offer)
        except BadOffer as error:
            raise _problem(error) from error

    def admit(self, person: ParticipantId, admission: Admission) -> None:
        if self.router is not None and self.has(person):
            self.router.admit(self.peer_of(person), admission)

    def set_view(
        self,
        person: PersonId,
        tiles: Sequence[WantedTile],
        pinned: str | None,
        listen_only: bool,
        profile: str = "full",
    ) -> None:
        """Tiles of people whom the relay has never seen are left out: they have no camera to show."""
        if self.router is None or not self.has(person):
            return
        wanted = [
            Wanted(self._peers[whom], tile.role, tile.width, tile.height)
            for tile in tiles
            if (whom := PersonId(tile.participant)) in self._peers
        ]
        pin = self._peers.get(PersonId(pinned)) if pinned is not None else None
        self.router.set_view(self.peer_of(person), wanted, pin, listen_only, profile)

    def remove(self, person: ParticipantId) -> None:
        if self.router is not None and self.has(person):
            self._connected.discard(person)
            self.router.remove_peer(self.peer_of(person))

    def lost_peer(self, person: ParticipantId) -> None:
        """The relay dropped the peer by itself (DTLS failed)."""
        self._connected.discard(person)

    def last_alive_us(self, person: ParticipantId) -> int | None:
        """Unix microseconds of the person's last authenticated packet; None without a peer."""
        if self.router is None or not self.has(person):
            return None
        return self.router.last_alive_us(self.peer_of(person))

    def slots(self, told: Sequence[tuple[str, int | None, str | None]]) -> list[SlotAssignment]:
        """A slot map of the relay in the words of the room."""
        return [
            SlotAssignment(mid=mid, participant=self._persons.get(peer) if peer is not None else None, role=role)
            for mid, peer, role in told
        ]

    def persons(self, peers: Sequence[int]) -> list[str]:
        return [person for peer in peers if (person := self._persons.get(peer)) is not None]

    def close(self) -> None:
        if self.router is not None:
            self.router.close()
            self.router = None
            self._connected.clear()

    def _notify(self, notice: Notice) -> None:
        if self.sink is not None:
            self.sink(notice)

    def _router_with(self, person: ParticipantId) -> Router:
        if self.router is None or not self.has(person):
            raise Conflict("room.no_media")
        return self.router


def _published(media: Sequence[PublishedMedia]) -> list[Publish]:
    return [Publish(each.mid, each.role) for each in media]


def _problem(error: BadOffer) -> Conflict | Invalid:
    if error.reason == _STALE:
        return Conflict("room.stale_offer")
    return Invalid("room.bad_offer", reason=error.reason)

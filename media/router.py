"""One room's routing table: peers, what they publish, what they may see. Implements `media.face.Router` over the engine.

Not here: choices (`media.slots`, `media.allocation`), their execution (`media.routing`), the tap (`media.taps`), DTLS (`media.transport`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from media import engine as notes
from media import permits
from media.addresses import path_of
from media.aiortc_private import SrtpKeys
from media.codecs import low_to_high
from media.face import Admission, BadOffer, NoCapacity, Publish, TapInfo, TapSinks, Wanted
from media.fitting import nominal_of
from media.host import Host, Node
from media.mirrors import Mirrors
from media.narrow import FULL
from media.negotiation import KIND_OF_ROLE, Plan, plan
from media.notices import (
    Notice,
    PeerConnected,
    PeerFailed,
    PeerMoved,
    PeerRecovered,
    PeerSilent,
    PublicationPaused,
    PublicationStarted,
)
from media.path import PathReport
from media.peer import Peer, Publication, SeenLayer
from media.rates import CAMERA_FLOOR, Rate, likely_bps
from media.reports import Reports
from media.resting import Resting
from media.routing import Routing, watched_from_afar
from media.session import carry_out, new_peer, write
from media.slots import LECTURER, View
from media.taps import Taps
from media.voices import Voices

log = structlog.get_logger("media.router")

#: Nothing is sent to a peer of which nothing has come for so long. A browser that is sent nothing checks its path every 2.5 s.
SILENT_MS = 5_000


class RoomRouter:
    """One room. Every method runs on the loop's thread; slots are settled once per turn of the loop, not per change."""

    def __init__(self, node: Node, notify: Callable[[Notice], None]) -> None:
        self._node = node
        self._home = node.home(self)
        self._notify = notify
        self._peers: dict[int, Peer] = {}
        self._sources: dict[int, Publication] = {}
        self._mirrors = Mirrors()
        self._voices = Voices(node.clock, notify, self._refresh_soon)
        self._routing = Routing(
            node.settings, self._mirrors, node.clock, notify, self._peers, self._sources, self._voices.board
        )
        self._resting = Resting(self.request_keyframe, notify)
        self._taps = Taps(node.clock)
        self._reports = Reports(node.clock, notify)
        #: Whose slots are to be settled; None in it: everybody's.
        self._stale: set[int | None] = set()
        self._closed = False
        self._keyframes_at_us = 0
        self._next_refresh_us = 0

    @property
    def home(self) -> Host:
        """The shard on which its first peers live."""
        return self._home

    @property
    def mirrors(self) -> Mirrors:
        return self._mirrors

    # What the room asks for.

    def add_peer(self, peer: int, offer: str, publish: Sequence[Publish], admission: Admission) -> str:
        """Admit a peer; returns the answer. A peer known already is replaced. BadOffer, NoCapacity."""
        asked = plan(offer, publish, self._node.settings)
        host = self._place(peer, admission)
        self.remove_peer(peer)
        new = new_peer(host, peer, asked, admission, self._connected, self._failed, self._left)
        self._peers[peer] = new
        self._node.adopt(self, new)
        host.core.add_peer(new.handle, new.ufrag, new.pwd, new.remote_ufrag)
        if self._node.settings.max_uplink_bps:
            host.core.set_remb(new.handle, self._node.settings.max_uplink_bps)
        permits.tell(self._peers)
        answer = self._apply(new, asked)
        settings = self._node.settings
        new.task = self._node.tasks.start(
            new.dtls.run(settings.connect_timeout_s, settings.handshake_timeout_s), f"dtls-{new.handle}"
        )
        return answer

    def renegotiate(self, peer: int, n: int, offer: str, publish: Sequence[Publish]) -> str:
        """A further offer of the same connection; idempotent by `n`."""
        known = self._known(peer)
        if (answer := _repeated(known.last_offer, n)) is not None:
            return answer
        answer = self._negotiate(known, offer, publish)
        known.last_offer = (n, answer)
        return answer

    def restart_ice(self, peer: int, gen: int, offer: str) -> str:
        """New ICE credentials, same DTLS and SRTP; idempotent by `gen`."""
        known = self._known(peer)
        if (answer := _repeated(known.last_restart, gen)) is not None:
            return answer
        answer = self._negotiate(known, offer, [Publish(p.mid, p.role) for p in known.publications.values()])
        known.last_restart = (gen, answer)
        return answer

    def admit(self, peer: int, admission: Admission) -> None:
        known = self._peers.get(peer)
        if known is None or known.admission == admission:
            return
        known.admission = admission
        permits.tell(self._peers)
        for publication in known.publications.values():
            allowed = publication.role in admission.publish
            if allowed != publication.allowed:
                publication.allowed = allowed
                publication.host.core.enable_source(publication.handle, allowed)
                self._announce(publication)
        self._refresh_soon()

    def remove_peer(self, peer: int) -> None:
        gone = self._peers.pop(peer, None)
        if gone is None:
            return
        for publication in list(gone.publications.values()):
            self._drop_publication(gone, publication)
        if gone.task is not None:
            gone.task.cancel()
        gone.dtls.close()
        self._node.disown(gone)
        gone.host.core.remove_peer(gone.handle)
        self._reports.forget(peer)
        self._voices.forget(peer)

    def set_view(
        self, peer: int, tiles: Sequence[Wanted], pinned: int | None, listen_only: bool, profile: str = FULL
    ) -> None:
        if (known := self._peers.get(peer)) is not None:
            known.view = View(tuple(tiles), pinned, listen_only, profile)
            self._refresh_soon(peer)

    def tap(self, sinks: TapSinks | None) -> None:
        self._taps.switch(sinks, self._sources.values())

    def request_keyframe(self, publication: int) -> None:
        if (known := self._sources.get(publication)) is not None:
            known.host.core.request_keyframe(publication)

    def publications(self) -> Sequence[TapInfo]:
        return [p.info() for p in self._sources.values() if p.flowing]

    def last_alive_us(self, peer: int) -> int | None:
        known = self._peers.get(peer)
        if known is None:
            return None
        found = next((s for s in known.host.core.stats(known.handle) if s["peer"] == known.handle), None)
        return self._node.clock.unix_us(found["last_us"]) if found and found["last_us"] else None

    def close(self) -> None:
        """Tap first, so that the recording ends whole; then every peer, with a goodbye; then the relay forgets the room."""
        if self._closed:
            return
        self.tap(None)
        for peer in list(self._peers):
            self.remove_peer(peer)
        self._closed = True
        self._node.forget(self)

    # What the engine reports.

    def engine_says(
        self, peer: Peer, note: notes.DtlsReceived | notes.PathChanged | notes.PeerStalled | notes.PeerResumed
    ) -> None:
        clock = self._node.clock
        match note:
            case notes.DtlsReceived(data=data):
                peer.dtls.feed(data)
            case notes.PathChanged(proto=proto, ip=ip):
                before = (peer.path, peer.ipv6)
                peer.path, peer.ipv6 = path_of(proto, ip, self._node.settings)
                if peer.connected and (peer.path, peer.ipv6) != before:
                    self._notify(PeerMoved(peer.id, clock.unix_us(clock.mono_us()), peer.path, peer.ipv6))
            case notes.PeerStalled(ms=ms, last_us=last_us):
                if ms >= SILENT_MS:
                    peer.silent = True
                    self._refresh_soon(peer.id)
                self._notify(PeerSilent(peer.id, clock.unix_us(last_us), ms))
            case notes.PeerResumed(ms=ms):
                if peer.silent:
                    peer.silent = False
                    self._refresh_soon(peer.id)
                self._notify(PeerRecovered(peer.id, clock.unix_us(clock.mono_us()), ms))

    def layer_changed(self, note: notes.LayerChanged) -> None:
        publication = self._sources.get(note.src)
        if publication is None:
            return
        layer = publication.layers.setdefault(note.rid, SeenLayer())
        if note.up and not layer.up and layer.rate is not None:
            layer.rate.begin()
        layer.up = note.up
        if note.width and note.height:
            layer.width, layer.height = note.width, note.height
        self._announce(publication)
        self._refresh_soon()

    def rates(self, src: int, rid: str, bps: int, base_bps: int, half_bps: int) -> None:
        """A layer's last second, of which temporal layer 0, and 0 and 1 together."""
        publication = self._sources.get(src)
        if publication is None or publication.kind != "video" or (seen := publication.layers.get(rid)) is None:
            return
        if seen.rate is None:
            assumed = next(layer for layer in nominal_of(publication) if layer.rid == rid)
            if publication.role == "camera":
                likely = likely_bps(assumed.bps, min(seen.width, seen.height))
                seen.rate = Rate(likely, assumed.shares, round(likely * CAMERA_FLOOR))
            else:
                seen.rate = Rate(assumed.bps, assumed.shares, 0)
        if seen.rate.note(bps, base_bps, half_bps):
            self._routing.cost_changed(src)

    def path_report(self, peer: Peer, report: PathReport) -> None:
        """What the peer's feedback says of the way to it."""
        if self._routing.report(peer, report):
            log.info("profile", peer=peer.id, narrow=peer.narrow.holds, budget_bps=peer.budget.now_bps)
            self._refresh_soon(peer.id)

    def levels(self, levels: Mapping[int, int]) -> None:
        """By source. Only voices that may be heard count."""
        voices = {
            p.peer: level
            for src, level in levels.items()
            if (p := self._sources.get(src)) is not None and p.role == "microphone" and p.allowed
        }
        self._voices.hear(voices)

    @property
    def taps(self) -> Taps:
        return self._taps

    # What time brings.

    def tick(self, now_us: int) -> None:
        """Five times a second."""
        self._voices.hear({})
        for peer in self._peers.values():
            self._routing.wait(peer, now_us)
        changed, self._routing.changed = self._routing.changed, False
        self._resting.tick(self._peers, now_us, tapped=self._taps.on, changed=changed)
        self._mirrors.sweep(watched_from_afar(self._peers.values()), now_us)
        if self._taps.on and now_us - self._keyframes_at_us >= self._node.settings.tap_keyframe_every_s * 1e6:
            self._keyframes_at_us = now_us
            self._taps.request_keyframes()

    def report(self, stats: Mapping[int, Mapping[str, Any]]) -> None:
        """PeerStats of everybody, from the engine's counters by handle."""
        self._reports.tell(self._peers.values(), self._sources, self._voices.board, stats)

    # Inside.

    def _place(self, peer: int, admission: Admission) -> Host:
        """The shard for a peer; one that comes back finds its place. NoCapacity."""
        known = self._peers.get(peer)
        others = [p for p in self._peers.values() if p.id != peer]
        if not others:
            self._home = self._node.home(self)
        host = self._node.place(self._home, others, admission.priority >= LECTURER)
        if host is not None:
            return host
        if known is not None:
            return known.host
        raise NoCapacity

    def _known(self, peer: int) -> Peer:
        if peer not in self._peers:
            raise BadOffer("stale")
        return self._peers[peer]

    def _negotiate(self, peer: Peer, offer: str, publish: Sequence[Publish]) -> str:
        asked = plan(offer, publish, self._node.settings)
        if asked.offer.fingerprints != peer.fingerprints:
            # A new certificate is a new connection: the client has to join again.
            raise BadOffer("no_fingerprint")
        if asked.offer.ufrag != peer.remote_ufrag:
            peer.ufrag, peer.pwd, peer.remote_ufrag = secrets.token_hex(4), secrets.token_hex(16), asked.offer.ufrag
            peer.ice_gen += 1
            peer.host.core.restart_peer(peer.handle, peer.ice_gen, peer.ufrag, peer.pwd, peer.remote_ufrag)
        return self._apply(peer, asked)

    def _apply(self, peer: Peer, asked: Plan) -> str:
        """Bring publications and slots in line with the plan; returns the answer."""
        peer.host.core.set_ext(peer.handle, asked.extension_ids)
        for publication in list(peer.publications.values()):
            # Another role, other layers, payload types or SSRCs: another publication.
            if publication.line != asked.publications.get(publication.mid):
                self._drop_publication(peer, publication)
        for mid in asked.publications:
            if mid not in peer.publications:
                self._add_publication(peer, asked, mid)
        carry_out(peer, asked)
        self._refresh_soon(peer.id)
        return write(peer, asked)

    def _add_publication(self, peer: Peer, asked: Plan, mid: str) -> None:
        line = asked.publications[mid]
        allowed = line.role in peer.admission.publish
        publication = Publication(
            self._node.new_handle(),
            peer.id,
            peer.handle,
            peer.host,
            mid,
            line.role,
            KIND_OF_ROLE[line.role],
            line,
            low_to_high(line.rids),
            allowed,
        )
        peer.publications[mid] = publication
        self._sources[publication.handle] = publication
        self._node.own_source(publication.handle, self)
        peer.host.add_source(peer.handle, publication)
        if not allowed:
            peer.host.core.enable_source(publication.handle, False)
        self._taps.add(publication)

    def _drop_publication(self, peer: Peer, publication: Publication) -> None:
        self._taps.remove(publication.handle)
        publication.allowed = False
        self._announce(publication)
        del peer.publications[publication.mid], self._sources[publication.handle]
        self._mirrors.drop(publication)
        publication.host.core.remove_source(publication.handle)
        self._node.disown_source(publication.handle)
        self._refresh_soon()

    def _announce(self, publication: Publication) -> None:
        if publication.flowing == publication.announced:
            return
        publication.announced = publication.flowing
        at_us = self._node.clock.unix_us(self._node.clock.mono_us())
        kind = PublicationStarted if publication.flowing else PublicationPaused
        self._notify(kind(publication.peer, publication.handle, publication.role, at_us))
        if publication.role == "microphone" and not publication.flowing:
            self._voices.hush(publication.peer)

    def _connected(self, peer: Peer, keys: SrtpKeys) -> None:
        peer.host.core.set_srtp(peer.handle, keys.profile, keys.rx_key, keys.rx_salt, keys.tx_key, keys.tx_salt)
        peer.connected = True
        peer.budget.begin(self._node.clock.mono_us())
        at_us = self._node.clock.unix_us(self._node.clock.mono_us())
        self._notify(PeerConnected(peer.id, at_us, peer.path, peer.ipv6))

    def _left(self, peer: Peer) -> None:
        """Its page was closed. The seat is the room's affair; nothing more is sent."""
        if self._peers.get(peer.id) is peer:
            peer.left = True
            self._refresh_soon(peer.id)

    def _failed(self, peer: Peer, reason: str) -> None:
        if self._peers.get(peer.id) is peer:
            peer.task = None
            self.remove_peer(peer.id)
            self._notify(PeerFailed(peer.id, reason))

    def _refresh_soon(self, peer: int | None = None) -> None:
        """Settle what is shown to this peer, or to all. At the end of this turn of the loop; in a large room later, so that it takes a
        tenth of the time at most.
        """
        if self._closed:
            return
        if not self._stale:
            self._node.at(self._next_refresh_us, self._refresh)
        self._stale.add(peer)

    def _refresh(self) -> None:
        stale, self._stale = self._stale, set()
        if self._closed:
            return
        begun_us = self._node.clock.mono_us()
        self._routing.refresh(None if None in stale else stale)
        ended_us = self._node.clock.mono_us()
        self._next_refresh_us = ended_us + 10 * (ended_us - begun_us)


def _repeated(last: tuple[int, str], number: int) -> str | None:
    """The answer given before to this number; None for a new one. BadOffer("stale") for an older one."""
    if number == last[0] and last[1]:
        return last[1]
    if number < last[0] or number < 0:
        raise BadOffer("stale")
    return None

"""Which layers publishers send: those that somebody watches. And keyframes for whoever is shown stills.

Input: the routes of all peers. A layer is wanted at once when somebody watches it and rests when nobody has for `REST_AFTER_US`. The lowest
always flows: it says that the camera is on, and a page of the gallery that is turned back to shows something at once. The best one of lecturer and
screen flows while the lesson is recorded. Output: `LayersWanted`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from media.notices import LayersWanted, Notice
from media.peer import Peer, Publication
from media.slots import LECTURER

#: A layer that nobody watches is switched off after this long: people scroll back and forth.
REST_AFTER_US = 3_000_000
#: Routes are gone through this often even when none changed.
LOOK_EVERY_US = 1_000_000
#: A still is at most this old, as far as the line lets it through.
STILLS_EVERY_US = 8_000_000


class Resting:
    """Of one router. `request_keyframe` is called with a publication's handle."""

    def __init__(self, request_keyframe: Callable[[int], None], notify: Callable[[Notice], None]) -> None:
        self._request_keyframe = request_keyframe
        self._notify = notify
        self._looked_us = 0
        self._stills: set[int] = set()
        self._stills_us = 0

    def tick(self, peers: Mapping[int, Peer], now_us: int, *, tapped: bool, changed: bool) -> None:
        """Five times a second; `changed`: routes did."""
        if changed or now_us - self._looked_us >= LOOK_EVERY_US:
            self._looked_us = now_us
            self._look(peers, now_us, tapped)
        if self._stills and now_us - self._stills_us >= STILLS_EVERY_US:
            self._stills_us = now_us
            for publication in self._stills:
                self._request_keyframe(publication)

    def _look(self, peers: Mapping[int, Peer], now_us: int, tapped: bool) -> None:
        watched: dict[int, set[str]] = {}
        stills: set[int] = set()
        for peer in peers.values():
            for slot in peer.slots.values():
                if slot.routed.source:
                    watched.setdefault(slot.routed.source, set()).add(slot.routed.rid)
                    if slot.routed.stills:
                        stills.add(slot.routed.source)
        if stills - self._stills:
            # A new viewer of stills waits for the first one.
            self._stills_us = 0
        self._stills = stills
        for peer in peers.values():
            for publication in peer.publications.values():
                if len(publication.rids) > 1:
                    best = tapped and (peer.admission.priority >= LECTURER or publication.role == "screen")
                    self._rest(publication, watched.get(publication.handle, set()), best, now_us)

    def _rest(self, publication: Publication, watched: set[str], best: bool, now_us: int) -> None:
        keep = watched | {publication.rids[0]} | ({publication.rids[-1]} if best else set())
        active = tuple(r for r in publication.rids if r in keep)
        told = publication.told_active or publication.rids
        if set(active) >= set(told):
            publication.fewer_since_us = None
        elif publication.fewer_since_us is None:
            publication.fewer_since_us = now_us
        waited = publication.fewer_since_us is not None and now_us - publication.fewer_since_us >= REST_AFTER_US
        if not waited:
            active = tuple(r for r in publication.rids if r in keep or r in told)
        if active != told:
            publication.told_active, publication.fewer_since_us = active, None
            self._notify(LayersWanted(publication.peer, publication.mid, active))

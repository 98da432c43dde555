"""Brings the engine's routes in line with what each peer should be shown: slots, layers, and which layers publishers may rest.

The choices themselves are pure and live in `media.slots` and `media.allocation`; here they are fed and carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from media._core import Engine as CoreEngine
from media.allocation import SPARE_HEIGHT, UNSEEN_HEIGHT, Demand, Layer, allocate, next_step_bps, nominal
from media.config import MediaSettings
from media.notices import LayersWanted, Notice, SlotMapChanged
from media.peer import Peer, Publication, Slot
from media.slots import LECTURER, Source, choose_audio, choose_video
from media.speaker import SpeakerBoard, loudest_first

#: A layer that nobody watches is switched off after this long: people scroll back and forth.
REST_AFTER_US = 3_000_000
#: An Opus voice with its headers; set aside before video is fitted in.
AUDIO_BPS = 50_000
#: Importance on the way to the peer; among cameras the lecturer's slot comes first.
_IMPORTANCE = {"screen": 0, "camera": 1}


class Routing:
    """Routes of one router."""

    def __init__(self, core: CoreEngine, settings: MediaSettings, notify: Callable[[Notice], None]) -> None:
        self._core = core
        self._settings = settings
        self._notify = notify

    def refresh(self, peers: Mapping[int, Peer], board: SpeakerBoard, only: Collection[int | None] | None) -> None:
        """Slots and layers of these peers, or of every peer."""
        publications = {p.handle: p for peer in peers.values() for p in peer.publications.values()}
        sources = [
            Source(p.handle, p.peer, p.role, peers[p.peer].admission.priority)
            for p in publications.values()
            if p.flowing
        ]
        loudest = loudest_first([s.peer for s in sources if s.role == "microphone"], board)
        layers = {p.handle: layers_of(p) for p in publications.values() if p.kind == "video" and p.flowing}
        for peer in peers.values():
            if only is not None and peer.id not in only:
                continue
            visible = [s for s in sources if may_see(peer, s.peer)]
            self._choose(peer, visible, loudest, board.speakers)
            self._route(peer, publications, layers)
            self._tell(peer, publications)

    def _choose(self, peer: Peer, visible: Sequence[Source], loudest: Sequence[int], speaking: Sequence[int]) -> None:
        audio, video = peer.slots_of("audio"), peer.slots_of("video")
        heard = choose_audio(len(audio), visible, loudest, speaking, [s.shows for s in audio])
        seen = choose_video(
            len(video), visible, peer.view, speaking, [s.shows for s in video], self._settings.max_student_cameras
        )
        for slot, publication in zip([*audio, *video], [*heard, *seen], strict=True):
            slot.shows = publication

    def _route(
        self, peer: Peer, publications: Mapping[int, Publication], layers: Mapping[int, tuple[Layer, ...]]
    ) -> None:
        demands = [
            _demand(peer, slot, place, publications[slot.shows], layers[slot.shows])
            for place, slot in enumerate(peer.slots_of("video"))
            if slot.shows is not None
        ]
        demands.sort(key=lambda pair: pair[0])
        ordered = [d for _, d in demands]
        audio_bps = AUDIO_BPS * sum(s.shows is not None for s in peer.slots_of("audio"))
        limit_bps = peer.budget.limit_bps
        rids = allocate(ordered, None if limit_bps is None else max(limit_bps - audio_bps, 0))
        step_bps = next_step_bps(ordered, rids)
        peer.next_bps = None if step_bps is None else step_bps + audio_bps
        for slot in peer.slots.values():
            rid = rids.get(slot.handle, "") if slot.kind == "video" else ""
            wanted = (slot.shows, rid) if slot.shows is not None and rid is not None else (0, "")
            if wanted != slot.routed:
                slot.routed = wanted
                self._core.route(slot.handle, *wanted)

    def _tell(self, peer: Peer, publications: Mapping[int, Publication]) -> None:
        slot_map = tuple(
            (s.mid, None, None) if s.shows is None else (s.mid, publications[s.shows].peer, publications[s.shows].role)
            for s in peer.slots.values()
        )
        if slot_map != peer.slot_map:
            peer.slot_map = slot_map
            peer.slot_map_rev += 1
            self._notify(SlotMapChanged(peer.id, peer.slot_map_rev, slot_map))

    def rest_unwatched(self, peers: Mapping[int, Peer], now_us: int, tapped: bool) -> None:
        """Tell publishers which layers anybody watches. More at once, fewer after a while, the lowest always."""
        watched: dict[int, set[str]] = {}
        for peer in peers.values():
            for slot in peer.slots.values():
                if slot.routed[0]:
                    watched.setdefault(slot.routed[0], set()).add(slot.routed[1])
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


def _demand(
    peer: Peer, slot: Slot, place: int, shown: Publication, layers: tuple[Layer, ...]
) -> tuple[tuple[int, int], Demand]:
    """What the slot asks for, with its importance."""
    return (_IMPORTANCE[shown.role], place), Demand(slot.handle, shown_height(peer, shown), layers)


def may_see(peer: Peer, other: int) -> bool:
    """The visibility rule. What it refuses is never routed, so it never leaves the engine."""
    return other != peer.id and (peer.admission.sees is None or other in peer.admission.sees)


def shown_height(peer: Peer, shown: Publication) -> int:
    """Height in device pixels at which the peer shows it: as its client said; a guess where it has not."""
    tile = peer.view.tile(Source(shown.handle, shown.peer, shown.role, 0))
    if tile is not None:
        return tile.height
    if shown.role == "camera" and peer.view.tiles:
        return SPARE_HEIGHT
    return UNSEEN_HEIGHT[shown.role]


def layers_of(publication: Publication) -> tuple[Layer, ...]:
    """Layers from low to high as seen, nominal where nothing was seen yet."""
    found = []
    for layer in nominal(publication.rids or ("",)):
        seen = publication.layers.get(layer.rid)
        if seen is None:
            found.append(layer)
        else:
            # Sizes are compared by the shorter side: a phone held upright sends no more than one held across.
            height = min(seen.width, seen.height) or layer.height
            found.append(Layer(layer.rid, height, seen.bps or layer.bps, seen.up))
    return tuple(found)

"""One peer's pictures and sound fitted into its line: demands and voices from what its slots show, then `media.allocation`.

Not here: what is in the slots (`media.slots`), the engine (`media.routing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from media.allocation import MARGIN, Demand, Layer, Rank, allocate
from media.face import Admission
from media.narrow import AUDIO_AND_STILLS, TRY_BPS
from media.peer import Fitted, Peer, Publication, Slot
from media.rates import nominal
from media.slots import HAS_FLOOR, LECTURER, Source
from media.sound import Voice, sound_bps

#: Heights for what is shown without the client having said how large.
UNSEEN_HEIGHT = {"screen": 720, "camera": 360}
#: A camera that is sent ahead of being asked for (a speaker), next to tiles whose sizes are known.
SPARE_HEIGHT = 180
#: The part of a budget that is planned with; the rest is for reports, checks and the swing of rates.
USABLE = 0.95
#: An estimate is probed for up to so much above what the wishes cost, so that the last step up passes its margin.
DESIRED = (1 + MARGIN) * 1.05


def fit(
    peer: Peer,
    publications: Mapping[int, Publication],
    admissions: Mapping[int, Admission],
    speaking: Sequence[int],
    now_us: int,
) -> Fitted:
    """`publications` by handle; `admissions` of the publishers by peer."""
    demands = _demands(peer, publications, admissions, speaking)
    voices = _voices(peer, publications, admissions, speaking)
    budget_bps, steady_bps = peer.budget.now_bps, peer.budget.steady_bps
    sound, copies = sound_bps(voices, budget_bps)
    share = USABLE / (1 + min(peer.redundancy.loss, 0.3))

    def for_video(bps: int | None) -> int | None:
        return None if bps is None else max(round(bps * share) - sound, 0)

    shows = {s.handle: s.shows for s in peer.slots_of("video") if s.shows is not None}
    before = {slot: step for slot, step in peer.fitted.steps.items() if peer.fitted.shows.get(slot) == shows.get(slot)}
    found = allocate(demands, for_video(budget_bps), for_video(steady_bps), before)
    desired_bps = round((sound + found.wished_bps * DESIRED) / share)
    if peer.narrow.holds and peer.view.profile != AUDIO_AND_STILLS:
        desired_bps = max(desired_bps, TRY_BPS)
    return Fitted(
        steps=found.choice,
        shows=shows,
        copies=copies,
        cost_bps=round((sound + found.cost_bps) / share),
        next_bps=None if found.next_bps is None else round((sound + found.next_bps) / share),
        desired_bps=desired_bps if shows or voices else 0,
        at_us=now_us,
    )


def _demands(
    peer: Peer,
    publications: Mapping[int, Publication],
    admissions: Mapping[int, Admission],
    speaking: Sequence[int],
) -> list[Demand]:
    """In order of importance; tiles by the pixels that they have on the peer's screen."""
    found = []
    for place, slot in enumerate(peer.slots_of("video")):
        if slot.shows is None:
            continue
        shown = publications[slot.shows]
        admission = admissions.get(shown.peer)
        rank = _rank(peer, shown, admission.priority if admission else 0, speaking)
        area = 0 if rank < Rank.TILE else -_area(peer, shown)
        demand = Demand(slot.handle, shown_height(peer, shown), layers_of(shown), rank, peer.stills)
        found.append(((rank, area, place), demand))
    found.sort(key=lambda pair: pair[0])
    return [demand for _, demand in found]


def _rank(peer: Peer, shown: Publication, priority: int, speaking: Sequence[int]) -> Rank:
    if shown.role == "screen":
        return Rank.SCREEN
    if priority >= LECTURER:
        return Rank.LECTURER
    if shown.peer == peer.view.pinned:
        return Rank.PINNED
    if priority >= HAS_FLOOR or shown.peer in speaking[:1]:
        return Rank.SPEAKER
    return Rank.TILE


def _voices(
    peer: Peer,
    publications: Mapping[int, Publication],
    admissions: Mapping[int, Admission],
    speaking: Sequence[int],
) -> list[Voice]:
    """In order of importance: the lecturer, who speaks, the others."""
    found = []
    for place, slot in enumerate(peer.slots_of("audio")):
        if slot.shows is None:
            continue
        shown = publications[slot.shows]
        admission = admissions.get(shown.peer)
        is_lecturer = shown.role == "microphone" and admission is not None and admission.priority >= LECTURER
        speaks = is_lecturer or shown.peer in speaking
        copies = peer.redundancy.copies(is_lecturer) if shown.role == "microphone" and has_red(slot) else 0
        found.append(((not is_lecturer, not speaks, place), Voice(slot.handle, shown.role, speaks, copies)))
    found.sort(key=lambda pair: pair[0])
    return [voice for _, voice in found]


def has_red(slot: Slot) -> bool:
    """The subscriber understands RED in this slot."""
    return any(t.codec.name == "red" for t in slot.line.codecs)


def shown_height(peer: Peer, shown: Publication) -> int:
    """Height in device pixels at which the peer shows it: as its client said; a guess where it has not."""
    tile = peer.view.tile(_source(shown))
    if tile is not None:
        return tile.height
    if shown.role == "camera" and peer.view.tiles:
        return SPARE_HEIGHT
    return UNSEEN_HEIGHT[shown.role]


def _area(peer: Peer, shown: Publication) -> int:
    tile = peer.view.tile(_source(shown))
    return tile.width * tile.height if tile is not None else 0


def _source(shown: Publication) -> Source:
    return Source(shown.handle, shown.peer, shown.role, 0)


def layers_of(publication: Publication) -> tuple[Layer, ...]:
    """Layers from low to high as seen, nominal where nothing was seen yet."""
    found = []
    for layer in nominal_of(publication):
        seen = publication.layers.get(layer.rid)
        if seen is None:
            found.append(layer)
            continue
        # Sizes are compared by the shorter side: a phone held upright sends no more than one held across.
        height = min(seen.width, seen.height) or layer.height
        bps, shares = (seen.rate.bps, seen.rate.shares) if seen.rate is not None else (layer.bps, layer.shares)
        found.append(Layer(layer.rid, height, bps, seen.up, shares))
    return tuple(found)


def nominal_of(publication: Publication) -> tuple[Layer, ...]:
    """What is assumed of its layers beforehand."""
    return nominal(publication.rids or ("",), publication.role == "screen", publication.line.codecs[0].codec.name)

"""Brings the engine's routes in line with what each peer should be shown: slots, layers, copies of voices.

The choices themselves are pure (`media.slots`, `media.fitting`, `media.allocation`); here they are fed and carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from media.allocation import ALL_TIDS
from media.clock import MediaClock
from media.config import MediaSettings
from media.face import Admission
from media.fitting import fit
from media.mirrors import Mirrors
from media.narrow import AUDIO_AND_STILLS, FULL, VOICES
from media.negotiation import KIND_OF_ROLE
from media.notices import Notice, ProfileChanged, SlotMapChanged
from media.path import PathReport
from media.peer import SILENT, Fitted, Peer, Publication, Route, Slot
from media.permits import may_reach
from media.slots import Source, choose_audio, choose_video
from media.speaker import SpeakerBoard, loudest_first

#: Something better is looked for this often while wishes are open.
LOOK_EVERY_US = 500_000
#: A change of what the wishes cost by less than this is not told to the engine.
DESIRED_BAND = 0.05


class Routing:
    """Routes of one router. `peers` and `publications` (by handle) are the router's own, read here."""

    def __init__(
        self,
        settings: MediaSettings,
        mirrors: Mirrors,
        clock: MediaClock,
        notify: Callable[[Notice], None],
        peers: Mapping[int, Peer],
        publications: Mapping[int, Publication],
        board: SpeakerBoard,
    ) -> None:
        self._settings = settings
        self._mirrors = mirrors
        self._clock = clock
        self._notify = notify
        self._peers = peers
        self._publications = publications
        self._board = board
        #: Routes changed since this was last looked at (`media.resting`).
        self.changed = True

    def refresh(self, only: Collection[int | None] | None) -> None:
        """Slots and layers of these peers, or of every peer."""
        sources = [
            Source(p.handle, p.peer, p.role, self._peers[p.peer].admission.priority)
            for p in self._publications.values()
            if p.flowing
        ]
        loudest = loudest_first([s.peer for s in sources if s.role == "microphone"], self._board)
        admissions = self._admissions()
        for peer in self._peers.values():
            if only is None or peer.id in only:
                self._choose(peer, [s for s in sources if may_reach(peer, KIND_OF_ROLE[s.role], s.peer)], loudest)
                self._route(peer, admissions)
                self._tell(peer)

    def report(self, peer: Peer, report: PathReport) -> bool:
        """What the peer's feedback says. Fits what is shown into it, now or when it is time; True: another profile, so other slots."""
        now_us = self._clock.mono_us()
        peer.budget.step(now_us, report, peer.fitted.next_bps)
        copies_changed = peer.redundancy.step(now_us, report)
        if peer.narrow.step(now_us, peer.budget.now_bps):
            return True
        if copies_changed or self._is_due(peer, now_us):
            self._route(peer, self._admissions())
        return False

    def wait(self, peer: Peer, now_us: int) -> None:
        """Time passed: a peer that reports nothing is no longer starting, and what its line was too narrow for may fit by now."""
        is_wishing = peer.fitted.next_bps is not None and peer.budget.now_bps is not None
        if peer.budget.wait(now_us, peer.fitted.next_bps) or (is_wishing and self._is_due(peer, now_us)):
            self._route(peer, self._admissions())

    def cost_changed(self, publication: int) -> None:
        """A layer costs more or less than it did: fit again where that may matter."""
        admissions = self._admissions()
        for peer in self._peers.values():
            limit_bps = peer.budget.now_bps
            if limit_bps is None or all(s.shows != publication for s in peer.slots.values()):
                continue
            if peer.fitted.next_bps is not None or limit_bps < 2 * peer.fitted.cost_bps:
                self._route(peer, admissions)

    def _is_due(self, peer: Peer, now_us: int) -> bool:
        limit_bps, fitted = peer.budget.now_bps, peer.fitted
        if limit_bps is None:
            return fitted.next_bps is not None
        if limit_bps < fitted.cost_bps:
            return True
        return fitted.next_bps is not None and now_us - fitted.at_us >= LOOK_EVERY_US

    def _admissions(self) -> dict[int, Admission]:
        return {peer.id: peer.admission for peer in self._peers.values()}

    def _choose(self, peer: Peer, visible: Sequence[Source], loudest: Sequence[int]) -> None:
        audio, video = peer.slots_of("audio"), peer.slots_of("video")
        voices = VOICES if peer.stills else self._settings.max_voices
        speaking = self._board.speakers
        heard = choose_audio(len(audio), visible, loudest, speaking, [s.shows for s in audio], voices)
        shown = [s.shows for s in video]
        cameras = self._settings.max_student_cameras
        seen = choose_video(len(video), visible, peer.view, speaking, shown, cameras, stills=peer.stills)
        for slot, publication in zip([*audio, *video], [*heard, *seen], strict=True):
            slot.shows = publication

    def _route(self, peer: Peer, admissions: Mapping[int, Admission]) -> None:
        now_us = self._clock.mono_us()
        before, peer.fitted = peer.fitted, fit(peer, self._publications, admissions, self._board.speakers, now_us)
        _note_change(peer, before, now_us)
        for slot in peer.slots.values():
            wanted = _route_of(peer, slot)
            if wanted != slot.routed:
                peer.host.node.layer_switches += wanted.source == slot.routed.source != 0
                slot.routed = wanted
                self.changed = True
                self._tell_engine(peer, slot, wanted)
            copies = peer.fitted.copies.get(slot.handle, 0)
            if slot.kind == "audio" and copies != slot.copies:
                slot.copies = copies
                peer.host.core.set_red(slot.handle, copies)
        desired_bps = 0 if peer.away else peer.fitted.desired_bps
        if abs(desired_bps - peer.desired_bps) > peer.desired_bps * DESIRED_BAND:
            peer.desired_bps = desired_bps
            peer.host.core.set_desired(peer.handle, desired_bps)

    def _tell_engine(self, peer: Peer, slot: Slot, wanted: Route) -> None:
        """The engine of the peer's shard may know the publication by another handle."""
        source = 0
        if wanted.source:
            source = self._mirrors.handle_on(peer.host, self._publications[wanted.source])
        peer.host.core.route(slot.handle, *wanted._replace(source=source))

    def _tell(self, peer: Peer) -> None:
        profile = (AUDIO_AND_STILLS if peer.stills else FULL, peer.narrow.holds)
        if profile != peer.told_profile:
            peer.told_profile = profile
            self._notify(ProfileChanged(peer.id, *profile))
        slot_map = tuple(
            (s.mid, None, None)
            if s.shows is None
            else (s.mid, self._publications[s.shows].peer, self._publications[s.shows].role)
            for s in peer.slots.values()
        )
        if slot_map != peer.slot_map:
            peer.slot_map = slot_map
            peer.slot_map_rev += 1
            self._notify(SlotMapChanged(peer.id, peer.slot_map_rev, slot_map))


def watched_from_afar(peers: Iterable[Peer]) -> set[tuple[int, int]]:
    """Publications that slots are routed to, each with the shard of the slot."""
    return {(s.routed.source, p.host.index) for p in peers for s in p.slots.values() if s.routed.source}


def _note_change(peer: Peer, before: Fitted, now_us: int) -> None:
    """Tell the budget whether the same pictures became better, or had to become worse."""
    if before.shows != peer.fitted.shows:
        return
    changed = [
        (new.bps if new else 0) - (old.bps if old else 0)
        for slot, new in peer.fitted.steps.items()
        if (old := before.steps.get(slot)) is None or new is None or new.name != old.name
    ]
    limit_bps = peer.budget.now_bps
    if limit_bps is not None and any(more < 0 for more in changed) and limit_bps < before.cost_bps:
        peer.budget.went_down(now_us)
    elif any(more > 0 for more in changed):
        peer.budget.went_up(now_us)


def _route_of(peer: Peer, slot: Slot) -> Route:
    if slot.shows is None or peer.away:
        return SILENT
    if slot.kind == "audio":
        return Route(slot.shows, "", ALL_TIDS, False)
    step = peer.fitted.steps.get(slot.handle)
    return SILENT if step is None else Route(slot.shows, step.rid, step.max_tid, step.stills)

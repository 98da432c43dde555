"""Notices of the relay → events and pushes: what the server itself saw of somebody's media."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from media import notices as seen
from server.events import room
from server.events.base import Origin
from server.ids import DeviceId, PersonId
from server.room import devices
from server.room import pushes as tell
from server.room.arrivals import tell_state
from server.room.decisions_presence import media_changed, path_changed
from server.room.hall import Hall
from server.room.outbox import encoded
from server.room.outward import Outgoing, roster_changed
from server.room.participant import SILENT_WEAK_US, Participant


async def noticed(hall: Hall, notice: seen.Notice) -> None:
    """One notice. Notices about people who are gone are late, and nothing."""
    if isinstance(notice, seen.SpeakersChanged):
        hall.speakers = hall.media.persons(notice.speakers)
        hall.tell([Outgoing(tell.SpeakersChanged(speakers=hall.speakers))])
        return
    who = hall.media.person_of(notice.peer)
    if who in hall.devices:
        await devices.noticed(hall, hall.devices[DeviceId(who)], notice)
        return
    held = hall.participants.get(PersonId(who)) if who is not None else None
    act = _ACTS.get(type(notice))
    if held is not None and act is not None:
        await act(hall, held, notice)


async def _connected(hall: Hall, held: Participant, notice: seen.PeerConnected) -> None:
    held.is_media_up, held.is_silent = True, False
    await _path(hall, held, notice)
    await tell_state(hall, held, Origin.MEDIA)


async def _path(hall: Hall, held: Participant, notice: seen.PeerConnected | seen.PeerMoved) -> None:
    await hall.record(path_changed(hall.state, held.person, notice.path, notice.ipv6), Origin.MEDIA, held)


async def _silent(hall: Hall, held: Participant, notice: seen.PeerSilent) -> None:
    if notice.silent_ms * 1_000 >= SILENT_WEAK_US:
        held.is_silent = True
        await tell_state(hall, held, Origin.MEDIA)


async def _recovered(hall: Hall, held: Participant, _: seen.PeerRecovered) -> None:
    held.is_silent = False
    await tell_state(hall, held, Origin.MEDIA)


async def _failed(hall: Hall, held: Participant, _: seen.PeerFailed) -> None:
    """The browser sees the same and offers again by joining anew; until then it has a seat without media."""
    hall.media.lost_peer(held.person)
    held.is_media_up = held.is_silent = False
    for role in sorted(hall.state.people[held.person].media):
        await hall.record(media_changed(hall.state, held.person, role, on=False), Origin.MEDIA, held)
    await tell_state(hall, held, Origin.MEDIA)


async def _started(hall: Hall, held: Participant, notice: seen.PublicationStarted) -> None:
    await hall.record(media_changed(hall.state, held.person, notice.role, on=True), Origin.MEDIA, held)


async def _paused(hall: Hall, held: Participant, notice: seen.PublicationPaused) -> None:
    await hall.record(media_changed(hall.state, held.person, notice.role, on=False), Origin.MEDIA, held)


async def _slots(hall: Hall, held: Participant, notice: seen.SlotMapChanged) -> None:
    held.slots = hall.media.slots(notice.slots)
    held.slots_rev = notice.rev
    held.send(encoded(tell.SlotsChanged(rev=notice.rev, slots=held.slots)))


async def _spoke(hall: Hall, held: Participant, notice: seen.PeerSpoke) -> None:
    spoke = room.Spoke(person=held.person, from_us=notice.from_us, to_us=notice.to_us)
    if hall.state.is_teaching():
        await hall.record([spoke], Origin.MEDIA, held)


async def _stats(hall: Hall, held: Participant, notice: seen.PeerStats) -> None:
    hall.lines.measured(held.person, hall.now_us, notice)
    held.heard_loss(max(notice.loss_in_ppm, notice.loss_out_ppm))
    line = tell.LineChanged(
        path=notice.path,
        rtt_ms=notice.rtt_ms,
        loss_up_ppm=notice.loss_in_ppm,
        loss_down_ppm=notice.loss_out_ppm,
        estimate_bps=notice.estimate_bps,
        level=notice.level,
        reason=notice.reason,
    )
    held.send(encoded(line))
    trouble = "" if notice.level == "good" else notice.reason.partition("_")[0]
    if trouble != held.line:
        held.line = trouble
        hall.tell([roster_changed(hall.view, {held.person})])
    await tell_state(hall, held, Origin.MEDIA)


async def _layers(hall: Hall, held: Participant, notice: seen.LayersWanted) -> None:
    held.send(encoded(tell.LayersChanged(mid=notice.mid, active=list(notice.active))))


async def _profile(hall: Hall, held: Participant, notice: seen.ProfileChanged) -> None:
    held.send(encoded(tell.ProfileChanged(profile=notice.profile, automatic=notice.automatic)))


_ACTS: Mapping[type[Any], Callable[[Hall, Participant, Any], Awaitable[None]]] = {
    seen.PeerConnected: _connected,
    seen.PeerMoved: _path,
    seen.PeerSilent: _silent,
    seen.PeerRecovered: _recovered,
    seen.PeerFailed: _failed,
    seen.PublicationStarted: _started,
    seen.PublicationPaused: _paused,
    seen.SlotMapChanged: _slots,
    seen.PeerSpoke: _spoke,
    seen.PeerStats: _stats,
    seen.LayersWanted: _layers,
    seen.ProfileChanged: _profile,
}

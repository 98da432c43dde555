"""Commands about one's own media, view and seat: nothing for the record but leaving, everything for the relay and the others' screens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.events.base import Origin
from server.room import commands as wish
from server.room import pushes as tell
from server.room.arrivals import tell_state
from server.room.decisions_presence import leave
from server.room.hall import Hall
from server.room.outbox import encoded
from server.room.outward import roster_changed
from server.room.participant import Participant, QualityClaim


async def _set_media(hall: Hall, held: Participant, command: wish.SetMedia) -> None:
    claims = held.claims
    claims.microphone, claims.camera, claims.screen = command.microphone, command.camera, command.screen
    hall.tell([roster_changed(hall.view, {held.person})])


async def _hears(hall: Hall, held: Participant, command: wish.Hears) -> None:
    if held.claims.hears != command.hears:
        held.claims.hears = command.hears
        hall.tell([roster_changed(hall.view, {held.person})])


async def _report_quality(hall: Hall, held: Participant, command: wish.ReportQuality) -> None:
    claim = QualityClaim(hall.now_us, command.concealed_ppm, command.audio_ms, command.freezes, command.frozen_ms)
    hall.lines.claimed(held.person, claim)


async def _set_view(hall: Hall, held: Participant, command: wish.SetView) -> None:
    if command.rev <= held.view_rev:
        return
    held.view_rev = command.rev
    hall.media.set_view(held.person, command.tiles, command.pinned, command.listen_only, command.profile)
    held.listen_only = command.listen_only
    await tell_state(hall, held)


async def _offer(hall: Hall, held: Participant, command: wish.Offer) -> None:
    answer = hall.media.renegotiate(held.person, command.n, command.sdp, command.media)
    held.send(encoded(tell.Answered(n=command.n, sdp=answer)))


async def _restart_ice(hall: Hall, held: Participant, command: wish.RestartIce) -> None:
    answer = hall.media.restart_ice(held.person, command.gen, command.sdp)
    held.send(encoded(tell.IceAnswered(gen=command.gen, sdp=answer)))


async def _leave(hall: Hall, held: Participant, _: wish.Leave) -> None:
    await hall.record(leave(hall.state, held.person, hall.now_us, "leave"), Origin.HUMAN, held)


_Own = Callable[[Hall, Participant, Any], Awaitable[None]]

OWN: Mapping[type[wish.Command], _Own] = {
    wish.SetMedia: _set_media,
    wish.Hears: _hears,
    wish.ReportQuality: _report_quality,
    wish.SetView: _set_view,
    wish.Offer: _offer,
    wish.RestartIce: _restart_ice,
    wish.Leave: _leave,
}

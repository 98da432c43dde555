"""Devices of a live lesson: an encoder that publishes (WHIP), a screen that shows (WHEP). They have a peer, but no seat, no socket and no mark.

Which key a device has, and HTTP, are the callers' business; here it comes in, restarts its ICE, and goes. Raises Problem.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from media import notices as seen
from server.errors import Conflict
from server.events import device as facts
from server.events.base import Event, Origin
from server.ids import AccountId, DeviceId
from server.ledger.faces import NewEvent
from server.room.decisions_presence import check_open
from server.room.device import Device, DeviceArrival
from server.room.hall import Hall

#: A device without an authenticated packet for this long is gone (RFC 7675 §5.1: consent expires).
SILENT_US = 30_000_000


async def come_in(hall: Hall, arrival: DeviceArrival) -> tuple[Device, str]:
    """Let a device in, instead of its earlier self if that is still here; with the SDP answer."""
    check_open(hall.state)
    before = hall.devices.get(arrival.device)
    if before is None and len(hall.devices) >= arrival.most:
        raise Conflict("device.too_many", most=arrival.most)
    events: list[Event] = [] if before is None else _left(hall, before, "replaced")
    answer = hall.media.add(
        arrival.device, arrival.offer, arrival.media, hall.device_admission(arrival.purpose, arrival.sound)
    )
    if answer is None:
        raise Conflict("room.no_media")
    joined = facts.DeviceJoined(
        device=arrival.device, owner=arrival.owner, purpose=arrival.purpose, sound=arrival.sound
    )
    try:
        await _record(hall, [*events, joined], Origin.SERVER, arrival.account)
    except BaseException:
        hall.drop_device(arrival.device)
        raise
    device = Device(
        device=arrival.device,
        owner=arrival.owner,
        account=arrival.account,
        purpose=arrival.purpose,
        sound=arrival.sound,
        offer=arrival.offer,
        joined_us=hall.now_us,
        resource=secrets.token_urlsafe(18),
        generation=secrets.token_hex(8),
    )
    hall.devices[arrival.device] = device
    return device, answer


def restart(hall: Hall, device: Device, offer: str) -> str:
    """New ICE credentials, as `offer` has them; the answer. DTLS and everything that flows stay."""
    answer = hall.media.restart_ice(device.device, device.restarts + 1, offer)
    device.restarts += 1
    device.offer = offer
    device.generation = secrets.token_hex(8)
    return answer


async def go(hall: Hall, device: DeviceId, reason: str) -> None:
    """The device leaves. Harmless when it has left."""
    held = hall.devices.get(device)
    if held is not None:
        await _record(hall, _left(hall, held, reason), Origin.SERVER, held.account)


async def look(hall: Hall) -> None:
    """Once a second: who has fallen silent is gone."""
    for device in tuple(hall.devices.values()):
        if hall.now_us - _alive_us(hall, device) >= SILENT_US:
            await go(hall, device.device, "ice_lost")


async def noticed(hall: Hall, device: Device, notice: seen.Notice) -> None:
    """What the relay saw of a device. Levels, slots and layers are nobody's business: it has no socket to be told."""
    match notice:
        case seen.PublicationStarted() | seen.PublicationPaused():
            on = isinstance(notice, seen.PublicationStarted)
            known = hall.state.devices[device.device]
            if (notice.role in known.media) != on:
                changed = facts.DeviceMediaChanged(device=device.device, role=notice.role, on=on)
                await _record(hall, [changed], Origin.MEDIA, device.account)
        case seen.PeerStats():
            hall.lines.measured(device.device, hall.now_us, notice, is_device=True)
        case seen.PeerFailed():
            hall.media.lost_peer(device.device)
            await go(hall, device.device, "failed")


def _left(hall: Hall, device: Device, reason: str) -> list[Event]:
    return [facts.DeviceLeft(device=device.device, last_alive_us=_alive_us(hall, device), reason=reason)]


def _alive_us(hall: Hall, device: Device) -> int:
    """The last sign of life that the server saw: a packet, or the coming in."""
    return max(device.joined_us, hall.media.last_alive_us(device.device) or 0)


async def _record(hall: Hall, events: Sequence[Event], origin: Origin, account: AccountId) -> None:
    await hall.record_all([NewEvent(each, origin, account) for each in events])

"""Devices in live lessons: a key and an offer in, a stay in the room out. What WHIP and WHEP do, without their HTTP.

Which key is good is device_keys.py's; what a device is in a room, server/room/devices.py's.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.face import BadOffer
from media.whip import (
    BadFragment,
    check_screen,
    credentials_of,
    encoder_tracks,
    fragment_of,
    read_fragment,
    with_credentials,
)
from server.errors import Invalid, NotFound, Problem
from server.ids import DeviceId, LessonId
from server.room import devices as stays
from server.room.commands import PublishedMedia
from server.room.device import CAMERA, Device, DeviceArrival
from server.room.hall import Hall
from server.room.room import Room
from server.services.device_keys import DeviceKeys
from server.services.live import Live
from server.storage.device_store import DeviceKeyRow

#: `If-Match: *`: whatever ICE session it is.
ANY = "*"


class Malformed(Problem):
    status = 400


class OfferTooLarge(Problem):
    status = 413


class NotAcceptable(Problem):
    status = 406


class PreconditionFailed(Problem):
    status = 412


class PreconditionRequired(Problem):
    status = 428


#: RFC 9725: text that is no SDP is a bad request, media that we cannot carry are not acceptable; the rest cannot be processed (422).
_STATUS = {
    "malformed": Malformed,
    "too_large": OfferTooLarge,
    "no_codec": NotAcceptable,
    "too_many_media": NotAcceptable,
}


@dataclass(frozen=True, slots=True)
class Stay:
    """A device that came in. `resource` names the stay, `generation` its ICE session."""

    resource: str
    generation: str
    answer: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """`fragment`: our new credentials and candidates (RFC 8840)."""

    generation: str
    fragment: str


class Devices:
    """`most`: devices that one lesson may have at once."""

    def __init__(self, keys: DeviceKeys, live: Live, most: int) -> None:
        self.keys = keys
        self._live = live
        self._most = most

    async def come_in(self, key: DeviceKeyRow, offer: str) -> Stay:
        """A WHIP or WHEP POST. Raises Problem."""
        self.keys.count_use(key)
        try:
            media = _media(key.purpose, offer)
        except BadOffer as error:
            raise refused(error.reason) from error
        room = await self._live.room(key.lesson)
        arrival = DeviceArrival(key.id, key.person, key.account, key.purpose, key.sound, offer, media, self._most)
        try:
            device, answer = await room.device_in(arrival)
        except Invalid as problem:
            if problem.code != "room.bad_offer":
                raise
            raise refused(str(problem.params["reason"])) from problem
        return Stay(device.resource, device.generation, answer)

    async def patch(self, key: DeviceKeyRow, resource: str, match: frozenset[str], text: str) -> Restarted | None:
        """Trickled candidates (None) or an ICE restart. `match`: what If-Match names. Raises Problem."""
        room = self._room(key.lesson)
        if not match:
            raise PreconditionRequired("device.no_if_match")

        async def act() -> Restarted | None:
            return _patched(room.hall, _stay(room.hall, key.id, resource), match, text)

        return await room.in_turn(act)

    async def leave(self, key: DeviceKeyRow, resource: str) -> None:
        """A DELETE. Raises NotFound when the stay is over."""
        room = self._room(key.lesson)

        async def act() -> None:
            await stays.go(room.hall, _stay(room.hall, key.id, resource).device, "leave")

        await room.in_turn(act)

    async def revoked(self, lesson: LessonId, key: DeviceId) -> None:
        """A key was taken back: its device leaves now."""
        room = self._live.room_of(lesson)
        if room is not None:
            await room.device_gone(key, "revoked")

    def since_us(self, lesson: LessonId, key: DeviceId) -> int | None:
        """Since when a key's device is in; None: it is not."""
        room = self._live.room_of(lesson)
        device = room.hall.devices.get(key) if room is not None else None
        return device.joined_us if device is not None else None

    async def elsewhere(self, lesson: LessonId) -> str:
        """The address of another node that has the lesson."""
        return await self._live.elsewhere(lesson)

    def _room(self, lesson: LessonId) -> Room:
        room = self._live.room_of(lesson)
        if room is None:
            raise NotFound("device.not_found")
        return room


def refused(reason: str) -> Problem:
    """What is wrong with an offer, with the status that RFC 9725 gives it."""
    return _STATUS.get(reason, Invalid)("device.bad_offer", reason=reason)


def _media(purpose: str, offer: str) -> list[PublishedMedia]:
    if purpose == CAMERA:
        return [PublishedMedia(mid=each.mid, role=each.role) for each in encoder_tracks(offer)]
    check_screen(offer)
    return []


def _stay(hall: Hall, device: DeviceId, resource: str) -> Device:
    held = hall.devices.get(device)
    if held is None or not held.is_named(resource):
        raise NotFound("device.not_found")
    return held


def _patched(hall: Hall, device: Device, match: frozenset[str], text: str) -> Restarted | None:
    """RFC 9725 §4.3: trickling names the ICE session that it belongs to, a restart says `*`."""
    if ANY not in match and device.generation not in match:
        raise PreconditionFailed("device.other_session")
    try:
        fragment = read_fragment(text)
    except BadFragment as error:
        raise (OfferTooLarge if error.reason == "too_large" else Malformed)("device.bad_fragment") from error
    if not fragment.ufrag or (fragment.ufrag, fragment.pwd) == credentials_of(device.offer):
        return None
    if ANY not in match:
        raise Invalid("device.bad_fragment")
    answer = stays.restart(hall, device, with_credentials(device.offer, fragment.ufrag, fragment.pwd))
    return Restarted(device.generation, fragment_of(answer))

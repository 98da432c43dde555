"""Coming in, coming back, and sockets that close: what happens to seats. Which events follow is decided in decisions_presence.py."""

from __future__ import annotations

from dataclasses import dataclass

from server.errors import Unauthenticated
from server.events.base import Origin
from server.ids import AccountId, ConnectionId, PersonId
from server.room import pushes as tell
from server.room.commands import Connect
from server.room.decisions_presence import Knock, came_back, check_open, come_in, measured
from server.room.doors import Connection
from server.room.hall import Hall
from server.room.outbox import Outbox, encoded, numbered
from server.room.participant import Claims, Participant, new_seat
from server.room.relays import ice_servers
from server.school.permissions import Role
from server.school.plan import PersonCard

#: Receive slots that a browser should offer (design: ≤ 25 video, ≤ 6 audio).
VIDEO_SLOTS, AUDIO_SLOTS = 25, 6


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody with a valid ticket, at the door."""

    connect: Connect
    person: PersonId
    role: Role
    account: AccountId
    card: PersonCard
    connection: Connection


async def join(hall: Hall, arrival: Arrival) -> None:
    """Take a seat, or the one held; `Resumed` or `Joined` has been sent when it returns. Raises Problem."""
    held = hall.participants.get(arrival.person)
    if held is not None and await _resumed(hall, held, arrival.connect, arrival.connection):
        return
    await _fresh(hall, arrival)


async def resume(hall: Hall, connect: Connect, connection: Connection) -> None:
    """Come back to a held seat by its secret name, without a ticket. Raises Unauthenticated `ticket.missing`."""
    held = _by_seat(hall, connect)
    if held is None or held.account is None or held.device != connect.device:
        raise Unauthenticated("ticket.missing")
    check_open(hall.state)
    if await _resumed(hall, held, connect, connection):
        return
    card = hall.cards[held.person]
    await _fresh(hall, Arrival(connect, held.person, held.role, held.account, card, connection))


def is_held(hall: Hall, connect: Connect) -> bool:
    """Whether the browser's held session is a seat of this room, of this server."""
    return _by_seat(hall, connect) is not None


def _by_seat(hall: Hall, connect: Connect) -> Participant | None:
    session = connect.session
    if session is None or session.epoch != hall.log.epoch:
        return None
    return next((each for each in hall.participants.values() if each.seat == session.id), None)


async def _resumed(hall: Hall, held: Participant, connect: Connect, connection: Connection) -> bool:
    """Same server, same seat, same device, nothing missed that is not kept: go on where the browser was."""
    if _by_seat(hall, connect) is not held or held.device != connect.device or connect.session is None:
        return False
    frames = held.outbox.since(connect.session.seq)
    if frames is None:
        return False
    old = held.connection
    held.seat_on(connection, connect.device)
    if old is not None:
        old.close()
    resumed = tell.Resumed(epoch=hall.log.epoch, server_time_us=hall.now_us)
    connection.send(numbered(encoded(resumed), connect.session.seq))
    for frame in frames:
        connection.send(frame)
    await hall.record(came_back(hall.state, held.person, "resumed"), Origin.SERVER, held)
    await tell_state(hall, held)
    return True


async def _fresh(hall: Hall, arrival: Arrival) -> None:
    """A whole new picture: a first entry, another device, a new server, or a browser that missed too much."""
    connect, person = arrival.connect, arrival.person
    before = hall.participants.get(person)
    keeps_seat = before is not None and _by_seat(hall, connect) is before and before.device == connect.device
    knock = Knock(
        person=person,
        role=arrival.role,
        device=connect.device,
        with_media=connect.offer is not None,
        take_over=connect.take_over,
        is_connected=before is not None and before.connection is not None and before.connection.is_open,
    )
    events = come_in(hall.state, knock)
    held = _seated(arrival, before if keeps_seat else None)
    answer = _admit_media(hall, held, connect)
    await hall.record(events, Origin.SERVER, held)
    _replace(before, arrival.connection)
    hall.cards[person] = arrival.card
    hall.participants[person] = held
    held.seat_on(arrival.connection, connect.device)
    held.send(encoded(joined(hall, held, answer)))
    await tell_state(hall, held)


def _seated(arrival: Arrival, before: Participant | None) -> Participant:
    """The participant as it will sit: a kept seat goes on numbering, anything else begins anew."""
    held = Participant(arrival.person, arrival.role, arrival.account)
    held.seat = before.seat if before is not None else new_seat()
    held.outbox = before.outbox if before is not None else Outbox()
    held.claims = Claims()
    held.device = arrival.connect.device
    held.connection_id = arrival.connection.id
    held.listen_only = arrival.connect.listen_only
    if before is not None and arrival.connect.offer is None:
        held.has_media, held.is_media_up, held.slots = before.has_media, before.is_media_up, before.slots
    return held


def _admit_media(hall: Hall, held: Participant, connect: Connect) -> str | None:
    if connect.offer is None:
        if not held.has_media:
            hall.media.remove(held.person)
        return None
    answer = hall.media.add(held.person, connect.offer, connect.media, hall.admission(held))
    held.has_media = answer is not None
    return answer


def _replace(before: Participant | None, connection: Connection) -> None:
    """An older socket of the same person is told that it is not the one any more."""
    if before is None or before.connection is None or before.connection.id == connection.id:
        return
    before.send(encoded(tell.Removed(code="replaced", reason="")))
    before.connection.close()


def joined(hall: Hall, held: Participant, answer: str | None) -> tell.Joined:
    """The whole picture as this person may see it."""
    view = hall.view
    return tell.Joined(
        session=tell.SessionInfo(id=held.seat, epoch=hall.log.epoch, grace_s=hall.policy.grace_s),
        me=held.person,
        role=held.role.value,
        lesson=view.lesson(),
        answer=answer,
        roster=view.roster(),
        slots=held.slots,
        chat=view.chat(held.role),
        hands=view.hands(),
        speakers=hall.speakers,
        floor=view.floor(),
        visibility=view.visibility(),
        recording=hall.recording_info,
        roll_call=view.roll_call(held.person, held.role),
        counts=view.counts(),
        policy=tell.RoomPolicy(
            recording=hall.recording is not None and hall.recording_info.state != "off",
            video_slots=VIDEO_SLOTS,
            audio_slots=AUDIO_SLOTS,
            grace_s=hall.policy.grace_s,
            chat_open=True,
        ),
        ice_servers=given_relays(hall, held),
        server_time_us=hall.now_us,
    )


def given_relays(hall: Hall, held: Participant) -> list[tell.IceServer]:
    """Fresh credentials for this person; the time is noted, so that they are renewed."""
    held.relays_given_us = hall.now_us
    return ice_servers(hall.turn, held.person, hall.now_us)


async def tell_state(hall: Hall, held: Participant, origin: Origin = Origin.SERVER) -> None:
    """Record the connection state if the measurements add up to another one than before."""
    await hall.record(measured(hall.state, held.person, held.word()), origin, held)


def gone(hall: Hall, connection: ConnectionId, at_us: int, why: str) -> None:
    """A socket closed. Harmless when it closed before, or when its seat has a newer one."""
    for held in hall.participants.values():
        if held.connection is not None and held.connection.id == connection:
            held.unseat(at_us, why)
            return

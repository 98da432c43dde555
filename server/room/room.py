"""One live lesson's owner: a task that does one thing after another, and the face that edges and services call.

Callers hand in work and wait for their turn; nobody else touches the hall. What is asked is decided in decisions*.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog

from media.notices import Notice
from server.errors import Conflict, Overloaded
from server.events.base import Event, Origin
from server.ids import AccountId, ConnectionId, DeviceId, LessonId, PersonId
from server.ledger.faces import Fenced, NewEvent
from server.room import arrivals, devices
from server.room import pushes as tell
from server.room.arrivals import Arrival
from server.room.commands import Command, Connect
from server.room.decisions import Actor, allow, decide
from server.room.decisions_presence import consented, leave
from server.room.device import Device, DeviceArrival
from server.room.doors import Connection
from server.room.hall import Hall
from server.room.noticed import noticed
from server.room.outbox import encoded
from server.room.outward import Outgoing
from server.room.own_commands import OWN
from server.room.participant import Participant
from server.room.pushes import Push
from server.room.timekeeper import TICK_S, Timekeeper
from server.school.lesson_states import OPEN

log = structlog.get_logger("room")

T = TypeVar("T")
#: Work waiting beyond this is refused: a room that cannot follow says so.
MAX_WAITING = 4_000

_Turn = tuple[Callable[[], Awaitable[Any]], "asyncio.Future[Any] | None"]


class Room:
    """Made by services/live_opening.py. `on_moved` is told when the room had to stop because another node owns the lesson."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.on_moved: Callable[[], None] | None = None
        self._waiting: asyncio.Queue[_Turn] = asyncio.Queue(MAX_WAITING)
        self._timekeeper = Timekeeper(hall)
        self._is_closed = False
        hall.media.sink = self.noticed
        hall.tasks.start(self._serve(), "owner")
        hall.tasks.start(self._watch_time(), "time")

    @property
    def lesson(self) -> LessonId:
        return self.hall.plan.lesson

    @property
    def epoch(self) -> int:
        return self.hall.log.epoch

    async def join(self, arrival: Arrival) -> None:
        """Raises Problem. `Joined` or `Resumed` is on its way when it returns."""
        await self.in_turn(lambda: arrivals.join(self.hall, arrival))

    async def resume(self, connect: Connect, connection: Connection) -> None:
        """Raises Problem, `ticket.missing` when the seat is not held any more."""
        await self.in_turn(lambda: arrivals.resume(self.hall, connect, connection))

    def holds(self, connect: Connect) -> bool:
        """Whether a held session is one of this room's."""
        return arrivals.is_held(self.hall, connect)

    async def do(self, connection: ConnectionId, command: Command) -> int:
        """Carry out a command; the number of the last push to this seat. Raises Problem."""
        return await self.in_turn(lambda: self._do(connection, command))

    def gone(self, connection: ConnectionId, at_us: int, why: str) -> None:
        """A socket closed. Idempotent."""
        self._post(lambda: self._gone(connection, at_us, why))

    def noticed(self, notice: Notice) -> None:
        """From the relay, on the event loop's thread."""
        self._post(lambda: noticed(self.hall, notice))

    async def device_in(self, arrival: DeviceArrival) -> tuple[Device, str]:
        """Let a device in; its stay and the SDP answer. Raises Problem."""
        return await self.in_turn(lambda: devices.come_in(self.hall, arrival))

    async def device_gone(self, device: DeviceId, reason: str) -> None:
        """A device left, or its key was taken back. Idempotent."""
        await self.in_turn(lambda: devices.go(self.hall, device, reason))

    async def consented(self, account: AccountId, person: PersonId, version: int, purposes: Sequence[str]) -> None:
        """Somebody agreed to the school's notice and is about to come in."""

        async def note() -> None:
            given = consented(self.hall.state, person, version, purposes)
            await self.hall.record_all([NewEvent(each, Origin.HUMAN, account) for each in given])

        await self.in_turn(note)

    async def record(self, event: Event, origin: Origin) -> None:
        """A fact from outside (recording, evidence); durable and told when it returns."""
        await self.in_turn(lambda: self.hall.record([event], origin))

    def tell(self, push: Push) -> None:
        """A push to everybody that is not a recorded fact (the recorder's state)."""
        self._post(lambda: self._tell(push))

    async def dismiss(self) -> None:
        """The lesson is over: everybody is told and shown out."""
        await self.in_turn(self._dismiss)

    async def aclose(self) -> None:
        """Stop. What is known of lines is written; sockets close; the ledger keeps the lesson open unless it ended."""
        await self._write_lines()
        self._is_closed = True
        await self.hall.tasks.aclose()
        while not self._waiting.empty():
            _, future = self._waiting.get_nowait()
            if future is not None and not future.done():
                future.set_exception(Conflict("room.closed"))
        for held in self.hall.participants.values():
            if held.connection is not None:
                held.connection.close()
        self.hall.media.close()

    async def _write_lines(self) -> None:
        if self.hall.state.phase not in OPEN:
            return
        try:
            await self.in_turn(lambda: self.hall.record_lines(self.hall.lines.take_all()))
        except (Conflict, Overloaded):
            return
        except Exception as error:
            log.error("lines not written", lesson=self.lesson, exc_info=error)

    async def in_turn(self, act: Callable[[], Awaitable[T]]) -> T:
        """Run in the owner task after everything that was handed in before. Raises what `act` raises."""
        if self._is_closed:
            raise Conflict("room.closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((act, future))
        except asyncio.QueueFull:
            raise Overloaded("room.busy") from None
        return await future

    def _post(self, act: Callable[[], Awaitable[Any]]) -> None:
        if self._is_closed:
            return
        try:
            self._waiting.put_nowait((act, None))
        except asyncio.QueueFull:
            log.error("room cannot follow", lesson=self.lesson)

    async def _serve(self) -> None:
        while True:
            act, future = await self._waiting.get()
            try:
                result = await act()
            except Fenced:
                self._fenced(future)
                return
            except Exception as error:
                self._failed(error, future)
            else:
                if future is not None and not future.done():
                    future.set_result(result)

    def _failed(self, error: Exception, future: asyncio.Future[Any] | None) -> None:
        """A turn that failed harms nobody else: what was not recorded has not happened."""
        if future is None:
            log.error("a turn failed", lesson=self.lesson, exc_info=error)
        elif not future.done():
            future.set_exception(error)

    def _fenced(self, future: asyncio.Future[Any] | None) -> None:
        """Another node owns the lesson: stop at once; browsers come back and are sent there."""
        log.warning("another node owns the lesson", lesson=self.lesson)
        if future is not None and not future.done():
            future.set_exception(Conflict("room.moved"))
        self._is_closed = True
        if self.on_moved is not None:
            self.on_moved()

    async def _watch_time(self) -> None:
        while True:
            await self.hall.clock.sleep(TICK_S)
            await self._tick_in_turn()

    async def _tick_in_turn(self) -> None:
        try:
            await self.in_turn(self._timekeeper.tick)
        except (Conflict, Overloaded):
            return
        except Exception as error:
            log.error("the clock's turn failed", lesson=self.lesson, exc_info=error)

    async def _do(self, connection: ConnectionId, command: Command) -> int:
        held = self._seat_of(connection)
        hall = self.hall
        own = OWN.get(type(command))
        actor = Actor(held.person, held.role)
        if own is not None:
            allow(hall.state, actor, command)
            await own(hall, held, command)
        else:
            await hall.record(decide(hall.state, actor, command, hall.moment()), Origin.HUMAN, held)
        return held.outbox.seq

    def _seat_of(self, connection: ConnectionId) -> Participant:
        for held in self.hall.participants.values():
            if held.connection is not None and held.connection.id == connection:
                return held
        raise Conflict("room.not_here")

    async def _gone(self, connection: ConnectionId, at_us: int, why: str) -> None:
        arrivals.gone(self.hall, connection, at_us, why)

    async def _tell(self, push: Push) -> None:
        self.hall.tell([Outgoing(push)])

    async def _dismiss(self) -> None:
        hall = self.hall
        last_us = hall.state.ended_us or hall.now_us
        await hall.record_lines(hall.lines.take_all())
        people: Sequence[PersonId] = [each.person for each in hall.state.seated()]
        for device in tuple(hall.devices):
            await devices.go(hall, device, "lesson_end")
        for person in people:
            held = hall.participants.get(person)
            if held is None:
                continue
            held.send(encoded(tell.Removed(code="lesson_closed", reason="")))
            alive_us = min(held.alive_us(hall.media.last_alive_us(person)), max(last_us, held.socket_alive_us))
            await hall.record(leave(hall.state, person, alive_us, "lesson_end"), Origin.SERVER, held)

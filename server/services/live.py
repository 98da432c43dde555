"""Live lessons of this node: which rooms are open, who may come in, how they end. One room per lesson, owned by one node.

A room opens at the first knock from T−30 on, or when a server comes back to a lesson that was open. It ends by its own events; what follows
(last picture, closing the recording, the seal) is live_ending.py's.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from media.face import Relay
from server.clock import Clock, micros
from server.errors import Conflict, NotFound, Refused, Unauthenticated
from server.fanout import Fanout, Lease, LeaseLost, Unreachable
from server.fanout.face import LEASE_RENEW_S
from server.identity.account import Account
from server.identity.tickets import LIFETIME_S, IssuedTicket, Tickets
from server.identity.turn import TurnServers
from server.ids import LessonId
from server.ledger import Ledger, lesson_log
from server.room.arrivals import Arrival
from server.room.commands import Connect
from server.room.doors import Connection
from server.room.room import Room
from server.room.state import Presence
from server.school.lesson_states import AFTER, OPEN, LessonState
from server.school.permissions import Role, room_role
from server.school.plan import LessonPlan
from server.services.live_ending import Ending
from server.services.live_opening import Opened, Opener
from server.services.live_plan import PlanKeeper
from server.services.live_recording import LiveHost
from server.services.planning import MyLesson, Planning
from server.services.recordings import Recordings
from server.tasks import TaskGroupOf

log = structlog.get_logger("live")

#: A lobby in which nobody starts the lesson closes this long after its planned end.
LOBBY_KEPT_US = 3_600_000_000
_WATCH_S = 30.0


@dataclass(slots=True)
class LiveLesson:
    """One open room with what belongs to it."""

    opened: Opened
    lease: Lease

    @property
    def room(self) -> Room:
        return self.opened.room


@dataclass(frozen=True, slots=True)
class TicketAnswer:
    """`node` is the address of the node that has the room; empty: this one."""

    issued: IssuedTicket
    role: Role
    other_device: bool
    node: str


class Live:
    """One per node. `node` is its address for browsers, unique among nodes (empty: the only one)."""

    def __init__(
        self,
        *,
        planning: Planning,
        ledger: Ledger,
        tickets: Tickets,
        fanout: Fanout,
        clock: Clock,
        relay: Relay | None = None,
        recordings: Recordings | None = None,
        record: bool = True,
        node: str = "",
        turn: TurnServers | None = None,
    ) -> None:
        self._planning = planning
        self._ledger = ledger
        self._tickets = tickets
        self._fanout = fanout
        self._clock = clock
        self._recordings = recordings
        self._record = record
        self._node = node
        self._relay = relay
        self._opener = Opener(planning, ledger, clock, relay, turn or TurnServers())
        self._plan = PlanKeeper(planning, clock)
        self._lessons: dict[LessonId, LiveLesson] = {}
        self._opening: dict[LessonId, asyncio.Lock] = {}
        self._interrupted: dict[LessonId, int] = {}
        self._tasks = TaskGroupOf("live")
        self.ending = Ending(self._plan, clock)

    async def start(self) -> None:
        """Take up lessons that were open when the last process ended. The ledger must have been started."""
        self._plan.start()
        self._interrupted = {each.lesson: each.last_alive_us for each in await self._ledger.interrupted()}
        lessons = {line.id for line in await self._planning.open_lessons()} | set(self._interrupted)
        for lesson in sorted(lessons):
            try:
                await self.room(lesson)
            except (Conflict, NotFound, Unreachable) as problem:
                log.warning("a lesson was not taken up", lesson=lesson, reason=str(problem))
        self._tasks.start(self._keep_leases(), "leases")
        self._tasks.start(self._watch(), "watch")

    async def aclose(self) -> None:
        """Stop all rooms. Lessons in progress stay open in the record, to be taken up again."""
        await self._tasks.aclose()
        for lesson in list(self._lessons):
            await self._close(lesson)
        await self._plan.aclose()

    def open_rooms(self) -> list[Room]:
        return [each.room for each in self._lessons.values()]

    def room_of(self, lesson: LessonId) -> Room | None:
        """The lesson's room, if it is open on this node."""
        held = self._lessons.get(lesson)
        return held.room if held is not None else None

    def lease_of(self, lesson: LessonId) -> Lease:
        """By what this node owns the lesson's room. Raises KeyError when it does not."""
        return self._lessons[lesson].lease

    def present(self, lesson: LessonId) -> int:
        """Students connected now; 0 without a room on this node."""
        room = self.room_of(lesson)
        return room.hall.view.counts().present if room is not None else 0

    async def room(self, lesson: LessonId) -> Room:
        """The lesson's room, opened if its time has come. Raises Conflict `room.not_open`, `room.ended`, `room.elsewhere`."""
        held = self._lessons.get(lesson)
        if held is not None:
            return held.room
        async with self._opening.setdefault(lesson, asyncio.Lock()):
            held = self._lessons.get(lesson)
            if held is None:
                held = await self._open(lesson)
            return held.room

    async def ticket(self, account: Account, mine: MyLesson, device: str) -> TicketAnswer:
        """A ticket for the room. Raises Problem: not open, ended, removed, consent not given."""
        lesson, role = mine.line.id, room_role(mine.role)
        consent = await self._planning.consent(account.person, mine.line.cohort, mine.line.school)
        if role is Role.STUDENT and consent.given_us is None:
            raise Conflict("consent.required", version=consent.notice.version)
        node = await self.elsewhere(lesson)
        other_device = False
        if not node:
            room = await self.room(lesson)
            known = room.hall.state.person(account.person)
            if known is not None and known.presence is Presence.REMOVED:
                raise Refused("room.removed")
            if consent.given_us is not None:
                notice = consent.notice
                await room.consented(account.id, account.person, notice.version, list(notice.purposes))
            seated = room.hall.participants.get(account.person)
            other_device = seated is not None and seated.is_connected and seated.device != device
        issued = self._tickets.issue(account.id, account.person, lesson, role.value)
        return TicketAnswer(issued, role, other_device, node)

    async def enter(self, connect: Connect, connection: Connection) -> Room:
        """Let a connection in by its ticket, or by the seat it holds. Raises Problem; a refusal changes nobody's seat."""
        if connect.ticket is None:
            room = self._room_holding(connect)
            if room is None:
                raise Unauthenticated("ticket.missing")
            await room.resume(connect, connection)
            return room
        ticket = self._tickets.verify(connect.ticket)
        if not await self._fanout.use_once(f"ticket:{ticket.jti}", LIFETIME_S + 5):
            raise Unauthenticated("ticket.used")
        holder = self._room_holding(connect)
        if holder is not None and holder.lesson != ticket.lesson:
            raise Unauthenticated("ticket.other_lesson")
        room = await self.room(ticket.lesson)
        card = room.hall.cards.get(ticket.person) or await self._planning.card(ticket.person)
        arrival = Arrival(connect, ticket.person, Role(ticket.role), ticket.account, card, connection)
        await room.join(arrival)
        return room

    def _room_holding(self, connect: Connect) -> Room | None:
        return next((each.room for each in self._lessons.values() if each.room.holds(connect)), None)

    async def elsewhere(self, lesson: LessonId) -> str:
        """The address of another node that has the room; empty if it is here, nowhere, or nobody can tell."""
        if lesson in self._lessons:
            return ""
        try:
            owner = await self._fanout.owner(lesson)
        except Unreachable:
            return ""
        return owner if owner is not None and owner != self._node else ""

    async def _open(self, lesson: LessonId) -> LiveLesson:
        plan = await self._plan_to_open(lesson)
        head = await self._ledger.head(lesson_log(lesson))
        lease = await self._fanout.acquire(lesson, self._node, head.epoch if head is not None else 0)
        if lease is None:
            raise Conflict("room.elsewhere")
        opened = await self._opener.open(plan, lease.epoch, self._interrupted.pop(lesson, None))
        await opened.writer.beat()
        held = LiveLesson(opened, lease)
        self._lessons[lesson] = held
        await self._furnish(held)
        return held

    async def _plan_to_open(self, lesson: LessonId) -> LessonPlan:
        """The plan, its policy frozen. Raises Conflict while it is too early, and when the lesson is over and sealed."""
        plan = await self._planning.plan(lesson)
        state = LessonState(plan.state)
        now_us = micros(self._clock.now())
        if state is LessonState.SCHEDULED:
            opens_us = plan.start_us - plan.policy.get("lobby_s", 0) * 1_000_000
            if now_us < opens_us:
                raise Conflict("room.not_open", state=state.value)
            if now_us > plan.end_us + LOBBY_KEPT_US:
                raise Conflict("room.ended")
            await self._planning.set_state(lesson, LessonState.LOBBY, now_us)
            return await self._planning.plan(lesson)
        if state is LessonState.LOBBY and now_us > plan.end_us + LOBBY_KEPT_US:
            raise Conflict("room.ended")
        if state in OPEN or (state in AFTER and lesson in self._interrupted):
            return plan
        raise Conflict("room.ended" if state in AFTER else "room.not_open", state=state.value)

    async def _furnish(self, held: LiveLesson) -> None:
        """Recording, the plan's copy of the state, and what happens at the end; then whatever was interrupted goes on."""
        room, hall = held.room, held.room.hall
        lesson = room.lesson
        room.on_moved = lambda: self._forget(lesson)
        hall.observers.append(self._plan.observe)
        if self._recordings is not None and hall.media.router is not None:
            wanted = self._record and await self._planning.records(await self._planning.line(lesson))
            events = await self._ledger.read(lesson_log(lesson))
            host = LiveHost(room, held.opened.writer, events)
            hall.recording = self._recordings.open(host, hall.media.router, record=wanted)
            if hall.state.is_teaching() and hall.state.started_us is not None:
                hall.recording.begin(hall.state.started_us)
        hall.on_ended = lambda: self._end(lesson)
        self._plan.sync(lesson, hall.state)
        if hall.state.phase is LessonState.ENDED:
            self._end(lesson)

    def _end(self, lesson: LessonId) -> None:
        held = self._lessons.get(lesson)
        if held is not None:
            self._tasks.start(self._run_ending(lesson, held), f"ending-{lesson}")

    async def _run_ending(self, lesson: LessonId, held: LiveLesson) -> None:
        await self.ending.run(held.opened)
        await self._close(lesson)

    async def _close(self, lesson: LessonId) -> None:
        held = self._lessons.pop(lesson, None)
        if held is None:
            return
        if held.room.hall.recording is not None:
            held.room.hall.recording.close()
        await held.room.aclose()
        try:
            await self._fanout.release(held.lease)
        except Unreachable:
            log.warning("a lease was not released", lesson=lesson)

    def _forget(self, lesson: LessonId) -> None:
        """The room is another node's: shut ours; browsers come back and are told where it is."""
        self._tasks.start(self._close(lesson), f"forget-{lesson}")

    async def _keep_leases(self) -> None:
        while True:
            await self._clock.sleep(LEASE_RENEW_S)
            for lesson, held in list(self._lessons.items()):
                try:
                    await self._fanout.renew(held.lease)
                except LeaseLost:
                    log.warning("a lease was lost", lesson=lesson)
                    self._forget(lesson)
                except Unreachable:
                    continue

    async def _watch(self) -> None:
        """Close lobbies in which nothing came to be."""
        while True:
            await self._clock.sleep(_WATCH_S)
            now_us = micros(self._clock.now())
            for lesson, held in list(self._lessons.items()):
                is_lobby = held.room.hall.state.phase is LessonState.LOBBY
                if is_lobby and now_us > held.opened.plan.end_us + LOBBY_KEPT_US:
                    await self._close(lesson)

"""What the owner task of a room holds, and the one way in which something happens in it: record, let happen, tell, act.

Used by the owner task alone, so nothing here is locked. Which events a wish leads to is decided elsewhere (`decisions*.py`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from media.face import Admission
from server.attendance.policy import Policy
from server.clock import Clock, micros
from server.errors import Problem
from server.events import device as device_facts
from server.events import lesson, room
from server.events.base import Event, Origin, Recorded
from server.identity.turn import TurnServers
from server.ids import DeviceId, ParticipantId, PersonId
from server.ledger.faces import NewEvent
from server.room.apply import apply
from server.room.decisions_floor import may_publish, priority
from server.room.device import CAMERA, Device
from server.room.doors import Log, Observer, RecordingDoor
from server.room.lines import Lines
from server.room.media_link import MediaLink
from server.room.moment import Moment
from server.room.outbox import encoded
from server.room.outward import Outgoing, outgoing
from server.room.participant import Participant
from server.room.pushes import RecordingInfo
from server.room.state import RoomState
from server.room.view import View
from server.room.visibility import OPEN, Party, reach
from server.school.lesson_states import LessonState
from server.school.permissions import Role, may_push
from server.school.plan import LessonPlan, PersonCard
from server.tasks import TaskGroupOf

log = structlog.get_logger("room")

_NO_RECORDING = RecordingInfo(state="off", since_us=None, lost_ms=0)


@dataclass(slots=True)
class Hall:
    """One live lesson. `epoch` is that of the lease: a new one means a new server for the browsers."""

    plan: LessonPlan
    policy: Policy
    state: RoomState
    log: Log
    clock: Clock
    media: MediaLink
    tasks: TaskGroupOf
    cards: dict[PersonId, PersonCard]
    participants: dict[PersonId, Participant] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    recording: RecordingDoor | None = None
    observers: list[Observer] = field(default_factory=list)
    #: The school's TURN servers, for browsers that cannot reach the media port.
    turn: TurnServers = field(default_factory=TurnServers)
    on_ended: Callable[[], None] | None = None
    #: Who speaks now, for whoever joins in the middle of a sentence.
    speakers: list[str] = field(default_factory=list)
    #: What was measured and claimed of lines and is not in the record yet.
    lines: Lines = field(default_factory=Lines)
    snapshots: set[asyncio.Task[None]] = field(default_factory=set)
    chance: random.Random = field(default_factory=random.SystemRandom)

    @property
    def view(self) -> View:
        return View(self.state, self.plan, self.cards, self.participants)

    @property
    def now_us(self) -> int:
        return micros(self.clock.now())

    @property
    def recording_info(self) -> RecordingInfo:
        return self.recording.info if self.recording is not None else _NO_RECORDING

    @property
    def planned_end_us(self) -> int:
        return max(each.end_us for each in self.plan.periods)

    def moment(self) -> Moment:
        return Moment.of(self.clock)

    async def record(self, events: Sequence[Event], origin: Origin, by: Participant | None = None) -> list[Recorded]:
        """Make these facts durable, then let them happen and tell everybody. Raises what the ledger raises; then nothing happened."""
        if not events:
            return []
        actor, connection = (by.account, by.connection_id) if by is not None else (None, None)
        return await self.record_all([NewEvent(each, origin, actor, connection) for each in events])

    async def record_all(self, news: Sequence[NewEvent]) -> list[Recorded]:
        """The same for facts that bring their own source."""
        recorded = await self.log.append(*news) if news else []
        for each in recorded:
            apply(self.state, each)
            for observe in self.observers:
                observe(each)
        self.tell(outgoing(self.view, recorded))
        for each in recorded:
            self._act(each.event)
        return recorded

    async def record_lines(self, gathered: Sequence[tuple[Event, Origin]]) -> None:
        """Facts about lines, all in one append."""
        await self.record_all([NewEvent(event, origin) for event, origin in gathered])

    def is_here(self, who: ParticipantId) -> bool:
        """Whether a person's or device's line may still tell something."""
        return who in self.participants or who in self.devices

    def tell(self, told: Iterable[Outgoing]) -> None:
        """Send each push to its audience, encoded once. The table of rights has the last word on who may be told what."""
        for each in told:
            tag = str(each.push.__struct_config__.tag)
            allowed = {role for role in Role if may_push(tag, role, self.state.phase)}
            body = encoded(each.push)
            for held in tuple(self.participants.values()):
                if held.role in allowed and each.is_for(held.person, held.role):
                    held.send(body)

    def admission(self, held: Participant) -> Admission:
        """What the relay may do for this person, and whom it may send them."""
        has_floor = held.person in self.state.floor
        row = reach(self.state, held.person, held.role)
        return Admission(
            may_publish(held.role, has_floor),
            priority(held.role, has_floor),
            sees=self._peers(row.sees),
            hears=self._peers(row.hears),
        )

    def device_admission(self, purpose: str, sound: bool) -> Admission:
        """A camera is the lecturer's: shown to all, first in line. Its sound only if the key says so: two microphones in one hall echo.

        A screen stands before an audience: it shows what a student may see.
        """
        if purpose == CAMERA:
            return Admission(frozenset({"camera", "microphone"} if sound else {"camera"}), 2)
        row = reach(self.state, None, Role.STUDENT)
        return Admission(frozenset(), 0, sees=self._peers(row.sees), hears=self._peers(row.hears))

    def _peers(self, parties: frozenset[Party] | None) -> frozenset[int] | None:
        return None if parties is None else frozenset(map(self.media.peer_of, parties))

    def _admit_all(self) -> None:
        """The matrix may have changed for anybody; the relay acts on what did."""
        for person, held in self.participants.items():
            self.media.admit(person, self.admission(held))
        for device, known in self.devices.items():
            self.media.admit(device, self.device_admission(known.purpose, known.sound))

    def drop(self, person: PersonId) -> None:
        """The seat is given up: media ends, the socket is closed."""
        held = self.participants.pop(person, None)
        self.media.remove(person)
        if held is not None and held.connection is not None:
            held.connection.close()

    def drop_device(self, device: DeviceId) -> None:
        """The device is gone: its media end."""
        self.devices.pop(device, None)
        self.media.remove(device)

    def _act(self, event: Event) -> None:
        """What a fact means for relay, recording and sockets."""
        match event:
            case room.PersonLeft() | room.PersonRemoved():
                self.drop(event.person)
            case device_facts.DeviceLeft() if event.reason != "replaced":
                self.drop_device(event.device)
            case room.FloorGiven() | room.FloorTaken() | room.VisibilitySet() | room.AsideStarted() | room.AsideEnded():
                self._admit_all()
            case room.PersonKnocked() | device_facts.DeviceJoined() if self._widens(event):
                self._admit_all()
            case room.ScreenshotAsked():
                task = self.tasks.start(self._take_snapshot(event.cause), f"snapshot-{event.cause}")
                self.snapshots.add(task)
                task.add_done_callback(self.snapshots.discard)
            case lesson.LessonStarted():
                self._admit_all()
                if self.recording is not None and self.state.started_us is not None:
                    self.recording.begin(self.state.started_us)
            case lesson.LessonEnded():
                if self.on_ended is not None:
                    self.on_ended()

    def _widens(self, event: room.PersonKnocked | device_facts.DeviceJoined) -> bool:
        """Whether somebody who came in now stands in others' rows of the matrix. In the lobby students see the staff and its devices."""
        if self.state.aside or self.state.visibility != OPEN:
            return True
        is_student = isinstance(event, room.PersonKnocked) and event.role == Role.STUDENT
        return self.state.phase is LessonState.LOBBY and not is_student

    async def _take_snapshot(self, cause: str) -> None:
        """A picture that cannot be had is told in the log; the sheet asks for it again when too few exist."""
        if self.recording is None:
            return
        try:
            await self.recording.take_snapshot(source="lecturer" if cause == "lecturer" else "system")
        except Problem as problem:
            log.warning("no picture", lesson=self.plan.lesson, cause=cause, code=problem.code)

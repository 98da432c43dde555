"""What happens in a room because time passes: seats run out, roll-calls come and close, pictures are due, nobody teaches any more."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.events.base import Event, Origin
from server.identity.turn import RENEW_S
from server.room import devices
from server.room import pushes as tell
from server.room.arrivals import given_relays
from server.room.decisions_lesson import end_without_lecturer, screenshot
from server.room.decisions_presence import leave, lose
from server.room.decisions_roll_call import automatic_count, close_due, retry_due, start_automatic
from server.room.hall import Hall
from server.room.outbox import encoded
from server.room.participant import Participant
from server.room.schedule import Picture, next_picture, pictures, roll_call_moments
from server.school.lesson_states import OPEN, LessonState

#: How often a room looks at the clock.
TICK_S = 1.0
#: After a restart, a roll-call that was due meanwhile waits until browsers are back.
_AFTER_RESTART_US = 60_000_000
_LOST_TO_LEFT = {"socket_closed": "page_close", "heartbeat_lost": "heartbeat_lost", "server_restart": "server_restart"}


@dataclass(slots=True)
class Timekeeper:
    """Looks once per `TICK_S`. The plan is made when the lesson is live, at random seconds."""

    hall: Hall
    roll_calls: list[int] | None = None
    pictures: list[Picture] = field(default_factory=list)

    async def tick(self) -> None:
        hall = self.hall
        if hall.state.phase not in OPEN:
            return
        await hall.log.beat()
        for held in tuple(hall.participants.values()):
            await self._seat(held)
            self._renew_relays(held)
        await devices.look(hall)
        await hall.record_lines(hall.lines.take_due(hall.now_us, hall.is_here))
        if hall.state.is_teaching():
            await self._lesson()

    async def _seat(self, held: Participant) -> None:
        hall, now_us = self.hall, self.hall.now_us
        if held.connection is not None and not held.connection.is_open:
            held.unseat(now_us, "heartbeat_lost")
        media_us = hall.media.last_alive_us(held.person)
        if held.is_gone(now_us, media_us, hall.policy.dead_after_s * 1_000_000):
            held.lost_us = now_us
            lost = lose(hall.state, held.person, held.alive_us(media_us), held.why_closed)
            await hall.record(lost, Origin.SERVER, held)
        elif held.lost_us is not None and now_us - held.lost_us >= hall.policy.grace_s * 1_000_000:
            left = leave(hall.state, held.person, held.alive_us(media_us), _LOST_TO_LEFT[held.why_closed])
            await hall.record(left, Origin.SERVER, held)

    def _renew_relays(self, held: Participant) -> None:
        """A browser that gathers candidates again after an hour needs credentials that still open relays."""
        hall = self.hall
        if hall.turn.urls and hall.now_us - held.relays_given_us >= RENEW_S * 1_000_000:
            held.send(encoded(tell.IceServersChanged(ice_servers=given_relays(hall, held))))

    async def _lesson(self) -> None:
        hall, state = self.hall, self.hall.state
        if self.roll_calls is None:
            self._plan()
        moment = hall.moment()
        await self._record(close_due(state, moment.at_us))
        await self._record(self._roll_call())
        picture = next_picture(self.pictures, state.screenshots_asked, moment.at_us)
        if picture is not None and state.phase is LessonState.LIVE:
            await self._record(screenshot(state, picture.cause))
        await self._record(end_without_lecturer(state, moment.at_us, hall.policy.auto_end_s))

    def _roll_call(self) -> list[Event]:
        hall, moment = self.hall, self.hall.moment()
        issued, planned = automatic_count(hall.state), self.roll_calls or []
        if issued < len(planned) and planned[issued] <= moment.at_us:
            return start_automatic(hall.state, hall.policy.roll_call_window_s, moment)
        return retry_due(hall.state, hall.policy.roll_call_retry_s, moment)

    def _plan(self) -> None:
        """Planned from the actual start; again, with new chance, after a restart."""
        hall, policy = self.hall, self.hall.policy
        started_us = hall.state.started_us or hall.now_us
        self.pictures = pictures(started_us, hall.planned_end_us, policy)
        end_us = hall.planned_end_us - policy.roll_call_window_s * 1_000_000
        chances = [hall.chance.random() for _ in range(policy.roll_calls)]
        moments = roll_call_moments(started_us, end_us, policy.roll_calls, chances)
        issued = automatic_count(hall.state)
        least = hall.now_us + _AFTER_RESTART_US
        is_restart = hall.now_us - started_us > 2 * _AFTER_RESTART_US
        later = [max(each, least) for each in moments[issued:]] if is_restart else moments[issued:]
        self.roll_calls = moments[:issued] + later

    async def _record(self, events: list[Event]) -> None:
        await self.hall.record(events, Origin.SERVER)

"""How a lesson's room comes into being: the facts frozen at its opening, or its state rebuilt from what the ledger holds."""

from __future__ import annotations

from dataclasses import dataclass

from media.face import Relay
from server.attendance.policy import RULE_VERSION, Policy
from server.clock import Clock
from server.events.base import Origin, Recorded
from server.events.lesson import Leave, LessonOpened, Period, RosterLine
from server.identity.turn import TurnServers
from server.ids import PersonId
from server.ledger import Ledger, LogWriter, lesson_log
from server.room.hall import Hall
from server.room.media_link import MediaLink
from server.room.rebuild import hold_seats, state_of, take_up
from server.room.room import Room
from server.school.lesson_states import OPEN
from server.school.plan import LessonPlan, PersonCard
from server.services.planning import Planning
from server.tasks import TaskGroupOf


@dataclass(slots=True)
class Opened:
    """A room with the writer of its chain."""

    room: Room
    writer: LogWriter
    plan: LessonPlan


class Opener:
    """Makes rooms. Ownership (the lease) is the caller's business; `epoch` comes from it."""

    def __init__(
        self, planning: Planning, ledger: Ledger, clock: Clock, relay: Relay | None, turn: TurnServers
    ) -> None:
        self._planning = planning
        self._ledger = ledger
        self._clock = clock
        self._relay = relay
        self._turn = turn

    async def open(self, plan: LessonPlan, epoch: int, last_alive_us: int | None) -> Opened:
        """The room of a plan, its owner task running.

        `last_alive_us`: when an earlier server process was last known to hold this lesson; None if nothing was interrupted.
        """
        log_id = lesson_log(plan.lesson)
        writer = await self._ledger.open(log_id, plan.lesson, epoch=epoch)
        events = await self._ledger.read(log_id)
        hall = await self._hall(plan, writer, events)
        room = Room(hall)
        if hall.state.opened is None:
            opened = opening(plan)
            await room.in_turn(lambda: hall.record([opened], Origin.SERVER))
        elif hall.state.phase in OPEN:
            since_us = last_alive_us if last_alive_us is not None else events[-1].at_us
            await room.in_turn(lambda: take_up(hall, since_us))
        else:
            hold_seats(hall)
        return Opened(room, writer, plan)

    async def _hall(self, plan: LessonPlan, writer: LogWriter, events: list[Recorded]) -> Hall:
        state = state_of(plan.lesson, events)
        return Hall(
            plan=plan,
            policy=Policy.from_dict(state.opened.policy if state.opened is not None else plan.policy),
            state=state,
            log=writer,
            clock=self._clock,
            media=MediaLink(self._relay),
            tasks=TaskGroupOf(f"room-{plan.lesson}"),
            cards=await self._cards(plan, set(state.people)),
            turn=self._turn,
        )

    async def _cards(self, plan: LessonPlan, known: set[PersonId]) -> dict[PersonId, PersonCard]:
        """Names of everybody on the roster, and of guests whom the record knows already."""
        people = [plan.lecturer, *(member.card for member in plan.roster)]
        if plan.class_manager is not None:
            people.append(plan.class_manager)
        cards = {card.person: card for card in people}
        for person in known - set(cards):
            cards[person] = await self._planning.card(person)
        return cards


def opening(plan: LessonPlan) -> LessonOpened:
    """The plan as the record freezes it: ids and numbers, no names."""
    policy = Policy.from_dict(plan.policy)
    return LessonOpened(
        lesson=plan.lesson,
        cohort=plan.cohort,
        topic=plan.topic,
        lecturer=plan.lecturer.person,
        class_manager=plan.class_manager.person if plan.class_manager is not None else None,
        periods=[Period(no=p.no, start_us=p.start_us, end_us=p.end_us) for p in plan.periods],
        roster=[RosterLine(enrolment=m.enrolment, person=m.card.person) for m in plan.roster],
        leaves=[Leave(enrolment=e.enrolment, from_us=e.from_us, to_us=e.to_us) for e in plan.leaves],
        policy_version=plan.policy_version,
        policy=policy.to_dict(),
        rule_version=RULE_VERSION,
    )

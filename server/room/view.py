"""State → shapes: how a room looks to somebody. Names come from the plan's cards; the state knows ids only. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.ids import ParticipantId, PersonId
from server.room.participant import Claims, Participant
from server.room.pushes import (
    ChatMessage,
    Counts,
    LessonInfo,
    PeriodInfo,
    RaisedHand,
    RollCallInfo,
    RosterEntry,
    Visibility,
)
from server.room.state import STAFF, ChatEntry, DeviceState, PersonState, Presence, RollCall, RoomState
from server.school.permissions import Role
from server.school.plan import LessonPlan, PersonCard

_NO_CLAIMS = Claims(hears=True)


@dataclass(frozen=True, slots=True)
class View:
    """One room for looking at: what happened, what was planned, who everybody is, what browsers claim."""

    state: RoomState
    plan: LessonPlan
    cards: Mapping[PersonId, PersonCard]
    participants: Mapping[PersonId, Participant]

    def lesson(self) -> LessonInfo:
        plan, state = self.plan, self.state
        return LessonInfo(
            id=plan.lesson,
            topic=plan.topic_name,
            course_unit=plan.course_unit_name,
            cohort_code=plan.cohort_code,
            room_code=plan.room_code,
            periods=[PeriodInfo(no=p.no, start_us=p.start_us, end_us=p.end_us) for p in plan.periods],
            state=state.phase.value,
            started_us=state.started_us,
            ended_us=state.ended_us,
        )

    def roster(self) -> list[RosterEntry]:
        people = [self.entry(person) for person in self.state.people.values()]
        return people + [self.device(each) for each in self.state.present_devices()]

    def entries(self, who: set[ParticipantId]) -> list[RosterEntry]:
        people = [self.entry(person) for each, person in self.state.people.items() if each in who]
        return people + [self.device(device) for each, device in self.state.devices.items() if each in who]

    def entry(self, person: PersonState) -> RosterEntry:
        card = self.cards.get(person.person)
        held = self.participants.get(person.person)
        claims = held.claims if held is not None and person.is_seated else _NO_CLAIMS
        return RosterEntry(
            participant=person.person,
            name=card.name if card else "",
            given_name=card.given_name if card else "",
            title=card.title if card and person.role is Role.LECTURER else "",
            code=card.code if card else "",
            unit=card.unit if card else "",
            role=person.role.value,
            presence=person.presence.value,
            state=person.state,
            since_us=person.since_us,
            microphone=claims.microphone,
            camera=claims.camera,
            screen=claims.screen,
            hears=claims.hears,
            times_spoken=person.times_spoken,
            line=held.line if held is not None and person.is_seated else "",
        )

    def device(self, device: DeviceState) -> RosterEntry:
        """A device shows what the server sees it send, and bears its owner's name; what it is called is said by whoever shows it."""
        card = self.cards.get(device.owner)
        return RosterEntry(
            participant=device.device,
            name=card.name if card else "",
            given_name=card.given_name if card else "",
            title="",
            code="",
            unit="",
            role="device",
            presence=(Presence.PRESENT if device.is_present else Presence.LEFT).value,
            state="learning" if device.is_present else "left",
            since_us=device.since_us,
            microphone="microphone" in device.media,
            camera="camera" in device.media,
            screen=False,
            hears=True,
            times_spoken=0,
            owner=device.owner,
            purpose=device.purpose,
        )

    def counts(self) -> Counts:
        present = self.state.present_students()
        held = [self.participants.get(each.person) for each in present]
        return Counts(
            enrolled=sum(each.role is Role.STUDENT for each in self.state.people.values()),
            present=len(present),
            cannot_hear=sum(each is not None and not each.claims.hears for each in held),
        )

    def chat(self, role: Role) -> list[ChatMessage]:
        return [self.message(entry, role) for entry in self.state.chat.values()]

    def message(self, entry: ChatEntry, role: Role) -> ChatMessage:
        """A hidden message keeps its place; its text reaches staff only."""
        is_hidden = entry.hidden_reason is not None
        return ChatMessage(
            message=entry.message,
            participant=entry.person,
            at_us=entry.at_us,
            text="" if is_hidden and role not in STAFF else entry.text,
            edited=entry.edited,
            hidden=is_hidden,
        )

    def hands(self) -> list[RaisedHand]:
        return [RaisedHand(participant=person, since_us=at_us) for person, at_us in self.state.hands.items()]

    def floor(self) -> list[str]:
        return list(self.state.floor)

    def visibility(self) -> Visibility:
        return Visibility(mode=self.state.visibility, aside=sorted(self.state.aside))

    def roll_call(self, person: PersonId, role: Role) -> RollCallInfo | None:
        call = self.state.open_roll_call
        return None if call is None else self.roll_call_info(call, person, role)

    def roll_call_info(self, call: RollCall, person: PersonId, role: Role) -> RollCallInfo:
        """Staff see how many answered. A retry asks nothing of those who answered the first time."""
        is_staff = role in STAFF
        earlier = [each for each in self.state.roll_calls if each.no == call.no]
        return RollCallInfo(
            roll_call=call.roll_call,
            no=call.no,
            opened_us=call.opened_us,
            closes_us=call.closes_us,
            answered_by_me=any(person in each.answered for each in earlier),
            answered=len(call.answered) if is_staff else 0,
            asked=len(call.asked) if is_staff else 0,
        )

    def present(self) -> list[PersonState]:
        """Whoever is in the room now: the lecturer first, then in roster order."""
        here = [each for each in self.state.people.values() if each.presence is Presence.PRESENT]
        return sorted(here, key=lambda each: each.role is not Role.LECTURER)

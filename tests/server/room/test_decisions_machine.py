"""Whatever people do in whatever order: no exception but a Problem, the state follows from the events, order is kept."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.errors import Problem
from server.events import room
from server.events.lesson import ServerOutage
from server.events.stored import body_of
from server.ids import PersonId
from server.room import commands as wish
from server.room import decisions_presence as presence
from server.room.decisions_roll_call import close_due, retry_due, start_automatic
from server.room.rebuild import interruption, state_of
from server.room.state import Presence
from tests.server.room.hall_of_values import LECTURER, MANAGER, STUDENTS, PaperRoom

people = st.sampled_from((LECTURER, MANAGER, *STUDENTS))
somebody = st.one_of(people, st.just(PersonId("nobody")))
messages = st.sampled_from(("m1", "m2", "m3"))
texts = st.text(min_size=1, max_size=20)
REASON = "lý do đủ mười ký tự"
plain = st.sampled_from((
    wish.StartLesson(), wish.SuspendLesson(), wish.ResumeLesson(), wish.EndLesson(), wish.RaiseHand(), wish.LowerHand(),
    wish.LowerAllHands(), wish.AskMute(), wish.TakeScreenshot(), wish.StartRollCall(window_s=30), wish.Leave(),
))  # fmt: skip
commands = st.one_of(
    plain,
    st.builds(lambda m, t: wish.PostChat(message=m, text=t), messages, texts),
    st.builds(lambda m, t: wish.EditChat(message=m, text=t), messages, texts),
    st.builds(lambda m: wish.HideChat(message=m, reason=REASON), messages),
    st.builds(lambda p: wish.GiveFloor(participant=p), somebody),
    st.builds(lambda p: wish.TakeFloor(participant=p), somebody),
    st.builds(lambda p: wish.LowerHand(participant=p), somebody),
    st.builds(lambda p: wish.AskMute(participant=p), somebody),
    st.builds(lambda p: wish.RemovePerson(participant=p, reason=REASON), somebody),
    st.builds(wish.SetVisibility, mode=st.sampled_from(["open", "staff_cameras", "exam"])),
    st.builds(lambda p: wish.StartAside(participant=p), somebody),
    st.just(wish.EndAside()),
)


class RoomMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.paper = PaperRoom()

    @rule(person=people, command=commands)
    def somebody_acts(self, person: PersonId, command: wish.Command) -> None:
        self._try(lambda: self.paper.do(person, command))

    @rule(person=people)
    def somebody_answers(self, person: PersonId) -> None:
        call = self.paper.state.open_roll_call
        if call is not None:
            self._try(lambda: self.paper.do(person, wish.AnswerRollCall(roll_call=call.roll_call)))

    @rule(person=people, device=st.sampled_from(("a", "b")), take_over=st.booleans(), busy=st.booleans())
    def somebody_comes(self, person: PersonId, device: str, take_over: bool, busy: bool) -> None:
        self._try(lambda: self.paper.enter(person, device=device, take_over=take_over, busy=busy))

    @rule(person=people, how=st.sampled_from(("lose", "leave", "back", "weak", "camera")))
    def a_line_changes(self, person: PersonId, how: str) -> None:
        state, now_us = self.paper.state, self.paper.now_us
        if how == "lose":
            self.paper.happen(presence.lose(state, person, now_us, "socket_closed"))
        elif how == "leave":
            self.paper.happen(presence.leave(state, person, now_us, "page_close"))
        elif how == "back":
            self.paper.happen(presence.came_back(state, person, "resumed"))
        elif how == "weak":
            self.paper.happen(presence.measured(state, person, "weak"))
        else:
            self.paper.happen(presence.media_changed(state, person, "camera", on=True))

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds: int) -> None:
        self.paper.now_us += seconds * 1_000_000
        self.paper.happen(close_due(self.paper.state, self.paper.now_us))
        self.paper.happen(retry_due(self.paper.state, 180, self.paper.moment()))

    @rule()
    def a_roll_call_is_due(self) -> None:
        self.paper.happen(start_automatic(self.paper.state, 30, self.paper.moment()))

    @rule()
    def the_server_restarts(self) -> None:
        paper = self.paper
        away = interruption(paper.state, paper.now_us, paper.now_us + 5_000_000)
        paper.now_us += 5_000_000
        paper.happen(away)
        if away:
            assert isinstance(away[-1], ServerOutage)

    @invariant()
    def every_event_can_be_recorded(self) -> None:
        for event in self.paper.events[-3:]:
            body_of(event)

    @invariant()
    def the_state_follows_from_the_events_alone(self) -> None:
        paper = self.paper
        recorded = [paper.recorded_at(n) for n in range(len(paper.events))]
        assert state_of(paper.state.lesson, recorded) == paper.state

    @invariant()
    def hands_stand_in_the_order_of_raising(self) -> None:
        order: list[PersonId] = []
        for event in self.paper.events:
            if isinstance(event, room.HandRaised) and event.person not in order:
                order.append(event.person)
            if isinstance(event, room.HandLowered) and event.person in order:
                order.remove(event.person)
        assert list(self.paper.state.hands) == order

    @invariant()
    def who_is_gone_holds_neither_hand_nor_floor(self) -> None:
        state = self.paper.state
        for person in (*state.hands, *state.floor):
            assert state.people[person].is_seated

    @invariant()
    def a_removed_person_is_never_present_again(self) -> None:
        removed = {each.person for each in self.paper.events if isinstance(each, room.PersonRemoved)}
        for person in removed:
            assert self.paper.state.people[person].presence is Presence.REMOVED

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Problem as problem:
            assert "." in problem.code


RoomMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRoomMachine = RoomMachine.TestCase

"""Who may do what: ONE table, asked by the REST edge and by the room. PURE.

A row names an act; its cells say in which states of the lesson each role may do it. Acts are of three kinds: requests (`roll.read`), commands of
the live room (`command.` + tag of server/room/commands.py) and pushes (`push.` + tag: who may be told). What is not in the table is refused.

A role is held in a scope: `role_in_lesson` turns a person's grants into the one role they have in a given lesson.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.ids import CohortId, LessonId, PersonId, SchoolId
from server.school.lesson_states import AFTER, OPEN, LessonState


class Role(StrEnum):
    LECTURER = "lecturer"
    STUDENT = "student"
    CLASS_MANAGER = "class_manager"
    TRAINING_OFFICE = "training_office"
    PRINCIPAL = "principal"
    OBSERVER = "observer"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """How wide a grant reaches."""

    SCHOOL = "school"
    COHORT = "cohort"
    LESSON = "lesson"


@dataclass(frozen=True)
class Grant:
    """One role in one scope, as it stands in `role_grant`."""

    role: Role
    scope_kind: Scope
    scope_id: str


@dataclass(frozen=True)
class LessonFacts:
    """What decides a person's role in a lesson."""

    lesson: LessonId
    cohort: CohortId
    school: SchoolId
    lecturer: PersonId
    class_manager: PersonId | None
    is_enrolled: bool


States = frozenset[LessonState]
ANY: States = frozenset(LessonState)
IN_ROOM: States = OPEN
TEACHING: States = frozenset({LessonState.LIVE, LessonState.SUSPENDED})
LIVE: States = frozenset({LessonState.LIVE})
LOBBY: States = frozenset({LessonState.LOBBY})
SUSPENDED: States = frozenset({LessonState.SUSPENDED})
SINCE_LIVE: States = TEACHING | AFTER
DRAFT: States = frozenset({LessonState.ENDED, LessonState.SHEET_OPEN})
ENTER: States = IN_ROOM | {LessonState.SCHEDULED}

R = Role
STAFF = (R.CLASS_MANAGER, R.TRAINING_OFFICE, R.PRINCIPAL)
INSIDE = (R.LECTURER, R.STUDENT, R.CLASS_MANAGER, R.TRAINING_OFFICE, R.PRINCIPAL, R.OBSERVER)
WATCHING = (R.CLASS_MANAGER, R.TRAINING_OFFICE, R.PRINCIPAL, R.OBSERVER)


def _cells(*pairs: tuple[Iterable[Role], States]) -> Mapping[Role, States]:
    return {role: states for roles, states in pairs for role in roles}


def _all(states: States) -> Mapping[Role, States]:
    return _cells((INSIDE, states))


_LECTURER = (R.LECTURER,)
_STUDENT = (R.STUDENT,)

TABLE: Mapping[str, Mapping[Role, States]] = {
    # requests
    "lesson.read": _cells((INSIDE, ANY), ((R.ADMINISTRATOR,), ANY)),
    "lesson.enter": _all(ENTER),
    "lesson.consent": _all(ENTER),
    "lesson.watch": _cells((STAFF, ANY)),
    "roll.read": _cells((_LECTURER, SINCE_LIVE), (STAFF, SINCE_LIVE)),
    "roll.read_own": _cells((_STUDENT, SINCE_LIVE)),
    "roll.override": _cells((_LECTURER, DRAFT)),
    "roll.confirm": _cells((_LECTURER, DRAFT)),
    "sheet.read": _cells((_LECTURER, SINCE_LIVE), (STAFF, AFTER)),
    "sheet.edit": _cells((_LECTURER, SINCE_LIVE - {LessonState.CLOSED})),
    "sheet.confirm": _cells((_LECTURER, DRAFT)),
    "sheet.send": _cells((_LECTURER, DRAFT)),
    "evidence.read": _cells((_LECTURER, SINCE_LIVE), (STAFF, SINCE_LIVE)),
    "evidence.bundle": _cells((_LECTURER, AFTER), (STAFF, AFTER)),
    "events.read": _cells((_LECTURER, SINCE_LIVE | LOBBY), (STAFF, SINCE_LIVE | LOBBY)),
    "device.camera": _cells((_LECTURER, ENTER)),
    "device.screen": _cells(((*_LECTURER, R.CLASS_MANAGER, R.TRAINING_OFFICE), ENTER)),
    "device.list": _cells(((*_LECTURER, R.CLASS_MANAGER, R.TRAINING_OFFICE), ANY)),
    "recording.read": _cells(((*_LECTURER, *_STUDENT, *STAFF), AFTER)),
    # commands: the lesson
    "command.start_lesson": _cells((_LECTURER, LOBBY)),
    "command.suspend_lesson": _cells((_LECTURER, LIVE)),
    "command.resume_lesson": _cells((_LECTURER, SUSPENDED)),
    "command.end_lesson": _cells((_LECTURER, TEACHING)),
    # commands: talk
    "command.post_chat": _cells(((*_LECTURER, *_STUDENT, R.CLASS_MANAGER), IN_ROOM)),
    "command.edit_chat": _cells(((*_LECTURER, *_STUDENT, R.CLASS_MANAGER), IN_ROOM)),
    "command.hide_chat": _cells((_LECTURER, IN_ROOM)),
    # commands: the floor
    "command.raise_hand": _cells((_STUDENT, TEACHING)),
    "command.lower_hand": _cells(((*_LECTURER, *_STUDENT), TEACHING)),
    "command.lower_all_hands": _cells((_LECTURER, TEACHING)),
    "command.give_floor": _cells((_LECTURER, TEACHING)),
    "command.take_floor": _cells(((*_LECTURER, *_STUDENT), TEACHING)),
    "command.ask_mute": _cells((_LECTURER, IN_ROOM)),
    "command.set_visibility": _cells((_LECTURER, IN_ROOM)),
    "command.start_aside": _cells((_LECTURER, IN_ROOM)),
    "command.end_aside": _cells((_LECTURER, IN_ROOM)),
    "command.remove_person": _cells((_LECTURER, IN_ROOM)),
    # commands: the roll
    "command.start_roll_call": _cells(((*_LECTURER, R.CLASS_MANAGER), LIVE)),
    "command.answer_roll_call": _cells((_STUDENT, TEACHING)),
    "command.take_screenshot": _cells((_LECTURER, TEACHING)),
    # commands: one's own media, view and seat
    "command.set_media": _cells(((*_LECTURER, *_STUDENT, R.CLASS_MANAGER), IN_ROOM)),
    "command.set_view": _all(IN_ROOM),
    "command.offer": _all(IN_ROOM),
    "command.restart_ice": _all(IN_ROOM),
    "command.hears": _all(IN_ROOM),
    "command.report_quality": _all(IN_ROOM),
    "command.leave": _all(IN_ROOM),
    # pushes: who may be told
    "push.joined": _all(IN_ROOM),
    "push.resumed": _all(IN_ROOM),
    "push.lesson_changed": _all(ANY),
    "push.roster_changed": _all(IN_ROOM),
    "push.chat_posted": _all(IN_ROOM),
    "push.chat_changed": _all(IN_ROOM),
    "push.hands_changed": _all(IN_ROOM),
    "push.floor_changed": _all(IN_ROOM),
    "push.visibility_changed": _all(IN_ROOM),
    "push.mute_requested": _cells(((*_LECTURER, *_STUDENT, R.CLASS_MANAGER), IN_ROOM)),
    "push.slots_changed": _all(IN_ROOM),
    "push.speakers_changed": _all(IN_ROOM),
    "push.recording_changed": _all(IN_ROOM | AFTER),
    "push.roll_call_changed": _all(IN_ROOM),
    "push.answered": _all(IN_ROOM),
    "push.ice_answered": _all(IN_ROOM),
    "push.ice_servers_changed": _all(IN_ROOM),
    "push.layers_changed": _cells(((*_LECTURER, *_STUDENT), IN_ROOM)),
    "push.profile_changed": _cells(((*_LECTURER, *_STUDENT), IN_ROOM)),
    "push.line_changed": _cells(((*_LECTURER, *_STUDENT), IN_ROOM)),
    "push.screenshot_taken": _cells(((*_LECTURER, R.CLASS_MANAGER, R.TRAINING_OFFICE), IN_ROOM)),
    "push.removed": _all(ANY),
    "push.desk_snapshot": _cells((STAFF, ANY)),
    "push.desk_changed": _cells((STAFF, ANY)),
}


def may(act: str, role: str | None, state: str) -> bool:
    """Whether someone with `role` in a lesson may do `act` while the lesson is in `state`. Unknown words are refused."""
    if role is None or role not in Role.__members__.values() or state not in LessonState.__members__.values():
        return False
    return LessonState(state) in TABLE.get(act, {}).get(Role(role), frozenset())


def may_in_room(command: str, role: str | None, state: str) -> bool:
    """Whether `role` may send the room's command with wire tag `command`."""
    return may(f"command.{command}", role, state)


def may_push(tag: str, role: str | None, state: str) -> bool:
    """Whether a push with wire tag `tag` may go to somebody with `role`."""
    return may(f"push.{tag}", role, state)


def role_in_lesson(person: PersonId, grants: Iterable[Grant], lesson: LessonFacts) -> Role | None:
    """The one role that a person has in a lesson; None: the lesson does not exist for them.

    The closest tie wins: who teaches it, who learns in it, who manages its class, then what the school granted.
    """
    if person == lesson.lecturer:
        return Role.LECTURER
    if lesson.is_enrolled:
        return Role.STUDENT
    if person == lesson.class_manager:
        return Role.CLASS_MANAGER
    held = [grant.role for grant in grants if _covers(grant, lesson)]
    granted_order = (R.CLASS_MANAGER, R.TRAINING_OFFICE, R.PRINCIPAL, R.OBSERVER, R.ADMINISTRATOR)
    return next((role for role in granted_order if role in held), None)


def _covers(grant: Grant, lesson: LessonFacts) -> bool:
    reach = {Scope.SCHOOL: lesson.school, Scope.COHORT: lesson.cohort, Scope.LESSON: lesson.lesson}
    return grant.scope_id == reach[grant.scope_kind]


def room_role(role: Role) -> Role:
    """The role under which somebody sits in a room: who comes to look is an observer, visible to all (R-21.1)."""
    return Role.OBSERVER if role in (R.TRAINING_OFFICE, R.PRINCIPAL) else role


#: Which role decides the home screen of a person with several.
_MAIN = (R.TRAINING_OFFICE, R.PRINCIPAL, R.LECTURER, R.CLASS_MANAGER, R.STUDENT, R.OBSERVER, R.ADMINISTRATOR)


def main_role(grants: Iterable[Grant]) -> Role | None:
    held = {grant.role for grant in grants}
    return next((role for role in _MAIN if role in held), None)

"""Decisions about the chat: posting, editing one's own, hiding with a reason. Text is data: kept as it came, in NFC. PURE."""

from __future__ import annotations

from server.errors import Conflict, NotFound, Overloaded, Refused
from server.events import room
from server.events.base import Event
from server.ids import MessageId, PersonId
from server.room import commands as wish
from server.room.moment import Moment
from server.room.state import ChatEntry, RoomState
from server.room.wording import clean
from server.school.permissions import Role

#: A lesson's chat is small enough to be handed whole to whoever joins.
MAX_MESSAGES = 5_000


def post(state: RoomState, person: PersonId, _: Role, command: wish.PostChat, __: Moment) -> list[Event]:
    known = state.chat.get(MessageId(command.message))
    if known is not None:
        if known.person != person:
            raise Conflict("chat.duplicate")
        return []
    if len(state.chat) >= MAX_MESSAGES:
        raise Overloaded("chat.full", most=MAX_MESSAGES)
    text = clean(command.text)
    return [room.MessagePosted(message=MessageId(command.message), person=person, text=text)]


def edit(state: RoomState, person: PersonId, _: Role, command: wish.EditChat, __: Moment) -> list[Event]:
    entry = _entry(state, command.message)
    if entry.person != person:
        raise Refused("chat.not_author")
    if entry.hidden_reason is not None:
        raise Conflict("chat.hidden")
    text = clean(command.text)
    if text == entry.text:
        return []
    return [room.MessageEdited(message=entry.message, text=text)]


def hide(state: RoomState, _: PersonId, __: Role, command: wish.HideChat, ___: Moment) -> list[Event]:
    entry = _entry(state, command.message)
    if entry.hidden_reason is not None:
        return []
    return [room.MessageHidden(message=entry.message, reason=clean(command.reason))]


def _entry(state: RoomState, message: str) -> ChatEntry:
    entry = state.chat.get(MessageId(message))
    if entry is None:
        raise NotFound("chat.no_such_message")
    return entry

"""What all events share: the struct base, and the envelope that the ledger puts around an event."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from server.ids import AccountId, ConnectionId, LogId


class Origin(StrEnum):
    """Who vouches for a fact (evidence classes E1–E6, regulation (d) D.1)."""

    SERVER = "server"
    MEDIA = "media"
    CLIENT_CLAIM = "client_claim"
    HUMAN = "human"


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """A fact. Subclasses give the tag."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it stands in the ledger: gap-free `seq` per log, server time, chained digest (hex SHA-256)."""

    log_id: LogId
    seq: int
    at_us: int
    mono_ns: int
    boot_id: str
    epoch: int
    origin: Origin
    actor: AccountId | None
    connection: ConnectionId | None
    event: Event
    prev_hash: str
    hash: str


def type_of(event: Event | type[Event]) -> str:
    """The wire type of an event, e.g. `room.person_left/1`."""
    tag = event.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"event without a type: {event!r}")
    return tag

"""Identifiers as types, and how new ones are made. UUIDv7 (RFC 9562 §5.7) so that they sort by time."""

from __future__ import annotations

import secrets
import uuid
from typing import NewType

SchoolId = NewType("SchoolId", str)
PersonId = NewType("PersonId", str)
AccountId = NewType("AccountId", str)
UnitId = NewType("UnitId", str)
ProgrammeId = NewType("ProgrammeId", str)
CourseUnitId = NewType("CourseUnitId", str)
TopicId = NewType("TopicId", str)
CohortId = NewType("CohortId", str)
EnrolmentId = NewType("EnrolmentId", str)
LessonId = NewType("LessonId", str)
SheetId = NewType("SheetId", str)
LogId = NewType("LogId", str)
PolicyId = NewType("PolicyId", str)
#: A device that takes part in a lesson for a person (a second camera, a screen in the next hall): the id of its key.
DeviceId = NewType("DeviceId", str)
#: Who takes part in a room: a person, whatever the number of connections, or a person's device.
ParticipantId = PersonId | DeviceId
#: One Socket.IO socket of a participant.
ConnectionId = NewType("ConnectionId", str)
#: One seat held over reconnects by a browser (`session` on the wire).
SeatId = NewType("SeatId", str)
#: One message of the chat, poll, roll-call or file of evidence.
MessageId = NewType("MessageId", str)
RollCallId = NewType("RollCallId", str)
EvidenceId = NewType("EvidenceId", str)


def new_id(at_ms: int) -> str:
    """A UUIDv7 for the Unix time `at_ms` (milliseconds). The caller brings the time: time is read in clock.py only."""
    if not 0 <= at_ms < 1 << 48:
        raise ValueError(f"at_ms out of range for UUIDv7: {at_ms}")
    value = (at_ms << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))

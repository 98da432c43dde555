"""The signed-in account as the edges see it: a value, complete for every permission question."""

from __future__ import annotations

from dataclasses import dataclass

from server.ids import AccountId, PersonId, SchoolId
from server.school.permissions import Grant


@dataclass(frozen=True)
class Account:
    """`session` is the sign-in on this browser, not a room's seat."""

    id: AccountId
    person: PersonId
    school: SchoolId
    login: str
    session: str
    grants: tuple[Grant, ...]

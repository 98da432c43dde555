"""Room tickets: the short proof, carried by a browser from the REST edge to the live room, of who may take which seat.

A ticket is a JWT bound to one person, lesson and role, valid for a minute at most. That it is used once is kept by the fanout's ticket store
(`jti`), because several nodes may see it.
"""

from __future__ import annotations

from dataclasses import dataclass

import jwt

from server.clock import Clock, micros
from server.errors import Unauthenticated
from server.identity.tokens import ALGORITHM, decoded
from server.ids import AccountId, LessonId, PersonId, new_id

AUDIENCE = "giangduong-room"
LIFETIME_S = 60


@dataclass(frozen=True)
class RoomTicket:
    """`jti` names the ticket; `expires_us` bounds how long a store has to remember it."""

    account: AccountId
    person: PersonId
    lesson: LessonId
    role: str
    jti: str
    expires_us: int


@dataclass(frozen=True)
class IssuedTicket:
    text: str
    ticket: RoomTicket


class Tickets:
    """Signs and checks room tickets. The key is derived for this purpose: no other token can pass as a ticket."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret + ":room"
        self._clock = clock

    def issue(self, account: AccountId, person: PersonId, lesson: LessonId, role: str) -> IssuedTicket:
        now_us = micros(self._clock.now())
        now_s = now_us // 1_000_000
        ticket = RoomTicket(account, person, lesson, role, new_id(now_us // 1000), (now_s + LIFETIME_S) * 1_000_000)
        body = {
            "aud": AUDIENCE,
            "sub": account,
            "per": person,
            "les": lesson,
            "rol": role,
            "jti": ticket.jti,
            "iat": now_s,
            "exp": now_s + LIFETIME_S,
        }
        return IssuedTicket(jwt.encode(body, self._secret, algorithm=ALGORITHM), ticket)

    def verify(self, text: str) -> RoomTicket:
        """Raises Unauthenticated: `ticket.expired`, or `ticket.invalid` for anything that this server did not sign."""
        try:
            body = decoded(text, self._secret, AUDIENCE, ("sub", "per", "les", "rol", "jti", "exp"))
        except Unauthenticated as error:
            raise Unauthenticated("ticket.invalid") from error
        expires_us = body["exp"] * 1_000_000 if isinstance(body["exp"], int) else 0
        now_us = micros(self._clock.now())
        if expires_us <= now_us:
            raise Unauthenticated("ticket.expired")
        if expires_us > now_us + (LIFETIME_S + 1) * 1_000_000:
            raise Unauthenticated("ticket.invalid")
        return RoomTicket(
            account=AccountId(str(body["sub"])),
            person=PersonId(str(body["per"])),
            lesson=LessonId(str(body["les"])),
            role=str(body["rol"]),
            jti=str(body["jti"]),
            expires_us=expires_us,
        )

"""Short tokens that prove a sign-in: JWT (RFC 7519), HS256 with a key of this server, one algorithm, fifteen minutes.

The token names the session only; whether that session still holds is looked up, so that signing out takes effect at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import jwt

from server.clock import Clock, micros
from server.errors import Unauthenticated
from server.ids import AccountId

ALGORITHM = "HS256"
AUDIENCE = "giangduong-session"
LIFETIME_S = 15 * 60
#: Nothing that we issue comes near this; longer ones are not parsed.
LONGEST_TOKEN = 4_096


@dataclass(frozen=True)
class SessionClaim:
    account: AccountId
    session: str


class SessionTokens:
    """Issues and checks session tokens by the server's clock."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, claim: SessionClaim) -> str:
        now_s = micros(self._clock.now()) // 1_000_000
        body = {"aud": AUDIENCE, "sub": claim.account, "sid": claim.session, "iat": now_s, "exp": now_s + LIFETIME_S}
        return jwt.encode(body, self._secret, algorithm=ALGORITHM)

    def verify(self, token: str) -> SessionClaim:
        """Raises Unauthenticated `auth.session_expired` (refresh may help) or `auth.invalid_token`."""
        body = decoded(token, self._secret, AUDIENCE, ("sub", "sid", "exp"))
        if not isinstance(body["exp"], int) or body["exp"] * 1_000_000 <= micros(self._clock.now()):
            raise Unauthenticated("auth.session_expired")
        return SessionClaim(AccountId(str(body["sub"])), str(body["sid"]))


def decoded(token: str, secret: str, audience: str, required: tuple[str, ...]) -> dict[str, object]:
    """The claims of a token with a right signature. Times are the caller's to judge, by the server's clock."""
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated("auth.invalid_token")
    try:
        return jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=audience,
            options={"require": [*required, "aud"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise Unauthenticated("auth.invalid_token") from error

"""Signing in, staying signed in, signing out.

A sign-in on a browser is a session: a family of refresh tokens, each usable once. A used one that comes back means that somebody else holds it
too, so the whole family ends (RFC 9700 §4.14.2) — except within a few seconds, when two tabs of one browser may refresh at the same time.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from server.clock import Clock, micros
from server.errors import Refused, Unauthenticated
from server.identity.account import Account
from server.identity.attempts import SIGN_IN_ADDRESS, SIGN_IN_LOGIN, SIGN_IN_PAIR, Attempts
from server.identity.passwords import Passwords
from server.identity.secrets_on_disk import secret_text
from server.identity.tickets import Tickets
from server.identity.tokens import SessionClaim, SessionTokens
from server.ids import AccountId, PersonId, new_id
from server.school.names import normal
from server.school.permissions import Grant
from server.settings import Settings
from server.storage import account_store
from server.storage.database import Database

#: A session ends this long after signing in, however often it is refreshed: a working week with its evenings.
SESSION_LIFETIME_S = 7 * 24 * 3600
#: Ended sessions are kept so long, for questions about who was signed in when.
KEPT_S = 90 * 24 * 3600
#: Two tabs of one browser may present the same refresh token within this time.
REFRESH_GRACE_S = 20


@dataclass(frozen=True)
class SignedIn:
    """What the browser gets: both tokens travel in cookies only."""

    account: Account
    token: str
    refresh: str
    csrf: str


class Identity:
    """The one place that turns a login or a cookie into an Account."""

    def __init__(self, database: Database, clock: Clock, secret: str) -> None:
        self._database = database
        self._clock = clock
        self.passwords = Passwords()
        self.attempts = Attempts(clock)
        self.tokens = SessionTokens(secret, clock)
        self.tickets = Tickets(secret, clock)

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Raises Unauthenticated `auth.bad_credentials` (one code, whatever was wrong) or Overloaded."""
        login = normal(login).casefold()
        self.attempts.take(SIGN_IN_ADDRESS, "address", address)
        # In this order: who is stopped at the pair does not use up the login's attempts, which its owner needs.
        self.attempts.take(SIGN_IN_PAIR, "pair", login, address)
        self.attempts.take(SIGN_IN_LOGIN, "login", login)
        async with self._database.read() as connection:
            row = await account_store.by_login(connection, login)
        is_right = await self.passwords.matches(password, row.password_hash if row else None)
        if row is None or not is_right:
            raise Unauthenticated("auth.bad_credentials")
        if row.status != "active":
            raise Refused("auth.account_locked")
        self.attempts.forget("pair", login, address)
        return await self._start_session(row)

    async def sign_in_as(self, person: PersonId) -> SignedIn:
        """Without a password: for demonstration links only."""
        async with self._database.read() as connection:
            row = await account_store.by_person(connection, person)
        if row is None:
            raise Unauthenticated("auth.bad_credentials")
        return await self._start_session(row)

    async def account_of(self, token: str) -> Account:
        """The account of a session token, as of now. Raises Unauthenticated."""
        claim = self.tokens.verify(token)
        now_us = micros(self._clock.now())
        async with self._database.read() as connection:
            found = await account_store.holder_of(connection, claim.session, claim.account, now_us)
        if found is None:
            raise Unauthenticated("auth.signed_out")
        row, grants = found
        return Account(row.id, row.person, row.school, row.login, claim.session, grants)

    async def refresh(self, refresh: str) -> SignedIn:
        """New tokens for a refresh token. Raises Unauthenticated `auth.signed_out`; a stolen token ends its session."""
        digest = _digest(refresh)
        now_us = micros(self._clock.now())
        fresh = secrets.token_urlsafe(32)
        is_stolen = False
        async with self._database.begin() as connection:
            row = await account_store.refresh_row(connection, digest)
            session = await account_store.session_row(connection, row.session) if row else None
            if row is None or session is None or not _holds(session, now_us):
                raise Unauthenticated("auth.signed_out")
            is_second = not await account_store.use_refresh(connection, digest, _digest(fresh), now_us)
            if is_second and (row.used_us is None or now_us - row.used_us > REFRESH_GRACE_S * 1_000_000):
                await account_store.revoke_session(connection, session.id, now_us, "reuse")
                is_stolen = True
            else:
                await account_store.add_refresh(connection, _digest(fresh), session.id, now_us)
            account = await account_store.by_id(connection, session.account)
            grants = await account_store.grants_of(connection, session.account, now_us)
        if is_stolen or account is None or account.status != "active":
            raise Unauthenticated("auth.signed_out")
        return self._signed_in(account, grants, session.id, fresh)

    async def sign_out(self, account: Account) -> None:
        async with self._database.begin() as connection:
            await account_store.revoke_session(connection, account.session, micros(self._clock.now()), "signed_out")

    async def sign_out_everywhere(self, account: AccountId) -> None:
        async with self._database.begin() as connection:
            await account_store.revoke_all(connection, account, micros(self._clock.now()), "everywhere")

    async def start(self) -> None:
        """Forget sessions that ended long ago."""
        async with self._database.begin() as connection:
            await account_store.forget_sessions(connection, micros(self._clock.now()) - KEPT_S * 1_000_000)

    async def aclose(self) -> None:
        await self.passwords.aclose()

    async def _start_session(self, row: account_store.AccountRow) -> SignedIn:
        now_us = micros(self._clock.now())
        session = new_id(now_us // 1000)
        fresh = secrets.token_urlsafe(32)
        async with self._database.begin() as connection:
            await account_store.add_session(
                connection, session, row.id, now_us, now_us + SESSION_LIFETIME_S * 1_000_000
            )
            await account_store.add_refresh(connection, _digest(fresh), session, now_us)
            grants = await account_store.grants_of(connection, row.id, now_us)
        return self._signed_in(row, grants, session, fresh)

    def _signed_in(
        self, row: account_store.AccountRow, grants: tuple[Grant, ...], session: str, fresh: str
    ) -> SignedIn:
        account = Account(row.id, row.person, row.school, row.login, session, grants)
        token = self.tokens.issue(SessionClaim(row.id, session))
        return SignedIn(account, token, fresh, secrets.token_urlsafe(24))


def signing_secret(settings: Settings) -> str:
    """The configured secret, or the one kept in the data folder."""
    return settings.signing_secret or secret_text(Path(settings.data_dir) / "keys" / "signing_secret")


def _holds(session: account_store.SessionRow, now_us: int) -> bool:
    return session.revoked_us is None and session.expires_us > now_us


def _digest(refresh: str) -> str:
    return hashlib.sha256(refresh.encode()).hexdigest()

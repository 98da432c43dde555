"""SQL of accounts, grants, sessions and refresh tokens."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.ids import AccountId, PersonId, SchoolId
from server.school.permissions import Grant, Role, Scope
from server.storage.account_tables import account, refresh_token, role_grant, session


@dataclass(frozen=True)
class AccountRow:
    id: AccountId
    school: SchoolId
    person: PersonId
    login: str
    password_hash: str
    status: str


@dataclass(frozen=True)
class SessionRow:
    id: str
    account: AccountId
    expires_us: int
    revoked_us: int | None


@dataclass(frozen=True)
class RefreshRow:
    session: str
    used_us: int | None


_ACCOUNT = (
    account.c.id,
    account.c.school_id,
    account.c.person_id,
    account.c.login,
    account.c.password_hash,
    account.c.status,
)


async def by_login(connection: AsyncConnection, login: str) -> AccountRow | None:
    found = (await connection.execute(select(*_ACCOUNT).where(account.c.login == login))).first()
    return AccountRow(*found) if found else None


async def by_id(connection: AsyncConnection, account_id: AccountId) -> AccountRow | None:
    found = (await connection.execute(select(*_ACCOUNT).where(account.c.id == account_id))).first()
    return AccountRow(*found) if found else None


async def by_person(connection: AsyncConnection, person_id: PersonId) -> AccountRow | None:
    found = (await connection.execute(select(*_ACCOUNT).where(account.c.person_id == person_id))).first()
    return AccountRow(*found) if found else None


async def add_account(connection: AsyncConnection, row: AccountRow, created_us: int) -> None:
    await connection.execute(
        insert(account).values(
            id=row.id,
            school_id=row.school,
            person_id=row.person,
            login=row.login,
            password_hash=row.password_hash,
            status=row.status,
            created_us=created_us,
        )
    )


async def set_password_hash(connection: AsyncConnection, account_id: AccountId, password_hash: str) -> None:
    await connection.execute(update(account).where(account.c.id == account_id).values(password_hash=password_hash))


async def add_grant(
    connection: AsyncConnection, grant_id: str, account_id: AccountId, grant: Grant, at_us: int
) -> None:
    await connection.execute(
        insert(role_grant).values(
            id=grant_id,
            account_id=account_id,
            role=grant.role.value,
            scope_kind=grant.scope_kind.value,
            scope_id=grant.scope_id,
            granted_us=at_us,
        )
    )


async def grants_of(connection: AsyncConnection, account_id: AccountId, now_us: int) -> tuple[Grant, ...]:
    """Grants in force at `now_us`."""
    held = (role_grant.c.account_id == account_id) & (
        role_grant.c.ended_us.is_(None) | (role_grant.c.ended_us > now_us)
    )
    rows = await connection.execute(
        select(role_grant.c.role, role_grant.c.scope_kind, role_grant.c.scope_id).where(held).order_by(role_grant.c.id)
    )
    return tuple(Grant(Role(role), Scope(kind), scope_id) for role, kind, scope_id in rows)


async def holder_of(
    connection: AsyncConnection, session_id: str, account_id: AccountId, now_us: int
) -> tuple[AccountRow, tuple[Grant, ...]] | None:
    """The active account whose session this is, with its grants in force; None when the session holds no more.

    One query, because every request asks it.
    """
    in_force = role_grant.c.ended_us.is_(None) | (role_grant.c.ended_us > now_us)
    query = (
        select(*_ACCOUNT, role_grant.c.role, role_grant.c.scope_kind, role_grant.c.scope_id)
        .join(session, session.c.account_id == account.c.id)
        .join(role_grant, (role_grant.c.account_id == account.c.id) & in_force, isouter=True)
        .where(
            (session.c.id == session_id)
            & (account.c.id == account_id)
            & (account.c.status == "active")
            & session.c.revoked_us.is_(None)
            & (session.c.expires_us > now_us)
        )
        .order_by(role_grant.c.id)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    grants = tuple(Grant(Role(row.role), Scope(row.scope_kind), row.scope_id) for row in rows if row.role is not None)
    return AccountRow(*rows[0][:6]), grants


async def add_session(
    connection: AsyncConnection, session_id: str, account_id: AccountId, created_us: int, expires_us: int
) -> None:
    await connection.execute(
        insert(session).values(id=session_id, account_id=account_id, created_us=created_us, expires_us=expires_us)
    )


async def session_row(connection: AsyncConnection, session_id: str) -> SessionRow | None:
    columns = (session.c.id, session.c.account_id, session.c.expires_us, session.c.revoked_us)
    found = (await connection.execute(select(*columns).where(session.c.id == session_id))).first()
    return SessionRow(*found) if found else None


async def revoke_session(connection: AsyncConnection, session_id: str, at_us: int, reason: str) -> None:
    await connection.execute(
        update(session)
        .where((session.c.id == session_id) & session.c.revoked_us.is_(None))
        .values(revoked_us=at_us, revoked_reason=reason)
    )


async def revoke_all(connection: AsyncConnection, account_id: AccountId, at_us: int, reason: str) -> None:
    await connection.execute(
        update(session)
        .where((session.c.account_id == account_id) & session.c.revoked_us.is_(None))
        .values(revoked_us=at_us, revoked_reason=reason)
    )


async def forget_sessions(connection: AsyncConnection, before_us: int) -> None:
    """Delete sessions that ran out before this moment, with their refresh tokens."""
    old = select(session.c.id).where(session.c.expires_us < before_us)
    await connection.execute(delete(refresh_token).where(refresh_token.c.session_id.in_(old)))
    await connection.execute(delete(session).where(session.c.expires_us < before_us))


async def add_refresh(connection: AsyncConnection, sha256: str, session_id: str, issued_us: int) -> None:
    await connection.execute(insert(refresh_token).values(sha256=sha256, session_id=session_id, issued_us=issued_us))


async def refresh_row(connection: AsyncConnection, sha256: str) -> RefreshRow | None:
    columns = (refresh_token.c.session_id, refresh_token.c.used_us)
    found = (await connection.execute(select(*columns).where(refresh_token.c.sha256 == sha256))).first()
    return RefreshRow(*found) if found else None


async def use_refresh(connection: AsyncConnection, sha256: str, replaced_by: str, at_us: int) -> bool:
    """Mark as used; False when another request used it first."""
    result = await connection.execute(
        update(refresh_token)
        .where((refresh_token.c.sha256 == sha256) & refresh_token.c.used_us.is_(None))
        .values(used_us=at_us, replaced_by=replaced_by)
    )
    return result.rowcount == 1

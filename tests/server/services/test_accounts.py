"""Setting up a real school. Over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from server.clock import ManualClock
from server.errors import Conflict, Invalid, NotFound, Unauthenticated
from server.identity.identity import Identity
from server.school.permissions import Role
from server.services.accounts import Accounts, NewAccount, NewSchool
from server.services.planning import Planning
from server.storage.database import Database

SCHOOL = NewSchool("  Trường Chính trị   tỉnh X ", "Tỉnh ủy X", "TCX", "X")
ADMINISTRATOR = NewAccount("QuanTri", "Đỗ Minh Trí", Role.ADMINISTRATOR, "mật khẩu đủ dài")


@pytest.fixture
async def identity(database: Database) -> AsyncIterator[Identity]:
    made = Identity(database, ManualClock(datetime(2026, 10, 6, tzinfo=UTC)), "k3Jx9vQ2mZ7pL0wT5rB8nC1yD4gH6sFaE")
    yield made
    await made.aclose()


@pytest.fixture
def accounts(database: Database, identity: Identity) -> Accounts:
    return Accounts(database, identity, ManualClock(datetime(2026, 10, 6, tzinfo=UTC)))


async def test_new_school_and_its_first_account_can_be_used(
    accounts: Accounts, identity: Identity, database: Database
) -> None:
    school = await accounts.create_school(SCHOOL)
    await accounts.add_account(ADMINISTRATOR)
    signed = await identity.sign_in("quantri", "mật khẩu đủ dài", "10.0.0.1")
    planning = Planning(database, ManualClock(datetime(2026, 10, 6, tzinfo=UTC)))
    assert (await planning.school(school)).name == "Trường Chính trị tỉnh X"
    assert not await planning.is_demonstration()
    assert (await planning.card(signed.account.person)).given_name == "Trí"
    assert [(g.role, g.scope_id) for g in signed.account.grants] == [(Role.ADMINISTRATOR, school)]


async def test_name_that_no_list_can_hold_is_refused(accounts: Accounts) -> None:
    await accounts.create_school(SCHOOL)
    with pytest.raises(Invalid, match=r"account\.too_long"):
        await accounts.add_account(NewAccount("an", "a" * 65, Role.LECTURER, "mật khẩu đủ dài"))


async def test_second_school_and_second_login_are_refused(accounts: Accounts) -> None:
    await accounts.create_school(SCHOOL)
    with pytest.raises(Conflict, match=r"school\.exists"):
        await accounts.create_school(SCHOOL)
    await accounts.add_account(ADMINISTRATOR)
    with pytest.raises(Conflict, match=r"account\.exists"):
        await accounts.add_account(ADMINISTRATOR)


async def test_account_needs_a_school_and_a_password_worth_the_name(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"school\.not_found"):
        await accounts.add_account(ADMINISTRATOR)
    await accounts.create_school(SCHOOL)
    with pytest.raises(Invalid, match=r"account\.weak_password"):
        await accounts.add_account(NewAccount("a", "An", Role.LECTURER, "short"))


async def test_new_password_signs_out_whoever_used_the_old_one(accounts: Accounts, identity: Identity) -> None:
    await accounts.create_school(SCHOOL)
    await accounts.add_account(ADMINISTRATOR)
    signed = await identity.sign_in("quantri", "mật khẩu đủ dài", "10.0.0.1")
    await accounts.set_password("quantri", "mật khẩu khác hẳn")
    with pytest.raises(Unauthenticated):
        await identity.account_of(signed.token)
    with pytest.raises(Unauthenticated):
        await identity.sign_in("quantri", "mật khẩu đủ dài", "10.0.0.1")
    await identity.sign_in("quantri", "mật khẩu khác hẳn", "10.0.0.1")


@pytest.mark.parametrize("name", ["<b>An</b>", "Robert'); DROP TABLE person;--", "Nguyễn\0Văn\tAn", "a" * 64])
async def test_any_name_is_kept_as_data(accounts: Accounts, identity: Identity, name: str) -> None:
    await accounts.create_school(SCHOOL)
    await accounts.add_account(NewAccount("an", name, Role.LECTURER, "mật khẩu đủ dài"))
    await identity.sign_in("an", "mật khẩu đủ dài", "10.0.0.1")

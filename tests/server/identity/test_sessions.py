"""Staying signed in: refresh tokens used once, stolen ones noticed, sign-out that takes effect at once. Over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from server.clock import ManualClock
from server.errors import Overloaded, Problem, Refused, Unauthenticated
from server.identity.identity import KEPT_S, REFRESH_GRACE_S, SESSION_LIFETIME_S, Identity
from server.ids import PersonId
from server.services.demo import DemoSchool
from server.services.demo_plan import DemoPlan
from server.services.demo_rows import DEMO_PASSWORD
from server.storage import account_store
from server.storage.account_tables import account
from server.storage.database import Database

SECRET = "k3Jx9vQ2mZ7pL0wT5rB8nC1yD4gH6sFaE"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 10, 6, 0, 35, tzinfo=UTC))


@pytest.fixture
async def identity(database: Database, clock: ManualClock) -> AsyncIterator[Identity]:
    made = Identity(database, clock, SECRET)
    await DemoSchool(database, clock, made.passwords, DemoPlan()).ensure()
    yield made
    await made.aclose()


async def _code(deed: object) -> str:
    with pytest.raises(Problem) as caught:
        await deed  # type: ignore[misc]
    return caught.value.code


async def test_login_and_password_give_the_account_with_its_roles(identity: Identity) -> None:
    signed = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    assert [grant.role for grant in signed.account.grants] == ["lecturer"]
    assert await identity.account_of(signed.token) == signed.account


async def test_login_is_found_whatever_its_case_and_spaces(identity: Identity) -> None:
    signed = await identity.sign_in("  Huong.TRAN ", DEMO_PASSWORD, "10.0.0.1")
    assert signed.account.login == "huong.tran"


async def test_wrong_password_and_unknown_login_get_the_same_answer(identity: Identity) -> None:
    assert await _code(identity.sign_in("huong.tran", "wrong", "10.0.0.1")) == "auth.bad_credentials"
    assert await _code(identity.sign_in("nobody", "wrong", "10.0.0.1")) == "auth.bad_credentials"


@pytest.mark.parametrize("login", ["huong.tran", "nobody.at.all"])
async def test_guessing_is_stopped_alike_for_known_and_unknown_logins(identity: Identity, login: str) -> None:
    codes = [await _code(identity.sign_in(login, f"guess {n}", "10.0.0.1")) for n in range(9)]
    assert codes == ["auth.bad_credentials"] * 8 + ["auth.too_many_attempts"]


async def test_guessing_from_elsewhere_does_not_lock_the_owner_out(identity: Identity) -> None:
    for n in range(100):
        await _code(identity.sign_in("huong.tran", f"guess {n}", "10.6.6.6"))
    await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")


async def test_right_password_does_not_pass_while_guesses_are_stopped(identity: Identity, clock: ManualClock) -> None:
    for n in range(9):
        await _code(identity.sign_in("huong.tran", f"guess {n}", "10.0.0.1"))
    with pytest.raises(Overloaded):
        await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    await clock.advance(60)
    await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")


@pytest.mark.parametrize("login", ["' OR '1'='1", "huong.tran'--", "huong\0.tran", "%", "*", "ầ" * 200, ""])
async def test_login_is_data_and_never_a_query(identity: Identity, login: str) -> None:
    assert await _code(identity.sign_in(login, DEMO_PASSWORD, "10.0.0.1")) == "auth.bad_credentials"


async def test_locked_account_is_told_only_to_who_knows_the_password(identity: Identity, database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(account.update().where(account.c.login == "huong.tran").values(status="locked"))
    assert await _code(identity.sign_in("huong.tran", "wrong", "10.0.0.1")) == "auth.bad_credentials"
    with pytest.raises(Refused, match=r"auth\.account_locked"):
        await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")


async def test_refresh_gives_new_tokens_for_the_same_session(identity: Identity, clock: ManualClock) -> None:
    first = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    await clock.advance(16 * 60)
    with pytest.raises(Unauthenticated, match=r"auth\.session_expired"):
        await identity.account_of(first.token)
    second = await identity.refresh(first.refresh)
    assert (await identity.account_of(second.token)).session == first.account.session
    assert second.refresh != first.refresh


async def test_stolen_refresh_token_ends_the_session_for_thief_and_owner(
    identity: Identity, clock: ManualClock
) -> None:
    owner = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    renewed = await identity.refresh(owner.refresh)
    await clock.advance(REFRESH_GRACE_S + 1)
    assert await _code(identity.refresh(owner.refresh)) == "auth.signed_out"
    assert await _code(identity.refresh(renewed.refresh)) == "auth.signed_out"
    assert await _code(identity.account_of(renewed.token)) == "auth.signed_out"


async def test_two_tabs_that_refresh_together_both_stay_signed_in(identity: Identity, clock: ManualClock) -> None:
    signed = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    one = await identity.refresh(signed.refresh)
    await clock.advance(2)
    other = await identity.refresh(signed.refresh)
    for tab in (one, other):
        await identity.account_of(tab.token)


@pytest.mark.parametrize("refresh", ["", "x", "A" * 43, "ầ", "' OR 1=1"])
async def test_invented_refresh_token_is_refused_and_harms_nobody(identity: Identity, refresh: str) -> None:
    signed = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    assert await _code(identity.refresh(refresh)) == "auth.signed_out"
    await identity.account_of(signed.token)


async def test_session_ends_after_its_lifetime_however_often_refreshed(identity: Identity, clock: ManualClock) -> None:
    signed = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    for _ in range(7):
        await clock.advance(SESSION_LIFETIME_S / 8)
        signed = await identity.refresh(signed.refresh)
    await clock.advance(SESSION_LIFETIME_S / 8)
    assert await _code(identity.refresh(signed.refresh)) == "auth.signed_out"


async def test_signing_out_ends_this_browser_only_and_at_once(identity: Identity) -> None:
    here = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    there = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.2")
    await identity.sign_out(here.account)
    assert await _code(identity.account_of(here.token)) == "auth.signed_out"
    assert await _code(identity.refresh(here.refresh)) == "auth.signed_out"
    await identity.account_of(there.token)


async def test_signing_out_everywhere_ends_all_of_mine_and_none_of_others(identity: Identity) -> None:
    mine = [await identity.sign_in("huong.tran", DEMO_PASSWORD, f"10.0.0.{n}") for n in range(3)]
    other = await identity.sign_in("quyet.nguyen", DEMO_PASSWORD, "10.0.0.1")
    await identity.sign_out_everywhere(mine[0].account.id)
    for signed in mine:
        assert await _code(identity.account_of(signed.token)) == "auth.signed_out"
    await identity.account_of(other.token)


async def test_sessions_that_ended_long_ago_are_forgotten_and_others_kept(
    identity: Identity, clock: ManualClock, database: Database
) -> None:
    old = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    await identity.refresh(old.refresh)
    clock.step_wall(SESSION_LIFETIME_S + KEPT_S + 1)
    new = await identity.sign_in("huong.tran", DEMO_PASSWORD, "10.0.0.1")
    await identity.start()
    async with database.read() as connection:
        assert await account_store.session_row(connection, old.account.session) is None
    await identity.account_of(new.token)


async def test_token_of_a_person_without_an_account_cannot_be_had(identity: Identity) -> None:
    assert await _code(identity.sign_in_as(PersonId("nobody"))) == "auth.bad_credentials"

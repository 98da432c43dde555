"""Passwords, and what a storm of them does."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator

import pytest

from server.errors import Overloaded
from server.identity.passwords import LONGEST_QUEUE, Passwords


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords()
    yield made
    await made.aclose()


async def test_right_password_matches_and_others_do_not(passwords: Passwords) -> None:
    stored = await passwords.hash("Mật khẩu của tôi")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches("Mật khẩu của tôi", stored)
    assert not await passwords.matches("mật khẩu của tôi", stored)
    assert not await passwords.matches("", stored)


async def test_password_typed_on_a_mac_is_the_same_password(passwords: Passwords) -> None:
    stored = await passwords.hash("Mật khẩu")
    assert await passwords.matches(unicodedata.normalize("NFD", "Mật khẩu"), stored)


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$broken", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_unusable_stored_value_matches_nothing(passwords: Passwords, stored: str) -> None:
    assert not await passwords.matches("anything", stored)


async def test_unknown_login_takes_as_long_as_a_wrong_password(passwords: Passwords) -> None:
    stored = await passwords.hash("x")
    await passwords.matches("warm up", None)

    async def seconds(known: str | None) -> float:
        began = time.perf_counter()
        for _ in range(8):
            await passwords.matches("wrong", known)
        return time.perf_counter() - began

    known, unknown = await seconds(stored), await seconds(None)
    assert 0.4 < unknown / known < 2.5


async def test_storm_of_sign_ins_is_refused_instead_of_stalling_the_loop(passwords: Passwords) -> None:
    stored = await passwords.hash("x")
    longest_s = 0.0

    async def heartbeat() -> None:
        nonlocal longest_s
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest_s = max(longest_s, time.perf_counter() - before - 0.005)

    beating = asyncio.create_task(heartbeat())
    results = await asyncio.gather(*(passwords.matches("y", stored) for _ in range(500)), return_exceptions=True)
    beating.cancel()
    refused = [result for result in results if isinstance(result, Overloaded)]
    assert len(refused) == 500 - LONGEST_QUEUE
    assert all(result is False for result in results if result not in refused)
    assert longest_s < 0.5, f"the loop stood still for {longest_s:.3f} s"

"""Passwords as Argon2id (RFC 9106), 19 MiB, two passes: OWASP's least strength, about 30 ms.

Hashing runs in threads, four at once, because it is a memory bomb: five hundred sign-ins must neither stop the event loop nor fill the memory.
Who finds the queue full is asked to come back (Overloaded).
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import Overloaded

T = TypeVar("T")
AT_ONCE = 4
#: Waiting sign-ins beyond this number are refused: about two seconds of work on two cores.
LONGEST_QUEUE = 64
MEMORY_KIB = 19 * 1024


class Passwords:
    """`aclose` waits for the hashing that runs."""

    def __init__(self) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        return await self._in_thread(lambda: self._argon2.hash(_normal(password)))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password is the stored one. Takes as long when there is none, so that nobody learns which logins exist."""
        if stored is None:
            if self._nobody is None:
                self._nobody = await self.hash("nobody has this password")
            await self.matches(password, self._nobody)
            return False
        return await self._in_thread(lambda: self._verify(password, stored))

    async def aclose(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    def _verify(self, password: str, stored: str) -> bool:
        try:
            return self._argon2.verify(stored, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= LONGEST_QUEUE:
            raise Overloaded("auth.busy", retry_after_s=3)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _normal(password: str) -> str:
    """NFC: the same keys give the same password on every system (macOS may send NFD)."""
    return unicodedata.normalize("NFC", password)

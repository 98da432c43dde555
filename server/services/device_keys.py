"""Keys of devices: an encoder's or a screen's proof of what it may be in which lesson. Shown once, kept as a digest.

A key is good for one lesson, one person and one purpose, until the lesson ends, the person may no more, or somebody takes it back.
"""

from __future__ import annotations

import hashlib
import secrets

from server.clock import Clock, micros
from server.errors import Conflict, NotFound, Refused, Unauthenticated
from server.identity.account import Account
from server.identity.attempts import Attempts, Limit
from server.ids import AccountId, DeviceId, LessonId, new_id
from server.school.lesson_states import AFTER, LessonState
from server.school.permissions import Role, may
from server.services.planning import Planning
from server.storage import account_store, device_store
from server.storage.database import Database
from server.storage.device_store import DeviceKeyRow
from server.storage.plan_store import LessonLine

#: So that a key is known for one where it turns up by mistake.
PREFIX = "gdk_"
#: Keys that one lesson may have at once.
MOST_KEYS = 24
#: A lesson may run late; no key lives longer than this after its planned end.
KEPT_US = 12 * 3_600 * 1_000_000
LONGEST_KEY = 128

MAKE = Limit(burst=12, refill_s=10)
#: By key: an encoder on a bad line comes back every few seconds.
USE = Limit(burst=20, refill_s=2)
#: By address, of keys that are none.
GUESS = Limit(burst=60, refill_s=1)


class DeviceKeys:
    """Makes, lists, takes back and checks keys."""

    def __init__(self, database: Database, planning: Planning, clock: Clock) -> None:
        self._database = database
        self._planning = planning
        self._clock = clock
        self._attempts = Attempts(clock)

    async def make(self, account: Account, lesson: LessonId, purpose: str, *, sound: bool) -> tuple[str, DeviceKeyRow]:
        """A new key and what is kept of it. Raises Problem."""
        mine = await self._planning.require(account, lesson, f"device.{purpose}")
        self._attempts.take(MAKE, "make", account.id, code="device.too_many_attempts")
        async with self._database.begin() as connection:
            if await device_store.count(connection, lesson) >= MOST_KEYS:
                raise Conflict("device.too_many_keys", most=MOST_KEYS)
            text, row = self.new(mine.line, account, purpose, sound=sound)
            await device_store.add(connection, row)
        return text, row

    def new(self, line: LessonLine, account: Account, purpose: str, *, sound: bool) -> tuple[str, DeviceKeyRow]:
        """A key that is not stored yet."""
        now_us = micros(self._clock.now())
        text = PREFIX + secrets.token_urlsafe(32)
        row = DeviceKeyRow(
            id=DeviceId(new_id(now_us // 1000)),
            sha256=_digest(text),
            lesson=line.id,
            account=account.id,
            person=account.person,
            purpose=purpose,
            sound=sound and purpose == "camera",
            created_us=now_us,
            expires_us=line.end_us + KEPT_US,
            revoked_us=None,
        )
        return text, row

    async def of_lesson(self, account: Account, lesson: LessonId) -> list[DeviceKeyRow]:
        """Keys of a lesson: all of them for its lecturer, else the own ones. Raises Problem."""
        mine = await self._planning.require(account, lesson, "device.list")
        async with self._database.read() as connection:
            rows = await device_store.of_lesson(connection, lesson)
        return [row for row in rows if mine.role is Role.LECTURER or row.person == account.person]

    async def revoke(self, account: Account, lesson: LessonId, key: DeviceId) -> None:
        """Take a key back. Raises Problem, NotFound for another's."""
        if key not in {row.id for row in await self.of_lesson(account, lesson)}:
            raise NotFound("device.not_found")
        async with self._database.begin() as connection:
            await device_store.revoke(connection, key, micros(self._clock.now()))

    async def check(self, text: str, lesson: LessonId, purpose: str, address: str) -> DeviceKeyRow:
        """The key, if it is good for this now.

        Raises Unauthenticated `device.bad_key` or `device.key_expired`, Refused for another lesson or purpose, Overloaded for guessing.
        """
        async with self._database.read() as connection:
            row = await device_store.by_digest(connection, _digest(text)) if len(text) <= LONGEST_KEY else None
        owner = await self._owner(row.account) if row is not None and row.revoked_us is None else None
        if row is None or owner is None:
            self._attempts.take(GUESS, "address", address, code="device.too_many_attempts")
            raise Unauthenticated("device.bad_key")
        if row.lesson != lesson:
            raise Refused("device.other_lesson")
        if row.purpose != purpose:
            raise Refused("device.other_purpose")
        mine = await self._planning.my_lesson(owner, row.lesson)
        if LessonState(mine.line.state) in AFTER or row.expires_us <= micros(self._clock.now()):
            raise Unauthenticated("device.key_expired")
        if not may(f"device.{purpose}", mine.role, mine.line.state):
            raise Refused("auth.not_allowed")
        return row

    def count_use(self, row: DeviceKeyRow) -> None:
        """Raises Overloaded when a key comes again and again."""
        self._attempts.take(USE, "use", row.id, code="device.too_many_attempts")

    async def _owner(self, account: AccountId) -> Account | None:
        """The account as it stands now; None when it may not sign in any more."""
        async with self._database.read() as connection:
            row = await account_store.by_id(connection, account)
            grants = await account_store.grants_of(connection, account, micros(self._clock.now()))
        active = row is not None and row.status == "active"
        return Account(row.id, row.person, row.school, row.login, "", grants) if row is not None and active else None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

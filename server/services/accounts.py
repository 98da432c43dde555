"""Setting up a real school from the command line: the school itself, its first policy and notice, and accounts with their roles."""

from __future__ import annotations

from dataclasses import dataclass

from server.clock import Clock, micros
from server.errors import Conflict, Invalid, NotFound
from server.identity.identity import Identity
from server.ids import AccountId, PersonId, SchoolId, new_id
from server.school.names import folded, normal, split_name
from server.school.permissions import Grant, Role, Scope
from server.school.policy import first_parameters
from server.services.demo_rows import NOTICE_EN, NOTICE_VI, PURPOSES
from server.storage import account_store, bulk, lesson_store
from server.storage.account_store import AccountRow
from server.storage.database import Database

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1024
#: As wide as the columns of account_tables.py and school_tables.py.
LONGEST_HO_DEM, LONGEST_TEN, LONGEST_LOGIN, LONGEST_CODE = 128, 64, 256, 32


@dataclass(frozen=True)
class NewSchool:
    name: str
    parent_org: str
    code: str
    place_name: str
    doc_style: str = "dang"


@dataclass(frozen=True)
class NewAccount:
    login: str
    name: str
    role: Role
    password: str
    code: str = ""
    title: str = ""


class Accounts:
    """Deeds of the administrator. One database holds one school."""

    def __init__(self, database: Database, identity: Identity, clock: Clock) -> None:
        self._database = database
        self._identity = identity
        self._clock = clock

    async def create_school(self, school: NewSchool) -> SchoolId:
        """The school with first policy and notice. Raises Conflict `school.exists`."""
        now_us = micros(self._clock.now())
        school_id = SchoolId(new_id(now_us // 1000))
        parameters = {n: {"value": v.value, "can_cu": v.can_cu} for n, v in first_parameters().items()}
        async with self._database.begin() as connection:
            if await lesson_store.has_school(connection):
                raise Conflict("school.exists")
            await bulk.insert_rows(
                connection,
                {
                    "school": [
                        {
                            "id": school_id,
                            "name": normal(school.name),
                            "parent_org": normal(school.parent_org),
                            "doc_style": school.doc_style,
                            "code": normal(school.code),
                            "place_name": normal(school.place_name),
                            "created_us": now_us,
                            "demo": False,
                        }
                    ],
                    "policy_set": [
                        {
                            "school_id": school_id,
                            "version": 1,
                            "effective_us": now_us,
                            "approved_by": "Chưa xác nhận",
                            "reference": "Giá trị ban đầu của hệ thống",
                            "parameters": parameters,
                        }
                    ],
                    "notice": [
                        {
                            "school_id": school_id,
                            "version": 1,
                            "text_vi": NOTICE_VI,
                            "text_en": NOTICE_EN,
                            "purposes": list(PURPOSES),
                            "basis": "Đồng ý của người học",
                        }
                    ],
                },
            )
        return school_id

    async def add_account(self, new: NewAccount) -> AccountId:
        """A person with an account and one role over the whole school. Raises Invalid, Conflict `account.exists`, NotFound."""
        login = normal(new.login).casefold()
        if not login or not SHORTEST_PASSWORD <= len(new.password) <= LONGEST_PASSWORD:
            raise Invalid("account.weak_password", least=SHORTEST_PASSWORD)
        name = split_name(new.name)
        texts = (name.ho_dem, LONGEST_HO_DEM), (name.ten, LONGEST_TEN), (login, LONGEST_LOGIN), (new.code, LONGEST_CODE)
        if any(len(text) > most for text, most in (*texts, (new.title, LONGEST_CODE))):
            raise Invalid("account.too_long")
        password_hash = await self._identity.passwords.hash(new.password)
        now_us = micros(self._clock.now())
        async with self._database.begin() as connection:
            school_id = await lesson_store.only_school(connection)
            if school_id is None:
                raise NotFound("school.not_found")
            if await account_store.by_login(connection, login):
                raise Conflict("account.exists")
            person_id = PersonId(new_id(now_us // 1000))
            await bulk.insert_rows(
                connection,
                {
                    "person": [
                        {
                            "id": person_id,
                            "school_id": school_id,
                            "ho_dem": name.ho_dem,
                            "ten": name.ten,
                            "full_name": name.full_name,
                            "search_name": folded(name.full_name)[:192],
                            "title": normal(new.title),
                            "code": normal(new.code),
                        }
                    ]
                },
            )
            account_id = AccountId(new_id(now_us // 1000))
            row = AccountRow(account_id, school_id, person_id, login, password_hash, "active")
            await account_store.add_account(connection, row, now_us)
            grant = Grant(new.role, Scope.SCHOOL, school_id)
            await account_store.add_grant(connection, new_id(now_us // 1000), account_id, grant, now_us)
        return account_id

    async def set_password(self, login: str, password: str) -> None:
        """A new password; everybody who was signed in with the old one is signed out. Raises Invalid, NotFound."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise Invalid("account.weak_password", least=SHORTEST_PASSWORD)
        password_hash = await self._identity.passwords.hash(password)
        async with self._database.begin() as connection:
            row = await account_store.by_login(connection, normal(login).casefold())
            if row is None:
                raise NotFound("account.not_found")
            await account_store.set_password_hash(connection, row.id, password_hash)
            await account_store.revoke_all(connection, row.id, micros(self._clock.now()), "password")

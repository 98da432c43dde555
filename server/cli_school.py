"""`giangduong school` and `giangduong account`: what a new school needs before anybody can sign in. Works while the server is stopped or runs."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from server.cli import add_settings_flags, settings_of
from server.clock import SystemClock
from server.errors import Problem
from server.school.permissions import Role
from server.settings import Settings, SettingsError

if TYPE_CHECKING:
    from server.services.accounts import Accounts

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_WORDS = {
    "school.exists": "this database already holds a school",
    "school.not_found": "there is no school yet: giangduong school --name … first",
    "account.exists": "somebody already has this login",
    "account.not_found": "nobody has this login",
    "account.too_long": "a name, login or code is too long",
    "account.weak_password": "the password needs 10 characters or more",
}


def add_parser(subparsers: Subparsers) -> None:
    school = subparsers.add_parser("school", help="set up the school in an empty database")
    add_settings_flags(school)
    school.add_argument("--name", required=True, help="name as it stands on documents")
    school.add_argument("--parent", required=True, help="organisation above the school (Tỉnh ủy, Thành ủy, UBND …)")
    school.add_argument("--code", required=True, help="short code for document numbers")
    school.add_argument("--place", required=True, help="place name on documents (địa danh)")
    school.add_argument("--style", choices=("dang", "nha_nuoc"), default="dang", help="form of the documents' head")
    school.set_defaults(run=run_school)

    account = subparsers.add_parser(
        "account", help="add an account, or give it a new password (asked for, never an argument)"
    )
    add_settings_flags(account)
    account.add_argument("action", choices=("add", "password"))
    account.add_argument("login")
    account.add_argument("--name", default="", help="full name")
    account.add_argument("--title", default="", help="TS., ThS. …")
    account.add_argument("--code", default="", help="staff code")
    account.add_argument("--role", choices=[role.value for role in Role], default=Role.ADMINISTRATOR.value)
    account.set_defaults(run=run_account)


def run_school(parsed: argparse.Namespace) -> int:
    from server.services.accounts import NewSchool

    new = NewSchool(parsed.name, parsed.parent, parsed.code, parsed.place, parsed.style)
    return _with_accounts(settings_of(parsed), lambda accounts: accounts.create_school(new))


def run_account(parsed: argparse.Namespace) -> int:
    from server.services.accounts import NewAccount

    settings = settings_of(parsed)
    if parsed.action == "add" and not parsed.name.strip():
        raise SettingsError("account add: --name is missing")
    password = _ask_password()
    if parsed.action == "password":
        return _with_accounts(settings, lambda accounts: accounts.set_password(parsed.login, password))
    new = NewAccount(parsed.login, parsed.name, Role(parsed.role), password, parsed.code, parsed.title)
    return _with_accounts(settings, lambda accounts: accounts.add_account(new))


def _ask_password() -> str:
    """From the terminal, twice; or one line of the input when it is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = getpass.getpass("Password: "), getpass.getpass("Again: ")
    if first != second:
        raise SettingsError("the two passwords differ")
    return first


def _with_accounts(settings: Settings, deed: Callable[[Accounts], Awaitable[object]]) -> int:
    async def run() -> None:
        from server.identity.identity import Identity, signing_secret
        from server.services.accounts import Accounts
        from server.storage.database import Database

        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        clock = SystemClock()
        database = Database(settings.database)
        identity = Identity(database, clock, signing_secret(settings))
        try:
            await database.open()
            await deed(Accounts(database, identity, clock))
        finally:
            await identity.aclose()
            await database.aclose()

    try:
        asyncio.run(run())
    except Problem as problem:
        print(f"giangduong: {_WORDS.get(problem.code, problem.code)}", file=sys.stderr)
        return 1
    print("done")
    return 0

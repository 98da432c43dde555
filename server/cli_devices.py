"""`giangduong device-key`: a key for an encoder or a screen, without signing in. Works while the server is stopped or runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING

from server.cli import add_settings_flags, settings_of
from server.clock import SystemClock, micros
from server.errors import NotFound, Problem
from server.settings import Settings

if TYPE_CHECKING:
    from server.services.planning import Planning
    from server.storage.database import Database
    from server.storage.plan_store import LessonLine

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    keys = subparsers.add_parser(
        "device-key", help="make a key for an encoder (WHIP) or a screen (WHEP), in the lecturer's name"
    )
    add_settings_flags(keys)
    keys.add_argument("lesson", nargs="?", default="", help="id or room code; without it: the lesson of now")
    keys.add_argument("--purpose", choices=("camera", "screen"), default="camera")
    keys.add_argument("--sound", action="store_true", help="a camera's microphone is heard")
    keys.add_argument("--count", type=int, default=1, help="so many keys, one JSON line each")
    keys.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    settings = settings_of(parsed)
    try:
        for made in asyncio.run(_made(settings, parsed)):
            print(json.dumps(made))
    except Problem as problem:
        print(f"giangduong: {problem.code}", file=sys.stderr)
        return 1
    return 0


async def _made(settings: Settings, parsed: argparse.Namespace) -> list[dict[str, str]]:
    from server.identity.account import Account
    from server.services.device_keys import DeviceKeys
    from server.services.planning import Planning
    from server.storage import account_store, device_store
    from server.storage.database import Database

    clock = SystemClock()
    database = Database(settings.database)
    planning = Planning(database, clock)
    keys = DeviceKeys(database, planning, clock)
    made: list[dict[str, str]] = []
    try:
        await database.open()
        line = await _line(database, planning, parsed.lesson)
        async with database.begin() as connection:
            row = await account_store.by_person(connection, line.lecturer)
            if row is None:
                raise NotFound("account.not_found")
            owner = Account(row.id, row.person, row.school, row.login, "", ())
            for _ in range(max(parsed.count, 0)):
                text, key = keys.new(line, owner, parsed.purpose, sound=parsed.sound)
                await device_store.add(connection, key)
                word = "whip" if parsed.purpose == "camera" else "whep"
                made.append({"url": f"{settings.base_url}/api/v1/lessons/{line.id}/{word}", "key": text})
    finally:
        await database.aclose()
    return made


async def _line(database: Database, planning: Planning, wanted: str) -> LessonLine:
    """The lesson with this id or room code; of today's, the one that is open or the next."""
    from server.ids import LessonId
    from server.school.lesson_states import AFTER, LessonState
    from server.storage import lesson_store

    async with database.read() as connection:
        school = await lesson_store.only_school(connection)
    if school is None:
        raise NotFound("school.not_found")
    lines = await planning.lines_of_day(school, planning.today())
    if wanted:
        named = next((line for line in lines if wanted == line.room_code), None)
        return named or await planning.line(LessonId(wanted))
    now_us = micros(SystemClock().now())
    ahead = [line for line in lines if LessonState(line.state) not in AFTER and line.end_us > now_us]
    if not ahead:
        raise NotFound("lesson.not_found")
    return min(ahead, key=lambda line: line.start_us)

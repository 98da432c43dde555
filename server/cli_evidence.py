"""`giangduong lessons | export | verify | rebuild`: the record from the command line. `verify` needs neither settings, database nor network."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from server.cli import add_settings_flags, settings_of
from server.errors import Problem
from server.ids import LessonId
from server.settings import Settings

if TYPE_CHECKING:
    from server.ledger import Ledger
    from server.ledger.bundle.findings import Report
    from server.services.evidence import Evidence
    from server.services.planning import Planning
    from server.services.rebuilding import Rebuilding

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DIFFERENT = 1
UNUSABLE = 2


def add_parser(subparsers: Subparsers) -> None:
    lessons = subparsers.add_parser("lessons", help="list the lessons that have a record")
    add_settings_flags(lessons)
    lessons.set_defaults(run=run_lessons)
    export = subparsers.add_parser("export", help="write everything that proves a lesson into one file")
    export.add_argument("lesson", metavar="LESSON", help="id of the lesson (giangduong lessons)")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    export.add_argument("--with-recording", action="store_true", help="include the segments of the recording")
    add_settings_flags(export)
    export.set_defaults(run=run_export)
    rebuild = subparsers.add_parser("rebuild", help="compute a lesson's roll from its events again, and compare")
    rebuild.add_argument("lesson", metavar="LESSON")
    add_settings_flags(rebuild)
    rebuild.set_defaults(run=run_rebuild)
    _add_verify(subparsers)


def _add_verify(subparsers: Subparsers) -> None:
    verify = subparsers.add_parser(
        "verify",
        help="check an exported file: kiểm tra hồ sơ minh chứng (no server needed)",
        description="Checks an exported bundle. Exit code 0: everything holds; 1: something does not, the first place is named.",
    )
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument(
        "--key-id", default="", metavar="ID", help="the id of the school's key, as the school publishes it"
    )
    verify.add_argument(
        "--anchor", default="", metavar="DIGEST", help="leading digits (8 or more) of a digest on paper"
    )
    verify.add_argument("--lang", choices=("vi", "en"), default="vi", help="language of the result")
    verify.add_argument("--json", action="store_true", help="the result for programs")
    verify.set_defaults(run=run_verify)


# --- verify --------------------------------------------------------------------------------------------------------------


def run_verify(parsed: argparse.Namespace) -> int:
    from server.ledger.bundle.check import check_bundle

    if parsed.anchor and not (len(parsed.anchor) >= 8 and all(c in "0123456789abcdefABCDEF" for c in parsed.anchor)):
        return _unusable("--anchor: 8 to 64 hexadecimal digits")
    try:
        with parsed.file.open("rb") as file:
            report = check_bundle(file, parsed.key_id, parsed.anchor)
    except OSError as error:
        return _unusable(str(error))
    _print_json(report) if parsed.json else _print_report(report, parsed.lang)
    return 0 if report.is_sound else DIFFERENT


def _print_json(report: Report) -> None:
    from server.ledger.bundle.texts import sentence

    result = asdict(report) | {"sound": report.is_sound}
    if not report.is_sound:
        result["first"] = asdict(report.first()) | {"sentence": sentence(report.first(), "en")}
    print(json.dumps(result, ensure_ascii=False))


def _print_report(report: Report, language: str) -> None:
    from server.ledger.bundle.texts import sentence, summary

    for line in summary(report, language):
        print(line)
    if report.is_sound:
        return
    first = report.first()
    print(("KHÔNG ĐÚNG – " if language == "vi" else "NOT SOUND – ") + sentence(first, language))
    for finding in sorted(report.findings, key=lambda f: f.rank):
        if finding != first:
            print("  " + sentence(finding, language))


# --- with the database -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Archive:
    """The services that these commands read with."""

    planning: Planning
    ledger: Ledger
    evidence: Evidence
    rebuilding: Rebuilding


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[_Archive]:
    """Reading only: works beside a running server."""
    from server.clock import SystemClock
    from server.ledger import Ledger, SchoolKey
    from server.services.evidence import Evidence
    from server.services.planning import Planning
    from server.services.rebuilding import Rebuilding
    from server.storage.database import Database
    from server.storage.ledger_store import SqlLedgerStore
    from server.storage.sheet_store import SheetStore

    database, clock = Database(settings.database), SystemClock()
    try:
        await database.open()
        planning, sheets = Planning(database, clock), SheetStore(database)
        ledger = Ledger(SqlLedgerStore(database), clock, SchoolKey.load_or_create(settings.data_dir / "keys"))
        evidence = Evidence(settings.data_dir, planning, ledger, sheets, clock)
        yield _Archive(planning, ledger, evidence, Rebuilding(planning, ledger, sheets))
    finally:
        await database.aclose()


def _with_archive(parsed: argparse.Namespace, deed: Callable[[_Archive], Awaitable[int]]) -> int:
    settings = settings_of(parsed)
    if not settings.data_dir.is_dir():
        return _unusable(f"data_dir: there is no folder {settings.data_dir}")

    async def run() -> int:
        async with _opened(settings) as archive:
            return await deed(archive)

    try:
        return asyncio.run(run())
    except Problem as problem:
        return _unusable(f"{problem.code} {dict(problem.params) or ''}".rstrip())


def run_lessons(parsed: argparse.Namespace) -> int:
    return _with_archive(parsed, _list_lessons)


async def _list_lessons(archive: _Archive) -> int:
    print(f"{'LESSON':36}  {'DAY':10}  {'COHORT':10}  {'STATE':10}  {'EVENTS':>6}  {'SEALED':>6}  TOPIC")
    for head in await archive.ledger.heads():
        try:
            line = await archive.planning.line(LessonId(head.log_id))
        except Problem:
            continue
        sealed = str(head.sealed_seq) if head.sealed_seq else "no"
        print(
            f"{line.id:36}  {line.day:10}  {line.cohort_code:10}  {line.state:10}  {head.seq:6}  {sealed:>6}  {line.topic_name}"
        )
    return 0


def run_export(parsed: argparse.Namespace) -> int:
    async def export(archive: _Archive) -> int:
        bundle = await archive.evidence.pack(LessonId(parsed.lesson), parsed.with_recording)
        await asyncio.to_thread(bundle.write_to, parsed.output)
        print(f"{parsed.output}: {bundle.size} bytes, key {archive.ledger.key.key_id}")
        return 0

    return _with_archive(parsed, export)


def run_rebuild(parsed: argparse.Namespace) -> int:
    async def rebuild(archive: _Archive) -> int:
        rebuilt = await archive.rebuilding.compare(LessonId(parsed.lesson), "en")
        print(f"{rebuilt.events} events, sealed up to {rebuilt.sealed_seq}, {rebuilt.rolls} confirmed rolls")
        if rebuilt.marks_sha256:
            print(f"marks {rebuilt.marks_sha256}")
        for difference in rebuilt.differences:
            print(f"different: {difference}")
        if not rebuilt.differences:
            print("identical")
        return DIFFERENT if rebuilt.differences else 0

    return _with_archive(parsed, rebuild)


def _unusable(reason: str) -> int:
    print(f"giangduong: {reason}", file=sys.stderr)
    return UNUSABLE

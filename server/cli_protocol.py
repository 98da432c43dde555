"""`giangduong protocol --write | --check`: the wire's types, made from the msgspec structs of room and REST.

Three files come out: JSON Schema, TypeScript, and the tables inside docs/protocol.md. How the room works
is not known here.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from server.api import shapes
from server.cli_protocol_markdown import tables, with_tables
from server.cli_protocol_typescript import Direction, Family, Wire, typescript
from server.room.commands import AnyCommand, Connect
from server.room.desk_pushes import AnyDeskPush, WatchDay
from server.room.pushes import AnyPush

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = Path("docs/protocol.schema.json")
TYPESCRIPT = Path("static_client/src/wire/protocol.gen.ts")
MARKDOWN = Path("docs/protocol.md")


def _rest(base: type[msgspec.Struct]) -> tuple[type[msgspec.Struct], ...]:
    kinds = [kind for _, kind in inspect.getmembers(shapes, inspect.isclass)]
    found = [kind for kind in kinds if issubclass(kind, base) and kind is not base]
    return tuple(sorted(found, key=lambda kind: inspect.getsourcelines(kind)[1]))


def wire() -> Wire:
    """Everything that crosses the wire, in the order in which the files show it."""
    return Wire(
        (
            Family("Connect", (Connect,), Direction.TO_SERVER),
            Family("AnyCommand", get_args(AnyCommand), Direction.TO_SERVER),
            Family("AnyPush", get_args(AnyPush), Direction.TO_BROWSER),
            Family("DeskCommand", (WatchDay,), Direction.TO_SERVER),
            Family("AnyDeskPush", get_args(AnyDeskPush), Direction.TO_BROWSER),
            Family("Requests", _rest(shapes.Request), Direction.TO_SERVER),
            Family("Bodies", _rest(shapes.Body), Direction.TO_BROWSER),
        )
    )


def schema(what: Wire) -> str:
    """JSON Schema (2020-12) with one definition per struct."""
    types: list[Any] = [kind for family in what.families for kind in family.types]
    _, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Giảng Đường: what crosses the wire",
        "$defs": dict(sorted(components.items())),
    }
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def files(root: Path) -> dict[Path, str]:
    """The generated files by their path; docs/protocol.md keeps the sentences around the tables."""
    what = wire()
    document = root / MARKDOWN
    before = document.read_text(encoding="utf-8") if document.exists() else ""
    return {
        root / SCHEMA: schema(what),
        root / TYPESCRIPT: typescript(what),
        document: with_tables(before, tables(what)),
    }


def stale(root: Path = ROOT) -> list[Path]:
    """Generated files that do not match the structs."""
    return [path for path, text in files(root).items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def write(root: Path = ROOT) -> None:
    for path, text in files(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For the command line's own parser."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the generated files")
    what.add_argument("--check", action="store_true", help="fail if a generated file is not fresh")


def run(options: argparse.Namespace) -> int:
    """Exit status: 1 when `--check` finds a stale file."""
    if options.write:
        write()
        return 0
    old = stale()
    for path in old:
        sys.stderr.write(f"not fresh: {path.relative_to(ROOT)} (run: giangduong protocol --write)\n")
    return 1 if old else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="giangduong protocol")
    add_arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    raise SystemExit(main())

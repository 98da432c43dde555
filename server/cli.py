"""The command `giangduong`: reads arguments, calls one function per subcommand. Each subcommand's own module adds its parser."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from server import cli_protocol
from server import settings as settings_module
from server.settings import Settings, SettingsError

#: Modules with `add_parser(subparsers)`, in the order of the help.
COMMAND_MODULES = (
    "server.cli_serve",
    "server.cli_school",
    "server.doctor",
    "server.cli_evidence",
    "server.cli_devices",
    "server.cli_load",
)
DEFAULT_COMMAND = "serve"
BAD_SETTINGS = 2


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="giangduong", description="Máy chủ lớp học trực tuyến Giảng Đường (virtual classroom server)."
    )
    subparsers = parser.add_subparsers(dest="command", metavar="command")
    for name in COMMAND_MODULES:
        if find_spec(name):
            import_module(name).add_parser(subparsers)
    protocol = subparsers.add_parser("protocol", help="write or check the files generated from the wire's structs")
    cli_protocol.add_arguments(protocol)
    protocol.set_defaults(run=cli_protocol.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; answers the exit code. Without a subcommand it serves."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser()
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments.insert(0, DEFAULT_COMMAND)
    parsed = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = parsed.run
    try:
        return run(parsed)
    except SettingsError as error:
        print(f"giangduong: {error}", file=sys.stderr)
        return BAD_SETTINGS
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def add_settings_flags(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting that is no secret (arguments are visible to every user of the machine)."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file of settings (giangduong.toml)")
    for field in settings_module.setting_fields():
        if field.metadata["secret"]:
            continue
        flag = "--" + field.name.replace("_", "-")
        options: dict[str, Any] = {"dest": f"set_{field.name}", "default": None, "help": field.metadata["sentence"]}
        if field.type == "bool":
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, **options)
        else:
            parser.add_argument(flag, metavar=field.name.rpartition("_")[2].upper(), **options)


def settings_of(parsed: argparse.Namespace) -> Settings:
    """The settings with this command line's flags on top. Raises SettingsError."""
    flags = {
        name.removeprefix("set_"): value if isinstance(value, str) else str(value).lower()
        for name, value in vars(parsed).items()
        if name.startswith("set_") and value is not None
    }
    return settings_module.load(flags, file=parsed.config)


if __name__ == "__main__":
    sys.exit(main())

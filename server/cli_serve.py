"""`giangduong serve`, the child it supervises, and `giangduong config`."""

from __future__ import annotations

import argparse
import gc
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from server.cli import add_settings_flags, settings_of
from server.listening import listening_socket
from server.settings import Settings, SettingsError, described

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    serve = subparsers.add_parser("serve", help="run the server, and bring it back when it dies")
    add_settings_flags(serve)
    serve.set_defaults(run=run_supervised)
    child = subparsers.add_parser("serve-child", description="The server itself, without a supervisor.")
    add_settings_flags(child)
    child.add_argument("--listen-fd", type=int, help=argparse.SUPPRESS)
    child.add_argument("--lifeline-fd", type=int, help=argparse.SUPPRESS)
    child.set_defaults(run=run_child)
    config = subparsers.add_parser("config", help="print every setting, its value and where it comes from")
    add_settings_flags(config)
    config.set_defaults(run=run_config)


def run_supervised(parsed: argparse.Namespace) -> int:
    from server.supervisor import Supervisor, child_command

    settings = settings_of(parsed)
    listener = _listener(settings)
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        arguments = arguments[1:]
    with listener:
        return Supervisor(child_command(arguments), listener).run()


def run_child(parsed: argparse.Namespace) -> int:
    # Nothing that is loaded now goes away again: looking for garbage in it only costs time.
    gc.disable()
    from server.serving import run

    settings = settings_of(parsed)
    if parsed.listen_fd is None:
        listener = _listener(settings)
    else:
        listener = socket.socket(fileno=parsed.listen_fd)
        listener.setblocking(False)
    settings = replace(settings, port=listener.getsockname()[1])
    run(settings, listener, parsed.lifeline_fd)
    return 0


def _listener(settings: Settings) -> socket.socket:
    try:
        return listening_socket(settings)
    except OSError as error:
        raise SettingsError(
            f"port: {settings.host}:{settings.port} cannot be listened on ({error.strerror}); "
            "choose another with --port, or end the program that holds it"
        ) from error


def run_config(parsed: argparse.Namespace) -> int:
    for name, value, origin, sentence in described(settings_of(parsed)):
        print(f"{name} = {value or '(empty)'}    [{origin}]\n    {sentence}")
    return 0

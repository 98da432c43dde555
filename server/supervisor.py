"""The small parent of `giangduong serve`: holds the listening socket and brings the server back when it dies.

While the server is away, browsers' connections wait in the socket's queue; they are not refused. A server that cannot start at all is not
tried for ever: its own message stands on the error stream.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from server.settings import START_KEY

#: Exit code of a server that refuses its settings: starting again would not help.
REFUSED = 2
#: A server that lived shorter than this has failed to start.
STARTED_S = 3.0
MOST_FAILED_STARTS = 8
PAUSE_S = 0.2
LONGEST_PAUSE_S = 1.5
#: After the stop signal, this long until the server is killed.
STOP_S = 12.0


class Supervisor:
    """Runs `command` as a child, again and again, until told to stop. One per process: it owns the signal handlers."""

    def __init__(self, command: Sequence[str], listener: socket.socket) -> None:
        self._command = list(command)
        self._listener = listener
        self._child: subprocess.Popen[bytes] | None = None
        self._is_stopping = False

    def run(self) -> int:
        """The exit code for the shell."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        environment = os.environ | {START_KEY: secrets.token_urlsafe(24)}
        failed_starts = 0
        while True:
            began = time.monotonic()
            code = self._run_once(environment)
            if self._is_stopping or code == 0:
                return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else 1
            failed_starts = failed_starts + 1 if time.monotonic() - began < STARTED_S else 0
            if code == REFUSED or failed_starts >= MOST_FAILED_STARTS:
                return code if code > 0 else 1
            sys.stderr.write(f"giangduong: the server ended with code {code}; starting it again\n")
            time.sleep(min(LONGEST_PAUSE_S, PAUSE_S * 2**failed_starts) if failed_starts else 0)

    def _run_once(self, environment: dict[str, str]) -> int:
        """One life of the server. It ends by itself when this process dies, because the pipe then closes."""
        ours, theirs = os.pipe()
        # The child reads from `ours`; `theirs` stays open here and nowhere else.
        listener_fd = self._listener.fileno()
        command = [*self._command, "--listen-fd", str(listener_fd), "--lifeline-fd", str(ours)]
        self._child = subprocess.Popen(command, pass_fds=(listener_fd, ours), env=environment)
        os.close(ours)
        try:
            return self._wait()
        finally:
            os.close(theirs)

    def _wait(self) -> int:
        child = self._child
        if child is None:
            raise RuntimeError("no child to wait for")
        while True:
            try:
                return child.wait(timeout=STOP_S if self._is_stopping else 0.5)
            except subprocess.TimeoutExpired:
                if self._is_stopping:
                    child.kill()

    def _stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)


def child_command(arguments: Sequence[str]) -> list[str]:
    """How the server itself is started, with the user's own flags."""
    return [sys.executable, "-m", "server", "serve-child", *arguments]

"""The listening TCP socket. Apart from serving.py because the supervisor needs it without loading the server."""

from __future__ import annotations

import socket

from server.settings import Settings

#: Connections that wait while the server starts again.
BACKLOG = 1024


def listening_socket(settings: Settings) -> socket.socket:
    """A TCP socket bound to host and port. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener

"""The engine's Python face: notices on the loop, arguments judged at once, closing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from media import _core
from media.engine import DtlsReceived, Engine, EngineNotice, PathChanged, Refused
from tests.media.engine_world import Peer, World


async def _said(notices: list[EngineNotice], kind: type[EngineNotice]) -> EngineNotice:
    async with asyncio.timeout(5):
        while True:
            if found := [n for n in notices if isinstance(n, kind)]:
                return found[0]
            await asyncio.sleep(0.005)


async def test_notices_reach_the_loop_in_order_and_a_failing_reader_does_not_stop_them() -> None:
    notices: list[EngineNotice] = []
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))

    def notify(note: EngineNotice) -> None:
        notices.append(note)
        if isinstance(note, PathChanged):
            raise LookupError("a reader's error")

    engine = Engine(notify)
    [(proto, ip, port)] = engine.start([("127.0.0.1", 0)])
    assert (proto, ip) == ("udp", "127.0.0.1")
    world = World.__new__(World)
    world.core, world.port = engine.core, port
    peer = Peer(world, 3, 7)
    peer.socket.send(peer.request(nominate=True))
    path = await _said(notices, PathChanged)
    assert path == PathChanged(3, 0, "udp", "127.0.0.1", peer.socket.getsockname()[1])
    peer.socket.send(b"\x16\xfe\xfd!")
    assert await _said(notices, DtlsReceived) == DtlsReceived(3, b"\x16\xfe\xfd!")
    assert [type(f) for f in failures] == [LookupError]
    engine.core.enable_source(99, True)
    assert await _said(notices, Refused) == Refused("enable_source", 99, "unknown source")
    engine.close()
    engine.close()
    with pytest.raises(RuntimeError):
        engine.core.add_peer(4, "u", "p", "r")


def test_wrong_arguments_are_refused_at_once() -> None:
    core = _core.Engine()
    cases: list[Callable[[], object]] = [
        lambda: core.add_peer(0, "u", "p", "r"),
        lambda: core.add_peer(1, "", "p", "r"),
        lambda: core.add_peer(1, "u:v", "p", "r"),
        lambda: core.add_peer(1, "u", "p" * 300, "r"),
        lambda: core.send_dtls(1, bytes(2000)),
        lambda: core.set_ext(1, {"unheard_of": 3}),
        lambda: core.set_ext(1, {"mid": 0}),
        lambda: core.add_source(1, 1, "0", "smell", []),
        lambda: core.add_source(1, 1, "0", "audio", [(200, "opus", 0, 48000)]),
        lambda: core.add_source(1, 1, "0", "audio", [(111, "mp3", 0, 48000)]),
        lambda: core.add_source(1, 1, "0", "audio", [(111, "opus", 0, 0)]),
        lambda: core.add_source(1, 1, "0", "video", [], ["a", "b", "c", "d", "e"]),
        lambda: core.add_slot(1, 1, "a mid that is far too long", "audio", 1, 0, {}),
        lambda: core.set_red(1, 3),
        lambda: core.bind([]),
        lambda: core.bind([("not an address", 0)]),
        lambda: core.bind([], [("127.0.0.1", 0)]),
        lambda: core.bind([("127.0.0.1", 0), ("127.0.0.2", 0)]),
        lambda: core.bind([("127.0.0.1", 0)], [("::1", 0), ("::", 0)]),
    ]
    for case in cases:
        with pytest.raises(ValueError):
            case()
    with pytest.raises(OverflowError):
        core.remove_peer(2**32)
    core.close()


def test_a_taken_port_is_an_os_error() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        core = _core.Engine()
        with pytest.raises(OSError):
            core.bind([("127.0.0.1", other.getsockname()[1])])
        core.close()


def test_an_engine_that_is_forgotten_frees_its_port() -> None:
    core = _core.Engine()
    [(_, _, port)] = core.bind([("127.0.0.1", 0)])
    core.close()
    again = _core.Engine()
    assert again.bind([("127.0.0.1", port)]) == [("udp", "127.0.0.1", port)]
    again.close()

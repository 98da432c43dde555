"""Whatever JSON a browser sends: a command, or a Problem that names the fault; packets: text events of ours, or refused."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from server.realtime.gateway import decode_command, decode_connect
from server.realtime.packets import TextPacket, event_packet
from server.room.commands import AnyCommand, Command, Connect

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)
tags = st.sampled_from([str(kind.__struct_config__.tag) for kind in get_args(AnyCommand)])
near_commands = st.builds(
    lambda tag, fields: {**fields, "t": tag},
    tags,
    st.dictionaries(
        st.sampled_from(["message", "text", "participant", "rev", "tiles", "n", "sdp", "media"]), json_values
    ),
)


@given(st.lists(json_values | near_commands, max_size=3))
def test_any_arguments_are_a_command_or_malformed(data: list[Any]) -> None:
    try:
        assert isinstance(decode_command(tuple(data)), Command)
    except Invalid as problem:
        assert problem.code == "room.malformed"
        assert len(str(problem.params.get("detail", ""))) <= 200


@given(json_values | st.fixed_dictionaries({"v": json_values, "device": json_values, "ticket": json_values}))
def test_any_auth_is_a_connect_or_refused(auth: Any) -> None:
    try:
        assert isinstance(decode_connect(auth), Connect)
    except Invalid as problem:
        assert problem.code in ("room.malformed", "room.version")


@given(st.text(max_size=200) | st.from_regex(r"[0-6](/lesson,)?[0-9]{0,4}\[.{0,80}\]?", fullmatch=True))
def test_any_text_is_an_event_of_ours_or_refused(text: str) -> None:
    try:
        packet = TextPacket(encoded_packet=text or "2")
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return
    if packet.packet_type == 2:
        assert packet.data[0] == "do"
    assert packet.packet_type not in (5, 6)


def test_binary_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="binary"):
        TextPacket(encoded_packet=b"2[]")
    with pytest.raises(ValueError, match="binary"):
        TextPacket(encoded_packet='451-/lesson,["do",{"_placeholder":true,"num":0}]')


def test_a_push_travels_as_one_text_event() -> None:
    packet = event_packet("/lesson", "push", '{"seq":1,"t":"joined","name":"Ánh"}'.encode())
    assert packet.encode() == '42/lesson,["push",{"seq":1,"t":"joined","name":"Ánh"}]'

"""Browsers that are broken or hostile: told what is wrong, never able to hurt the room."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.kit.lesson_client import LessonClient, Refusal
from tests.kit.live_school import LiveSchool

TEXTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE ledger_event; --",
    "\" OR \"\"=\"",
    "{{7*7}} ${7*7} #{7*7}",
    "=HYPERLINK(\"http://example.invalid\")",
    "\u202e\u0007\u2028\ufeff",
    "👩🏽‍🏫" * 20,
    "Nguyễn Thị Ánh Tuyết đã nộp bài",
    "\\u0022\\n%00%s%n",
)  # fmt: skip

MALFORMED: tuple[Any, ...] = (
    None,
    7,
    "end_lesson",
    [],
    {},
    {"t": "nonsense"},
    {"t": "post_chat"},
    {"t": "post_chat", "message": "m", "text": ""},
    {"t": "post_chat", "message": "m", "text": "x" * 4_001},
    {"t": "post_chat", "message": "m", "text": 5},
    {"t": "post_chat", "message": "m", "text": "a\u0000b"},
    {"t": "post_chat", "message": "m\u0000", "text": "a"},
    {"t": "post_chat", "message": "", "text": "a"},
    {"t": "post_chat", "message": "m", "text": "x", "more": True},
    {"t": "remove_person", "participant": "p", "reason": "kurz"},
    {"t": "start_roll_call", "window_s": 10**12},
    {"t": "set_view", "rev": -1, "tiles": []},
    {"t": "set_view", "rev": 1, "tiles": [{}] * 26},
    {"t": "offer", "n": 1, "sdp": "v=0" * 40_000, "media": []},
)


@pytest.mark.parametrize("text", TEXTS)
async def test_text_comes_back_as_the_data_it_was(school: LiveSchool, text: str) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await student.do("post_chat", message="m", text=text)
    assert (await lecturer.until("chat_posted"))["message"]["text"] == text
    (posted,) = await school.bodies("chat.message_posted")
    assert posted["text"] == text


async def test_malformed_commands_are_told_and_the_seat_stays(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    before = len(await school.events())
    for body in MALFORMED:
        with pytest.raises(Refusal, match=r"room\.malformed"):
            await student.send_raw(body)
        await school.clock.advance(0.2)
    with pytest.raises(Refusal, match=r"room\.malformed"):
        await student.send_raw({"t": "leave"}, {"t": "leave"})
    assert len(await school.events()) == before
    await student.do("post_chat", message="m", text="vẫn còn đây")
    await lecturer.until("chat_posted")


async def test_a_packet_beyond_the_cap_closes_only_its_own_socket(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await student.socket.emit("do", {"t": "post_chat", "message": "m", "text": "x" * 300_000}, "/lesson")
    await asyncio.wait_for(student.closed.wait(), 10)
    await lecturer.do("post_chat", message="m", text="còn")


async def test_whoever_asks_too_often_is_told_and_stays(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    answers = []
    for n in range(60):
        try:
            await student.do("set_media", microphone=bool(n % 2), camera=False, screen=False)
            answers.append("ok")
        except Refusal as refusal:
            answers.append(refusal.code)
    assert set(answers) == {"ok", "room.too_fast"}
    await lecturer.do("hears", hears=True)
    await school.clock.advance(5)
    await student.do("post_chat", message="m", text="xin lỗi")


async def test_a_flood_of_messages_is_stopped_before_the_record(school: LiveSchool) -> None:
    student = await school.join("student1")
    codes = []
    for n in range(20):
        try:
            await student.do("post_chat", message=f"m{n}", text="spam")
        except Refusal as refusal:
            codes.append(refusal.code)
    assert codes and set(codes) == {"room.too_fast"}
    assert len(await school.bodies("chat.message_posted")) <= 9


@pytest.mark.provokes_faults
async def test_fault_of_ours_is_an_incident_and_the_room_goes_on(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    room = school.services.live.room_of(school.lesson)
    assert room is not None
    good = room.hall.log

    class Broken:
        epoch = good.epoch

        async def append(self, *_: object) -> list[Any]:
            raise RuntimeError("a fault of ours")

        async def beat(self) -> None: ...

    room.hall.log = Broken()
    with pytest.raises(Refusal, match=r"server\.fault") as refusal:
        await student.do("post_chat", message="m", text="mất")
    assert refusal.value.problem["incident"]
    room.hall.log = good
    assert not lecturer.seen("chat_posted"), "what is not recorded is not shown"
    await student.do("post_chat", message="m", text="còn")
    assert (await lecturer.until("chat_posted"))["message"]["text"] == "còn"


async def raw_socket(school: LiveSchool, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    url = f"{school.base_url}/socket.io/?EIO=4&transport=websocket"
    return await http.ws_connect(url)


RAW = (
    "", "4", "42", "42[]", "42/lesson,", "42/lesson,[]", '42/lesson,["do"', "42/lesson,[1]", '42/lesson,["connect",{},{}]',
    '42/lesson,["disconnect","x"]', '451-/lesson,["do",{"_placeholder":true,"num":0}]', "40/nowhere,", "44/lesson,{}",
    "46/lesson,[]", "4" + "9" * 300, "9", "\u0000", '40/lesson,{"v":1,"device":' + "[" * 2_000, "2probe", "5", "x" * 60_000,
    '42/desk,["do",{"t":"watch_day","day":"2026-01-01"}]',
)  # fmt: skip


async def test_raw_packets_of_every_wrong_kind_hurt_nobody(school: LiveSchool) -> None:
    lecturer = await school.join("lecturer")
    async with aiohttp.ClientSession() as http:
        for packet in RAW:
            socket = await raw_socket(school, http)
            await socket.send_str(packet)
            await socket.close()
        flood = await raw_socket(school, http)
        for _ in range(40):
            if not flood.closed:
                await flood.send_str("42/lesson,[1]")
        async with asyncio.timeout(10):
            while not flood.closed:
                await flood.receive()
        socket = await raw_socket(school, http)
        await socket.send_bytes(b"\x04\x00binary")
        await socket.close()
    await lecturer.do("post_chat", message="m", text="vẫn chạy")


async def test_a_client_cannot_pretend_to_disconnect_or_connect_somebody(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    await student.socket.emit("disconnect", "client disconnect", "/lesson")
    await student.socket.emit("connect", ({}, {"v": 1, "device": "d"}), "/lesson")
    await student.do("post_chat", message="m", text="vẫn ngồi")
    await lecturer.until("chat_posted")


async def test_long_polling_is_not_served(school: LiveSchool) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{school.base_url}/socket.io/?EIO=4&transport=polling") as response,
    ):
        assert response.status == 400


async def test_a_page_of_another_site_cannot_open_a_socket(school: LiveSchool) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(
                f"{school.base_url}/socket.io/?EIO=4&transport=websocket", headers={"Origin": "https://evil.example"}
            )


async def test_a_socket_that_does_not_say_who_it_is_is_closed(school: LiveSchool) -> None:
    async with aiohttp.ClientSession() as http:
        socket = await raw_socket(school, http)
        seated = await school.join("lecturer")
        async with asyncio.timeout(15):
            while not socket.closed:
                await school.clock.advance(5)
                await asyncio.sleep(0)
                try:
                    await socket.receive(timeout=0.05)
                except TimeoutError:
                    continue
        await seated.do("hears", hears=True)


async def test_lesson_and_desk_are_separate_doors(school: LiveSchool) -> None:
    browser = await school.browser("student1")
    cookie = "; ".join(f"{each.key}={each.value}" for each in browser.http.cookie_jar)
    desk = LessonClient(school.base_url, namespace="/desk")
    await desk.connect(headers={"Cookie": cookie})
    school.keep(desk)
    assert (await desk.until("desk_snapshot"))["lessons"] == []
    stranger = LessonClient(school.base_url, namespace="/desk")
    with pytest.raises(Refusal, match=r"auth\.required"):
        await stranger.connect()

"""WHIP and WHEP over real HTTP and real packets: an encoder is seen by the class, a screen sees the lesson, each is in the log and in nobody's marks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media.router import RoomRouter
from tests.kit.lesson_client import Refusal
from tests.kit.live_school import LiveSchool, live_school
from tests.kit.rtc_client import RtcClient
from tests.kit.rtp_packets import fake_vp8
from tests.kit.whip_device import FRAGMENT, SDP, WhipDevice, device, make_key
from tests.server.room.test_media import with_media


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[LiveSchool]:
    async with live_school(tmp_path, with_media=True) as made:
        yield made


def encoder(seed: int = 7) -> RtcClient:
    return RtcClient({"microphone": (), "camera": ()}, seed=seed)


def screen(seed: int = 9) -> RtcClient:
    return RtcClient({}, audio_slots=1, video_slots=1, seed=seed)


async def test_a_second_camera_is_shown_to_the_class_and_stands_in_the_log(school: LiveSchool) -> None:
    browser = await school.browser("lecturer")
    made = await make_key(browser, school.lesson)
    student, rtc = await with_media(school, "student1", seed=2)
    async with device(school, made, encoder()) as camera:
        answered = await camera.connect()
        assert answered.headers["Location"].startswith(made["url"] + "/")
        assert "a=setup:passive" in answered.text
        filming = asyncio.create_task(camera.film())
        shown = await student.until(
            "slots_changed", lambda p: any(s["participant"] == made["device"]["id"] for s in p["slots"])
        )
        slot = next(s for s in shown["slots"] if s["participant"] == made["device"]["id"])
        assert slot["role"] == "camera"
        await rtc.until(lambda: bool(rtc.received[slot["mid"]]))
        filming.cancel()
        assert (await camera.delete()).status == 200
        assert (await camera.delete()).status == 404
    joined = (await school.bodies("device.joined"))[0]
    assert (joined["device"], joined["purpose"]) == (made["device"]["id"], "camera")
    assert [left["reason"] for left in await school.bodies("device.left")] == ["leave"]
    assert [m["role"] for m in await school.bodies("device.media_changed")] == ["camera"]
    await rtc.close()


async def test_a_screen_in_the_next_hall_gets_the_lecturers_voice_and_picture(school: LiveSchool) -> None:
    lecturer, teaching = await with_media(school, "lecturer", {"microphone": (), "camera": ()})
    made = await make_key(await school.browser("lecturer"), school.lesson, "screen")
    async with device(school, made, screen()) as hall:
        await hall.connect()
        stop = asyncio.create_task(_teach(teaching))
        audio, video = hall.rtc.slot_mids("audio")[0], hall.rtc.slot_mids("video")[0]
        await hall.rtc.until(lambda: bool(hall.rtc.received[audio]) and bool(hall.rtc.received[video]))
        stop.cancel()
    counts = (await lecturer.until("roster_changed", lambda p: True))["counts"]
    assert counts["present"] == 0
    await teaching.close()


async def _teach(rtc: RtcClient) -> None:
    while True:
        rtc.send_audio("microphone")
        rtc.send_frame(fake_vp8(True, 300, 1280, 720), "camera")
        await asyncio.sleep(0.03)


@pytest.fixture
async def camera(school: LiveSchool) -> AsyncIterator[WhipDevice]:
    """An encoder with a good key that has not called yet."""
    made = await make_key(await school.browser("lecturer"), school.lesson)
    async with device(school, made, encoder()) as ready:
        yield ready


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        (lambda offer: "nonsense", 400, "malformed"),
        (lambda offer: offer + "a=x\r\n" * 20_000, 413, ""),
        (lambda offer: offer.replace("a=setup:actpass", "a=setup:passive"), 422, "dtls_role"),
        (lambda offer: offer.replace("a=fingerprint:sha-256", "a=fingerprint:md5"), 422, "no_fingerprint"),
        (lambda offer: offer.replace("a=sendonly", "a=recvonly"), 422, "nothing_sent"),
        (lambda offer: offer.replace("opus/48000/2", "PCMU/8000"), 406, "no_codec"),
        (lambda offer: offer.replace("m=audio", "m=video"), 406, "too_many_media"),
    ],
)
async def test_a_bad_offer_is_refused_with_its_reason_and_leaves_no_trace(
    camera: WhipDevice, school: LiveSchool, change: Callable[[str], str], status: int, reason: str
) -> None:
    answered = await camera.post(change(camera.rtc.offer()))
    assert answered.status == status, answered
    assert f'"reason":"{reason}"' in answered.text or not reason
    assert await school.bodies("device.joined") == []


async def test_an_offer_of_a_dtls_client_is_answered_passive(camera: WhipDevice) -> None:
    answered = await camera.post(camera.rtc.offer().replace("a=setup:actpass", "a=setup:active"))
    assert answered.status == 201
    assert "a=setup:passive" in answered.text
    assert "Link" not in answered.headers
    assert answered.headers["Accept-Patch"] == FRAGMENT


async def test_another_media_type_is_not_supported(camera: WhipDevice) -> None:
    answered = await camera.ask("POST", camera.url, camera.rtc.offer(), "text/plain")
    assert (answered.status, answered.code) == (415, "device.wrong_type")


def credentials(ufrag: str = "fresh123", pwd: str = "freshfreshfreshfresh1234") -> str:
    return f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"


async def test_patch_keeps_to_the_entity_tags_of_the_standard(camera: WhipDevice) -> None:
    await camera.post()
    candidate = (
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
    )
    same = credentials(camera.rtc.ufrag, camera.rtc.pwd) + candidate
    assert (await camera.patch(same)).status == 428
    assert (await camera.patch(same, '"another"')).status == 412
    assert (await camera.patch(same, f"W/{camera.etag}")).status == 412
    assert (await camera.patch(same, camera.etag, kind=SDP)).status == 415
    assert (await camera.patch("what is this", camera.etag)).status == 400
    trickled = await camera.patch(same, camera.etag)
    assert (trickled.status, trickled.text, trickled.headers.get("ETag")) == (204, "", None)
    assert (await camera.patch(credentials(), camera.etag)).status == 422
    restarted = await camera.patch(credentials(), "*")
    assert restarted.status == 200
    assert restarted.headers["Content-Type"] == FRAGMENT
    assert restarted.headers["ETag"] != camera.etag
    assert "a=ice-lite" in restarted.text
    assert "a=candidate:" in restarted.text
    assert (await camera.patch(candidate, camera.etag)).status == 412
    assert (await camera.patch(candidate, restarted.headers["ETag"])).status == 204


async def test_packets_go_on_after_an_ice_restart_by_fragment(camera: WhipDevice, school: LiveSchool) -> None:
    await camera.connect()
    camera.rtc.restart_offer()
    restarted = await camera.patch(credentials(camera.rtc.ufrag, camera.rtc.pwd), "*")
    before = camera.rtc.stun_answers
    camera.rtc.accept(restarted.text)
    await camera.rtc.until(lambda: camera.rtc.stun_answers > before)
    assert await school.bodies("device.left") == []


async def test_other_methods_are_kept_for_later_and_pages_may_ask_first(camera: WhipDevice) -> None:
    await camera.post()
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert (await camera.ask(method, camera.url)).status == 405
    for method in ("GET", "PUT", "POST"):
        assert (await camera.ask(method, camera.location)).status == 405
    asked = await camera.ask("OPTIONS", camera.url, headers={"Origin": "https://studio.example"})
    assert (asked.status, asked.headers["Accept-Post"]) == (200, SDP)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert (await camera.ask("OPTIONS", camera.location)).headers["Accept-Patch"] == FRAGMENT


async def test_a_key_is_good_for_its_lesson_and_purpose_alone(school: LiveSchool) -> None:
    browser = await school.browser("lecturer")
    made = await make_key(browser, school.lesson)
    async with device(school, made, encoder()) as camera:
        without = await camera.ask("POST", camera.url, headers={"Authorization": ""})
        assert (without.status, without.code) == (401, "device.no_key")
        assert without.headers["WWW-Authenticate"] == "Bearer"
        wrong = await camera.ask("POST", camera.url, headers={"Authorization": "Bearer gdk_guessed"})
        assert (wrong.status, wrong.code) == (401, "device.bad_key")
        hall = await camera.ask("POST", camera.url.replace("/whip", "/whep"), screen().offer(), SDP)
        assert (hall.status, hall.code) == (403, "device.other_purpose")
        other = "00000000-0000-7000-8000-000000000000"
        elsewhere = await camera.ask("POST", camera.url.replace(school.lesson, other), camera.rtc.offer(), SDP)
        assert (elsewhere.status, elsewhere.code) == (403, "device.other_lesson")
    assert await school.bodies("device.joined") == []


async def test_a_key_taken_back_ends_the_stay_at_once_and_is_good_for_nothing(school: LiveSchool) -> None:
    browser = await school.browser("lecturer")
    made = await make_key(browser, school.lesson)
    async with device(school, made, encoder()) as camera:
        await camera.connect()
        listed = (await browser.get(f"/lessons/{school.lesson}/devices"))["devices"]
        assert listed[0]["since_us"] is not None
        assert "key" not in listed[0]
        await browser.delete(f"/lessons/{school.lesson}/devices/{made['device']['id']}")
        assert [left["reason"] for left in await school.bodies("device.left")] == ["revoked"]
        again = await camera.post()
        assert (again.status, again.code) == (401, "device.bad_key")


async def test_a_key_dies_with_its_lesson_and_its_device_is_shown_out(school: LiveSchool) -> None:
    lecturer = await school.join("lecturer")
    made = await make_key(await school.browser("lecturer"), school.lesson)
    async with device(school, made, encoder()) as camera:
        await camera.connect()
        await lecturer.do("start_lesson")
        await lecturer.do("end_lesson")
        left = await school.until_recorded("device.left")
        assert left[0]["reason"] == "lesson_end"
        again = await camera.post()
        assert (again.status, again.code) == (401, "device.key_expired")


async def test_the_same_key_again_takes_the_place_of_its_earlier_stay(camera: WhipDevice, school: LiveSchool) -> None:
    await camera.connect()
    first = camera.location
    assert (await camera.post()).status == 201
    assert camera.location != first
    assert (await camera.ask("DELETE", first)).status == 404
    assert [left["reason"] for left in await school.bodies("device.left")] == ["replaced"]
    assert len(await school.bodies("device.joined")) == 2


async def test_a_device_that_falls_silent_is_gone_after_half_a_minute(school: LiveSchool) -> None:
    made = await make_key(await school.browser("lecturer"), school.lesson)
    async with device(school, made, encoder()) as camera:
        await camera.post()
        await school.pass_time(29)
        assert await school.bodies("device.left") == []
        await school.pass_time(2)
        assert [left["reason"] for left in await school.bodies("device.left")] == ["ice_lost"]
        assert (await camera.delete()).status == 404


async def test_a_server_that_was_away_writes_down_that_its_devices_went(camera: WhipDevice, school: LiveSchool) -> None:
    await camera.post()
    await school.restart(away_s=5)
    left = await school.bodies("device.left")
    assert [(body["reason"], body["inferred"]) for body in left] == [("server_restart", True)]
    assert (await camera.delete()).status == 404


async def test_a_full_server_says_when_to_come_back(school: LiveSchool) -> None:
    made = await make_key(await school.browser("lecturer"), school.lesson, "screen")
    router = (await school.services.live.room(school.lesson)).hall.media.router
    assert isinstance(router, RoomRouter)
    router._node.settings = replace(router._node.settings, max_peers=0)
    async with device(school, made, screen()) as hall:
        answered = await hall.post()
    assert (answered.status, answered.code) == (503, "room.no_capacity")
    assert int(answered.headers["Retry-After"]) > 0
    assert await school.bodies("device.joined") == []


async def test_a_lesson_has_so_many_devices_and_no_more(tmp_path: Path) -> None:
    async with live_school(tmp_path, with_media=True, max_devices=1) as school:
        browser = await school.browser("lecturer")
        first, second = [await make_key(browser, school.lesson) for _ in range(2)]
        async with device(school, first, encoder()) as one, device(school, second, encoder(8)) as two:
            assert (await one.post()).status == 201
            refused = await two.post()
            assert (refused.status, refused.code) == (409, "device.too_many")


async def test_a_schools_turn_servers_are_named_with_a_credential(tmp_path: Path) -> None:
    turn: dict[str, Any] = {"turn_urls": ("turn:192.0.2.9:3478",), "turn_secret": "a secret of thirty-two characters!"}
    async with live_school(tmp_path, with_media=True, **turn) as school:
        made = await make_key(await school.browser("lecturer"), school.lesson)
        async with device(school, made, encoder()) as camera:
            link = (await camera.post()).headers["Link"]
    assert link.startswith('<turn:192.0.2.9:3478>; rel="ice-server"; username="')
    assert made["device"]["id"] in link


async def test_only_the_lecturer_adds_a_camera_and_a_student_adds_nothing(school: LiveSchool) -> None:
    await school.browser("lecturer")
    manager, student = await school.browser("class_manager"), await school.browser("student1")
    for browser, purpose in ((manager, "camera"), (student, "camera"), (student, "screen")):
        with pytest.raises(Refusal, match=r"auth\.not_allowed"):
            await make_key(browser, school.lesson, purpose)
    assert (await make_key(manager, school.lesson, "screen"))["device"]["purpose"] == "screen"


async def test_a_device_is_in_the_roster_and_in_no_count(school: LiveSchool) -> None:
    student = await school.join("student1")
    made = await make_key(await school.browser("lecturer"), school.lesson)
    async with device(school, made, encoder()) as camera:
        await camera.post()
        mine = made["device"]["id"]
        told = await student.until("roster_changed", lambda p: p["people"][0]["participant"] == mine)
        entry = told["people"][0]
        assert (entry["role"], entry["purpose"], entry["presence"]) == ("device", "camera", "present")
        assert told["counts"]["present"] == 1
        late = await school.join("student2")
        assert mine in [each["participant"] for each in (await late.until("joined"))["roster"]]
        await camera.delete()
        await student.until("roster_changed", lambda p: p["people"][0]["presence"] == "left")

"""Signing in at the REST edge: cookies, who I am, renewal, sign-out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.services.demo_rows import DEMO_PASSWORD
from tests.kit.app import School, running_app

SIGN_IN = {"login": "huong.tran", "password": DEMO_PASSWORD}


async def test_person_signs_in_and_is_told_who_they_are(school: School) -> None:
    browser = school.stranger()
    answer = await browser.post("/api/v1/session", SIGN_IN)
    me = await answer.json()
    assert answer.status == 200
    assert (me["name"], me["title"], me["main_role"]) == ("Trần Thị Thu Hương", "TS.", "lecturer")
    assert me["school_name"] == "Trường Chính trị tỉnh Lam Giang"
    assert await (await browser.get("/api/v1/me")).json() == me


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(school: School) -> None:
    answer = await school.stranger().post("/api/v1/session", SIGN_IN)
    cookies = {morsel.key: morsel for morsel in answer.cookies.values()}
    for name in ("gd_session", "gd_refresh"):
        assert cookies[name]["httponly"], name
    assert cookies["gd_session"]["samesite"] == "Lax"
    assert cookies["gd_refresh"]["samesite"] == "Strict"
    assert cookies["gd_refresh"]["path"] == "/api/v1/session"
    assert not cookies["gd_csrf"]["httponly"]


async def test_production_cookies_travel_over_https_only(tmp_path: Path) -> None:
    async with running_app(tmp_path, public_url="https://lop.example.vn") as school:
        answer = await school.stranger().post("/api/v1/session", SIGN_IN)
        assert all(morsel["secure"] for morsel in answer.cookies.values())
        assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_tokens_stand_in_no_answer(school: School) -> None:
    answer = await school.stranger().post("/api/v1/session", SIGN_IN)
    body = await answer.text()
    assert not [morsel.value for morsel in answer.cookies.values() if morsel.value in body]


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/lessons"])
async def test_stranger_is_asked_to_sign_in(school: School, path: str) -> None:
    answer = await school.stranger().get(path)
    assert answer.status == 401
    assert (await answer.json())["problem"]["code"] == "auth.required"


async def test_expired_cookie_says_so_and_refreshing_helps(school: School) -> None:
    browser = school.stranger()
    await browser.post("/api/v1/session", SIGN_IN)
    await school.clock.advance(901)
    expired = await browser.get("/api/v1/me")
    assert (expired.status, (await expired.json())["problem"]["code"]) == (401, "auth.session_expired")
    assert (await browser.post("/api/v1/session/refresh")).status == 200
    assert (await browser.get("/api/v1/me")).status == 200


async def test_refresh_without_a_cookie_is_refused(school: School) -> None:
    answer = await school.stranger().post("/api/v1/session/refresh")
    assert answer.status == 401


async def test_signing_out_clears_the_browser_and_the_server(school: School) -> None:
    browser = await school.browser("lecturer")
    token = browser.cookie("gd_session")
    assert (await browser.send("DELETE", "/api/v1/session")).status == 204
    assert browser.cookie("gd_session") == ""
    again = await school.stranger().get("/api/v1/me", headers={"Cookie": f"gd_session={token}"})
    assert again.status == 401


async def test_signing_out_everywhere_reaches_the_other_browser(school: School) -> None:
    here, there = await school.browser("lecturer"), await school.browser("lecturer")
    assert (await here.post("/api/v1/session/everywhere")).status == 204
    assert (await there.get("/api/v1/me")).status == 401


async def test_guessing_is_slowed_down_with_a_time_to_come_back(school: School) -> None:
    browser = school.stranger()
    answers = [await browser.post("/api/v1/session", SIGN_IN | {"password": f"{n}"}) for n in range(9)]
    assert [answer.status for answer in answers] == [401] * 8 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_demo_link_signs_in_and_leads_home(school: School) -> None:
    browser = await school.browser("student5")
    assert (await (await browser.get("/api/v1/me")).json())["name"] == "Công Tằng Tôn Nữ Hoàng Uyên"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
async def test_demo_link_does_not_work_through_a_proxy(school: School, header: str) -> None:
    links = school.services.demo
    assert links is not None
    path = links.urls(1)["lecturer"].partition(":1")[2]
    answer = await school.stranger().get(path, headers={header: "192.0.2.1"}, allow_redirects=False)
    assert answer.status == 404


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("00000000-0000-8000-8000-000000000001", "/lessons/00000000-0000-8000-8000-000000000001"),
        ("//elsewhere.example", "/"),
        ("", "/"),
    ],
)
async def test_demo_link_leads_on_to_a_lesson_and_nowhere_else(school: School, asked: str, leads_to: str) -> None:
    links = school.services.demo
    assert links is not None
    path = links.urls(1)["student1"].partition(":1")[2]
    answer = await school.stranger().get(path, params={"lesson": asked}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, leads_to)


async def test_wrong_demo_key_is_no_path(school: School) -> None:
    answer = await school.stranger().get("/api/v1/demo/" + "0" * 32)
    assert answer.status == 404


async def test_school_without_demonstration_has_no_links(tmp_path: Path) -> None:
    async with running_app(tmp_path, demo=False) as school:
        answer = await school.stranger().get("/api/v1/demo/" + "0" * 32)
        assert answer.status == 404


async def test_links_stand_in_a_file_for_the_servers_user_alone(school: School, tmp_path: Path) -> None:
    links = school.services.demo
    assert links is not None
    links.write(tmp_path, 8080)
    file = tmp_path / "demo-links.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert {"lecturer", "student1", "student5", "class_manager", "training_office"} <= set(json.loads(file.read_text()))

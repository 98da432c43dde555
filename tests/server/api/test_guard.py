"""What hostile requests meet: forged origins, missing CSRF values, giants, compressed bombs, traversal, scripts in texts."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from server.api.guard import policy_headers
from server.settings import Settings
from tests.kit.app import Browser, School

EVERYWHERE = "/api/v1/session/everywhere"


async def _code(answer: object) -> str:
    code: str = (await answer.json())["problem"]["code"]  # type: ignore[attr-defined]
    return code


@pytest.mark.parametrize("header", ["", "wrong", "ầ"])
async def test_write_without_the_csrf_value_is_refused_and_does_nothing(school: School, header: str) -> None:
    browser = await school.browser("lecturer")
    answer = await browser.post(EVERYWHERE, headers={"X-Giangduong-CSRF": header})
    assert (answer.status, await _code(answer)) == (403, "auth.csrf")
    assert (await browser.get("/api/v1/me")).status == 200


async def test_csrf_header_without_a_cookie_is_refused(school: School) -> None:
    browser = await school.browser("lecturer")
    cookie = f"gd_session={browser.cookie('gd_session')}"
    answer = await school.stranger().http.post(EVERYWHERE, headers={"Cookie": cookie, "X-Giangduong-CSRF": ""})
    assert (answer.status, await _code(answer)) == (403, "auth.csrf")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", [EVERYWHERE, "/api/v1/session", "/api/v1/session/refresh"])
async def test_write_that_another_site_caused_is_refused(school: School, headers: dict[str, str], path: str) -> None:
    browser = await school.browser("lecturer")
    answer = await browser.post(path, {"login": "x", "password": "y"}, headers=headers)
    assert (answer.status, await _code(answer)) == (403, "auth.foreign_origin")


async def test_own_page_may_write(school: School) -> None:
    browser = await school.browser("lecturer")
    own = f"http://127.0.0.1:{school.server.port}"
    answer = await browser.post(EVERYWHERE, headers={"Origin": own, "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 204


async def test_failed_write_with_anothers_ids_changes_nothing_for_them(school: School) -> None:
    victim = await school.browser("lecturer")
    thief = await school.browser("student1")
    answer = await thief.post("/api/v1/session", {"login": "huong.tran", "password": "guess"})
    assert answer.status == 401
    assert (await victim.get("/api/v1/me")).status == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/me", "/healthz", "/api/v1/nothing", "/assets/none.js"])
async def test_every_answer_carries_the_security_headers(school: School, path: str) -> None:
    answer = await school.stranger().get(path)
    for name, value in policy_headers(Settings()).items():
        assert answer.headers.get(name) == value, (path, name)
    assert answer.headers["Server"] == "giangduong"


async def test_policy_allows_no_foreign_host_and_nothing_inline() -> None:
    csp = policy_headers(Settings())["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in csp.split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in csp
    assert "http" not in csp
    assert "*" not in csp


async def test_oversized_body_is_refused(school: School) -> None:
    browser = await school.browser("lecturer")
    answer = await browser.http.post("/api/v1/session", data=b'{"login":"' + b"a" * 200_000 + b'"}')
    assert (answer.status, await _code(answer)) == (413, "request.too_large")


async def test_endless_body_is_cut_off(school: School) -> None:
    async def endless() -> object:
        for _ in range(10_000):
            yield b"a" * 65_536

    answer = await school.stranger().http.post("/api/v1/session", data=endless())
    assert answer.status == 413


async def test_compressed_body_is_refused_unopened(school: School) -> None:
    bomb = gzip.compress(b"a" * 5_000_000)
    answer = await school.stranger().http.post("/api/v1/session", data=bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status, await _code(answer)) == (415, "request.compressed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 5_000,
        b'{"login":1,"password":2}',
        b'{"login":"a"}',
        b'{"login":"a","password":"b","admin":true}',
        b'{"login":"a\\u0000","password":"b"}',
        b'{"login":"' + b"a" * 300 + b'","password":"b"}',
    ],
)
async def test_malformed_body_is_the_callers_problem(school: School, body: bytes) -> None:
    answer = await school.stranger().http.post("/api/v1/session", data=body)
    assert answer.status == 422, await answer.text()
    assert await _code(answer) == "request.malformed"


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/assets/../../settings.py",
        "/%2e%2e/%2e%2e/settings.py",
        "/assets/%2e%2e%2f%2e%2e%2fsettings.py",
        "/..%5c..%5csettings.py",
        "//etc/passwd",
        "/.env",
        "/assets/.vite/../../app.py",
    ],
)
async def test_no_path_leads_out_of_the_client_folder(school: School, path: str) -> None:
    raw = URL(f"http://127.0.0.1:{school.server.port}{path}", encoded=True)
    answer = await school.stranger().http.session.get(raw, allow_redirects=False)
    text = await answer.text()
    assert "root:" not in text
    assert "from __future__" not in text


@pytest.mark.parametrize(
    "lesson", ["1", "' OR 1=1", "..", "x" * 36, "%00", "../../me", "47A64EBD-765D-8303-8B21-E488883E903F"]
)
async def test_ids_of_another_form_are_no_path(school: School, lesson: str) -> None:
    browser = await school.browser("lecturer")
    answer = await browser.get(f"/api/v1/lessons/{lesson}")
    assert answer.status in (200, 404)
    if answer.status == 200:
        assert answer.content_type == "text/html" or "lessons" not in await answer.json()


async def test_unknown_api_path_and_wrong_method_answer_in_the_same_form(school: School) -> None:
    browser = await school.browser("lecturer")
    assert await _code(await browser.get("/api/v1/nothing")) == "request.no_such_path"
    assert await _code(await browser.send("PUT", "/api/v1/me")) in ("request.wrong_method", "request.no_such_path")


async def test_endless_address_is_refused(school: School) -> None:
    answer = await school.stranger().get("/api/v1/lessons?from=" + "9" * 4000)
    assert answer.status == 413


@pytest.mark.provokes_faults
async def test_fault_of_ours_shows_an_incident_and_nothing_of_the_inside(school: School) -> None:
    browser = await school.browser("lecturer")
    await school.services.database.aclose()
    school.services.planning._database = None  # type: ignore[assignment]
    answer = await browser.get("/api/v1/me")
    text = await answer.text()
    assert answer.status == 500
    assert json.loads(text)["problem"]["incident"]
    assert "Traceback" not in text
    assert "NoneType" not in text


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "=cmd|' /C calc'!A0",
    ],
)
async def test_hostile_texts_come_back_as_json_data_only(school: School, value: str) -> None:
    browser = school.stranger()
    for answer in (
        await browser.post("/api/v1/session", {"login": value, "password": value}),
        await browser.get("/api/v1/lessons", params={"from": value}),
    ):
        assert answer.content_type == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert value not in await answer.text()


@given(cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters=';,"\\'), max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_cookie_is_a_stranger_and_never_a_fault(school: School, cookie: str) -> None:
    browser = Browser(school.server)
    answer = await browser.get("/api/v1/me", headers={"Cookie": f"gd_session={cookie}"})
    assert answer.status == 401

"""Who gets in: every way in which a ticket can be wrong has its own word, and harms nobody who sits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from server.identity.tickets import AUDIENCE
from tests.kit.lesson_client import LessonClient, Refusal
from tests.kit.live_school import LiveSchool


async def refused(school: LiveSchool, **connect: Any) -> str:
    """The code with which a CONNECT is refused."""
    client = LessonClient(school.base_url)
    with pytest.raises(Refusal) as refusal:
        await client.connect(**connect)
    return refusal.value.code


async def test_no_ticket_no_seat(school: LiveSchool) -> None:
    await school.browser("lecturer")
    assert await refused(school) == "ticket.missing"
    assert await refused(school, session={"id": "x", "epoch": 1, "seq": 0}) == "ticket.missing"


async def test_a_ticket_is_used_once(school: LiveSchool) -> None:
    browser = await school.browser("student1")
    await browser.consent(school.lesson)
    text = (await browser.ticket(school.lesson))["ticket"]
    client = LessonClient(school.base_url)
    await client.connect(ticket=text)
    school.keep(client)
    assert await refused(school, ticket=text) == "ticket.used"
    await client.do("hears", hears=True)


async def test_a_ticket_is_good_for_a_minute(school: LiveSchool) -> None:
    browser = await school.browser("lecturer")
    text = (await browser.ticket(school.lesson))["ticket"]
    await school.clock.advance(61)
    assert await refused(school, ticket=text) == "ticket.expired"


@pytest.mark.parametrize("secret", ["", "a-secret-of-somebody-else-32-chars", "x" * 64])
async def test_a_forged_ticket_is_refused(school: LiveSchool, secret: str) -> None:
    browser = await school.browser("student1")
    await browser.consent(school.lesson)
    real = (await browser.ticket(school.lesson))["ticket"]
    claims: Mapping[str, Any] = jwt.decode(real, options={"verify_signature": False}, audience=AUDIENCE)
    forged = {**claims, "rol": "lecturer", "jti": "another"}
    algorithm = "HS256" if secret else "none"
    text = jwt.encode(dict(forged), secret, algorithm=algorithm)
    assert await refused(school, ticket=text) == "ticket.invalid"
    head, body, mark = real.split(".")
    for bad in (
        f"{head}.{body}.",
        f"{head}.{body}.{mark[::-1]}",
        f"{head}.{body[:-2]}.{mark}",
        "a.b.c",
        "",
        "\u0000" * 99,
    ):
        assert await refused(school, ticket=bad) == "ticket.invalid"


async def test_another_token_of_the_same_person_is_no_ticket(school: LiveSchool) -> None:
    browser = await school.browser("student1")
    session = browser.http.cookie_jar.filter_cookies(browser.http_url())["gd_session"].value
    assert await refused(school, ticket=session) == "ticket.invalid"


async def test_a_ticket_for_one_lesson_does_not_continue_a_seat_in_another(school: LiveSchool) -> None:
    student = await school.join("student1")
    joined = await student.until("joined")
    other = school.services.identity.tickets.issue(
        account=(await school.events())[-1].actor,  # type: ignore[arg-type]
        person=joined["me"],
        lesson="00000000-0000-8000-8000-000000000000",  # type: ignore[arg-type]
        role="student",
    )
    session = {"id": joined["session"]["id"], "epoch": joined["session"]["epoch"], "seq": 1}
    assert await refused(school, ticket=other.text, session=session) == "ticket.other_lesson"
    await student.do("hears", hears=True)


async def test_a_failed_knock_changes_nothing_for_whoever_sits(school: LiveSchool) -> None:
    lecturer, student = await school.join("lecturer"), await school.join("student1")
    joined = await student.until("joined")
    before = len(await school.events())
    lecturer.pushes.clear()
    session = {"id": joined["session"]["id"], "epoch": joined["session"]["epoch"], "seq": 99_999}
    for connect in (
        {"ticket": "forged", "session": session, "take_over": True},
        {"ticket": None, "session": {**session, "epoch": 77}},
        {"ticket": None, "session": session, "device": "another"},
    ):
        assert (await refused(school, **connect)).startswith("ticket.")
    await student.do("hears", hears=True)
    assert len(await school.events()) == before
    assert not lecturer.seen("roster_changed")


async def test_a_student_gives_consent_before_a_ticket(school: LiveSchool) -> None:
    browser = await school.browser("student3")
    with pytest.raises(Refusal, match=r"consent\.required"):
        await browser.ticket(school.lesson)
    await browser.consent(school.lesson)
    assert (await browser.ticket(school.lesson))["role"] == "student"
    await browser.ticket(school.lesson)
    (given,) = await school.bodies("lesson.consent_given")
    assert given["purposes"]


async def test_a_stranger_to_the_lesson_gets_no_ticket(school: LiveSchool) -> None:
    await school.browser("lecturer")
    stranger = await school.browser("student70")
    with pytest.raises(Refusal, match=r"lesson\.not_found"):
        await stranger.ticket(school.lesson)


async def test_a_page_of_another_version_is_told_so(school: LiveSchool) -> None:
    assert await refused(school, v=2, ticket="x") == "room.version"

"""Session tokens and room tickets: only what this server signed, for this purpose, in time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from server.clock import ManualClock, micros
from server.errors import Unauthenticated
from server.identity.tickets import Tickets
from server.identity.tokens import SessionClaim, SessionTokens
from server.ids import AccountId, LessonId, PersonId

SECRET = "k3Jx9vQ2mZ7pL0wT5rB8nC1yD4gH6sFaE" * 2
START = datetime(2026, 10, 6, 0, 35, tzinfo=UTC)
CLAIM = SessionClaim(AccountId("account-1"), "session-1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def tokens(clock: ManualClock) -> SessionTokens:
    return SessionTokens(SECRET, clock)


@pytest.fixture
def tickets(clock: ManualClock) -> Tickets:
    return Tickets(SECRET, clock)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _signed(header: Mapping[str, object], body: Mapping[str, object], key: bytes) -> str:
    """A token made by hand: libraries refuse to make the bad ones."""
    head = f"{_part(header)}.{_part(body)}"
    mac = hmac.new(key, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _body(**changes: object) -> dict[str, object]:
    now_s = micros(START) // 1_000_000
    usual = {"aud": "giangduong-session", "sub": "account-1", "sid": "session-1", "iat": now_s, "exp": now_s + 900}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def test_own_token_is_accepted(tokens: SessionTokens) -> None:
    assert tokens.verify(tokens.issue(CLAIM)) == CLAIM


async def test_token_expires_after_fifteen_minutes_of_the_servers_time(
    tokens: SessionTokens, clock: ManualClock
) -> None:
    token = tokens.issue(CLAIM)
    await clock.advance(899)
    assert tokens.verify(token) == CLAIM
    await clock.advance(1)
    with pytest.raises(Unauthenticated, match=r"auth\.session_expired"):
        tokens.verify(token)


def _public_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _forgeries() -> dict[str, str]:
    good, right = {"alg": "HS256", "typ": "JWT"}, SECRET.encode()
    none = f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(_body())}."
    return {
        "no algorithm": none,
        "no algorithm, other case": none.replace(_part({"alg": "none", "typ": "JWT"}), _part({"alg": "nOnE"})),
        "no algorithm with a signature": none + "AAAA",
        "other secret": _signed(good, _body(), b"another secret of sufficient length...."),
        "empty secret": _signed(good, _body(), b""),
        "signed with a public key": _signed(good, _body(), _public_key()),
        "claims RS256, signed with our secret": _signed({"alg": "RS256"}, _body(), right),
        "claims HS512": jwt.encode(_body(), SECRET + "x" * 40, algorithm="HS512"),
        "HS384 with our secret": jwt.encode(_body(), SECRET, algorithm="HS384"),
        "key id that names a file": _signed(good | {"kid": "../../../../dev/null"}, _body(), b""),
        "key id with SQL": _signed(good | {"kid": "' UNION SELECT 'x"}, _body(), b"x"),
        "key from an address": _signed(
            good | {"jku": "http://127.0.0.1/keys", "x5u": "http://127.0.0.1/"}, _body(), b"x"
        ),
        "key in the header": _signed(good | {"jwk": {"kty": "oct", "k": "AAAA"}}, _body(), b"\0\0\0"),
        "critical header": _signed(good | {"crit": ["x"], "x": 1}, _body(), right),
        "other audience": _signed(good, _body(aud="giangduong-room"), right),
        "no audience": _signed(good, _body(aud=None), right),
        "no expiry": _signed(good, _body(exp=None), right),
        "expiry as text": _signed(good, _body(exp="never"), right),
        "no session": _signed(good, _body(sid=None), right),
        "body is a list": f"{_part(good)}.{_part([1])}.AAAA",
        "two parts": f"{_part(good)}.{_part(_body())}",
        "empty": "",
        "very long": _signed(good, _body(pad="x" * 5000), right),
        "not ASCII": "ầ.ầ.ầ",
    }


@pytest.mark.parametrize("name", sorted(_forgeries()))
def test_forgery_is_refused(tokens: SessionTokens, tickets: Tickets, name: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(_forgeries()[name])
    with pytest.raises(Unauthenticated, match=r"ticket\.invalid"):
        tickets.verify(_forgeries()[name])


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=300)
def test_flipping_any_bit_breaks_the_token(position: int, bit: int) -> None:
    tokens = SessionTokens(SECRET, ManualClock(START))
    token = tokens.issue(CLAIM).encode()
    # The last character of each part may hold unused bits; those do not change what is signed.
    place = position % (len(token) - 1)
    changed = token[:place] + bytes([token[place] ^ (1 << bit)]) + token[place + 1 :]
    try:
        claim = tokens.verify(changed.decode("latin-1"))
    except Unauthenticated:
        return
    assert claim == CLAIM


def _ticket(tickets: Tickets) -> str:
    return tickets.issue(AccountId("a"), PersonId("p"), LessonId("l"), "student").text


def test_ticket_says_who_may_take_which_seat(tickets: Tickets) -> None:
    ticket = tickets.verify(_ticket(tickets))
    assert (ticket.account, ticket.person, ticket.lesson, ticket.role) == ("a", "p", "l", "student")


async def test_ticket_lasts_a_minute(tickets: Tickets, clock: ManualClock) -> None:
    text = _ticket(tickets)
    await clock.advance(59)
    tickets.verify(text)
    await clock.advance(1)
    with pytest.raises(Unauthenticated, match=r"ticket\.expired"):
        tickets.verify(text)


def test_two_tickets_are_never_the_same(tickets: Tickets) -> None:
    names = {tickets.verify(_ticket(tickets)).jti for _ in range(200)}
    assert len(names) == 200


def test_session_token_is_no_ticket_and_a_ticket_no_session(tokens: SessionTokens, tickets: Tickets) -> None:
    with pytest.raises(Unauthenticated):
        tickets.verify(tokens.issue(CLAIM))
    with pytest.raises(Unauthenticated):
        tokens.verify(_ticket(tickets))


def test_ticket_that_promises_to_last_for_years_is_refused(tickets: Tickets) -> None:
    body = {"aud": "giangduong-room", "sub": "a", "per": "p", "les": "l", "rol": "lecturer", "jti": "x"}
    forever = jwt.encode(body | {"exp": micros(START) // 1_000_000 + 10**9}, SECRET + ":room", algorithm="HS256")
    with pytest.raises(Unauthenticated, match=r"ticket\.invalid"):
        tickets.verify(forever)

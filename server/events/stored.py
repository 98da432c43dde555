"""The forms in which the ledger keeps things: an entry of a chain, its head, a seal. Values and their digests only.

An `Entry` is a `Recorded` before decoding: its body is the canonical text exactly as it was digested, whatever version it has.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from server.events.base import Event, Origin, Recorded
from server.events.canonical import NotCanonical, canonical, canonical_bytes, parse_canonical
from server.events.lift import lift
from server.events.registry import decode_event
from server.ids import AccountId, ConnectionId, LessonId, LogId

#: What the first entry of every chain names as its predecessor.
GENESIS = "0" * 64
#: Longer entries are refused on write, so a reader may refuse them too (a chat message has at most 8 000 characters).
MAX_LINE_BYTES = 1 << 20


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a chain as stored. `body` is the canonical JSON of the event, `type` included."""

    log_id: LogId
    seq: int
    at_us: int
    mono_ns: int
    boot_id: str
    epoch: int
    origin: Origin
    actor: AccountId | None
    connection: ConnectionId | None
    body: str
    prev_hash: str
    hash: str = ""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain stands: its last entry, the epoch of its owner, and the last entry a seal covers (0: none)."""

    log_id: LogId
    epoch: int
    seq: int
    hash: str
    sealed_seq: int


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed statement: "this chain had `last_seq` entries, with this head and this Merkle root".

    kind ∈ checkpoint (while the lesson runs), seal (the lesson ended; later again when the sheet moves on). `signature` is
    Ed25519 in hex over `signed_bytes`; `key_id` names the school's key.
    """

    log_id: LogId
    kind: str
    last_seq: int
    head_hash: str
    merkle_root: str
    sealed_us: int
    key_id: str
    signature: str = ""


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that continue one chain after `after_seq`, written by the owner of `epoch`."""

    log_id: LogId
    epoch: int
    after_seq: int
    entries: list[Entry]


class SignOfLife(msgspec.Struct, frozen=True, kw_only=True):
    """This boot of this node was alive and held the lesson of this chain, under this epoch, at `alive_us`."""

    log_id: LogId
    epoch: int
    node: str
    boot_id: str
    alive_us: int


class Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson's chain that was open when its server process ended, and that process's last durable sign of life."""

    log_id: LogId
    lesson: LessonId
    last_alive_us: int


def chained(entry: Entry) -> Entry:
    """The entry with its hash: SHA-256 over the 64 hex digits of `prev_hash`, then the canonical envelope without `hash`."""
    return msgspec.structs.replace(entry, hash=entry_hash(entry))


def entry_hash(entry: Entry) -> str:
    """The hash that the entry must have (64 lower-case hex digits)."""
    return hashlib.sha256((entry.prev_hash + _envelope(entry, "")).encode()).hexdigest()


def line_of(entry: Entry) -> bytes:
    """The entry as one line of events.jsonl: canonical JSON, without the line feed."""
    return _envelope(entry, f'"hash":"{entry.hash}",').encode()


def _envelope(entry: Entry, hash_member: str) -> str:
    """Canonical JSON of the envelope. The body is already canonical, so it is placed, not encoded again."""
    return (
        f'{{"actor":{_text(entry.actor)},"at_us":{entry.at_us},"boot_id":{_text(entry.boot_id)},'
        f'"connection":{_text(entry.connection)},"epoch":{entry.epoch},"event":{entry.body},{hash_member}'
        f'"log_id":{_text(entry.log_id)},"mono_ns":{entry.mono_ns},"origin":{_text(entry.origin.value)},'
        f'"prev_hash":{_text(entry.prev_hash)},"seq":{entry.seq}}}'
    )


def _text(value: str | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def body_of(event: Event) -> str:
    """The canonical body of an event. Raises NotCanonical, or msgspec.ValidationError when a field has a wrong type."""
    body = canonical(event)
    decode_event(body)
    return body


def recorded_of(entry: Entry) -> Recorded:
    """The entry with its event decoded and lifted to its newest version. Raises msgspec.ValidationError."""
    return Recorded(
        log_id=entry.log_id,
        seq=entry.seq,
        at_us=entry.at_us,
        mono_ns=entry.mono_ns,
        boot_id=entry.boot_id,
        epoch=entry.epoch,
        origin=entry.origin,
        actor=entry.actor,
        connection=entry.connection,
        event=decode_event(entry.body),
        prev_hash=entry.prev_hash,
        hash=entry.hash,
    )


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The members of one line, for checking their types."""

    log_id: str
    seq: int
    at_us: int
    mono_ns: int
    boot_id: str
    epoch: int
    origin: Origin
    actor: str | None
    connection: str | None
    event: dict[str, Any]
    prev_hash: str
    hash: str


def entry_of_line(line: bytes) -> Entry:
    """The entry of one line of events.jsonl. Raises NotCanonical for anything but a canonical line with exactly its members."""
    if len(line) > MAX_LINE_BYTES:
        raise NotCanonical(f"line longer than {MAX_LINE_BYTES} bytes")
    try:
        parsed = msgspec.convert(parse_canonical(line), _Line)
    except msgspec.ValidationError as error:
        raise NotCanonical(f"not an entry: {error}") from error
    fields = msgspec.structs.asdict(parsed)
    body = canonical(fields.pop("event"))
    return Entry(body=body, **fields)


def type_in(body: str) -> str:
    """The wire type named in a canonical body; empty when there is none."""
    value = json.loads(body)
    return str(value.get("type", "")) if isinstance(value, dict) else ""


def lifted_body(body: str) -> dict[str, Any]:
    """The body as an object in its newest version, for showing raw events."""
    value: dict[str, Any] = json.loads(body)
    return lift(value)


def signed_bytes(seal: Seal) -> bytes:
    """What the signature of a seal covers: a fixed prefix, then the canonical seal without its signature."""
    members = msgspec.to_builtins(seal)
    del members["signature"]
    return b"giangduong-seal/1\n" + canonical_bytes(members)

"""A bundle that somebody touched: every change is found, and the place that is named is the place that was changed.

Two kinds of hands: those that flip, cut, insert and move bytes of the file, and those that know the format and repack it properly.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import io
import json
import random
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.events.canonical import canonical_bytes
from server.events.sheet import RollConfirmed
from server.events.stored import Entry, body_of, chained, entry_of_line, line_of
from server.ledger import SchoolKey
from server.ledger.bundle import layout
from server.ledger.bundle.archive import Found, Part, archive_chunks, read_archive
from server.ledger.bundle.check import check_bundle
from server.ledger.bundle.findings import Finding, Report
from server.ledger.bundle.texts import SENTENCES, sentence
from server.ledger.bundle.write import make_bundle
from tests.server.ledger.lesson import ChainOf, hold_lesson

Parts = dict[str, bytes]
BYTE_MUTATIONS = 2_400
#: The sheet's content for machines: an event speaks of it, but only the signed manifest says that it was there.
OPTIONAL = {"sheet/000035-v1.json"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChainOf, bytes]:
    chain, content = asyncio.run(hold_lesson(tmp_path_factory.mktemp("lesson")))
    return chain, b"".join(make_bundle(content, chain.key).chunks())


@pytest.fixture(scope="module")
def bundle(made: tuple[ChainOf, bytes]) -> bytes:
    return made[1]


def _check(data: bytes, **expected: str) -> Report:
    report = check_bundle(io.BytesIO(data), **expected)
    for finding in report.findings:
        assert finding.code in SENTENCES
        assert "{" not in sentence(finding, "vi").replace(finding.detail, "")
        assert "{" not in sentence(finding, "en").replace(finding.detail, "")
    return report


def _parts(data: bytes) -> Parts:
    found, damage = read_archive(io.BytesIO(data))
    assert damage is None
    return {part.name: data[part.content_at : part.content_at + part.size] for part in found}


def _packed(parts: Parts) -> bytes:
    return b"".join(
        archive_chunks(Part(n, len(c), zlib.crc32(c), lambda c=c: [c]) for n, c in parts.items())  # type: ignore[misc]
    )


# --- hands that know nothing ------------------------------------------------------------------------------------------


def _part_at(found: list[Found], at: int) -> tuple[Found | None, bool]:
    """The part around a byte, and whether the byte is content."""
    for part in found:
        if part.header_at <= at < part.content_at + part.size:
            return part, at >= part.content_at
    return None, False


def _names_event(data: bytes, part: Found, at: int, first: Finding) -> bool:
    """The byte at `at` of the log belongs to this event; its line feed also holds the next one."""
    number = data[part.content_at : at].count(b"\n") + 1
    return first.seq == number


def _flip(data: bytes, rng: random.Random) -> tuple[bytes, int]:
    at = rng.randrange(len(data))
    changed = bytearray(data)
    changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed), at


def _cut(data: bytes, rng: random.Random) -> tuple[bytes, int]:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 40) :], at


def _insert(data: bytes, rng: random.Random) -> tuple[bytes, int]:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 40)) + data[at:], at


def _truncate(data: bytes, rng: random.Random) -> tuple[bytes, int]:
    at = rng.randrange(len(data))
    return data[:at], at


def _overwrite(data: bytes, rng: random.Random) -> tuple[bytes, int]:
    at, n = rng.randrange(len(data) - 16), rng.randint(1, 16)
    source = rng.randrange(len(data) - n)
    return data[:at] + data[source : source + n] + data[at + n :], at


def test_every_random_change_of_bytes_is_found_where_it_was_made(bundle: bytes) -> None:
    assert _check(bundle).is_sound
    rng, found = random.Random(20260907), read_archive(io.BytesIO(bundle))[0]
    misplaced = []
    for n in range(BYTE_MUTATIONS):
        change = (_flip, _flip, _flip, _cut, _insert, _truncate, _overwrite)[n % 7]
        data, at = change(bundle, rng)
        if data == bundle:
            continue
        report = _check(data)
        assert not report.is_sound, (change.__name__, at)
        part, is_content = _part_at(found, at)
        if change is _flip and not _is_named(bundle, part, is_content, at, report.first()):
            misplaced.append((at, part and part.name, report.first()))
    assert not misplaced


def _is_named(data: bytes, part: Found | None, is_content: bool, at: int, first: Finding) -> bool:
    if part is None:
        return first.byte is not None and first.byte <= at
    if not is_content:
        return first.byte is not None or first.file is not None
    if part.name == layout.EVENTS:
        return _names_event(data, part, at, first)
    return first.file == part.name


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_flipped_bit_is_found(bundle: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, len(bundle) * 8 - 1))
    changed = bytearray(bundle)
    changed[bit // 8] ^= 1 << bit % 8
    assert not _check(bytes(changed)).is_sound


@given(st.binary(max_size=400))
def test_any_file_at_all_is_checked_without_an_error(data: bytes) -> None:
    assert not _check(data).is_sound


# --- hands that know the format ---------------------------------------------------------------------------------------


def _lines(parts: Parts) -> list[bytes]:
    return parts[layout.EVENTS].splitlines()


def _with_lines(parts: Parts, lines: list[bytes]) -> Parts:
    return {**parts, layout.EVENTS: b"".join(line + b"\n" for line in lines)}


def _rechained(lines: list[bytes], start: int) -> list[bytes]:
    """The lines with numbers, links and digests made right again from index `start` on: all that needs no key."""
    entries: list[Entry] = [entry_of_line(line) for line in lines[:start]]
    for line in lines[start:]:
        entry = entry_of_line(line)
        previous = entries[-1].hash if entries else "0" * 64
        entries.append(chained(msgspec.structs.replace(entry, seq=len(entries) + 1, prev_hash=previous)))
    return [line_of(entry) for entry in entries]


def _changed_text(line: bytes) -> bytes:
    members = json.loads(line)
    members["at_us"] += 60_000_000
    return canonical_bytes(members)


def _remade_manifest(parts: Parts) -> Parts:
    """A manifest that fits the parts, under the old signature."""
    manifest = json.loads(parts[layout.MANIFEST])
    for line in manifest["files"]:
        if line["name"] in parts:
            line["sha256"] = hashlib.sha256(parts[line["name"]]).hexdigest()
            line["size"] = len(parts[line["name"]])
    manifest["files"] = [line for line in manifest["files"] if line["name"] in parts]
    manifest["events"] = len(_lines(parts))
    manifest["head_hash"] = json.loads(_lines(parts)[-1])["hash"]
    return {**parts, layout.MANIFEST: canonical_bytes(manifest)}


@pytest.mark.parametrize("remake", [False, True])
def test_changed_event_is_named(bundle: bytes, remake: bool) -> None:
    parts = _parts(bundle)
    for index in range(len(_lines(parts))):
        lines = _lines(parts)
        lines[index] = _changed_text(lines[index])
        changed = _with_lines(parts, lines)
        first = _check(_packed(_remade_manifest(changed) if remake else changed)).first()
        assert (first.code, first.seq) == ("event.hash", index + 1)


def test_removed_event_is_named(bundle: bytes) -> None:
    parts = _parts(bundle)
    total = len(_lines(parts))
    for index in range(total):
        lines = _lines(parts)
        del lines[index]
        first = _check(_packed(_with_lines(parts, lines))).first()
        assert first.seq == index + 1
        assert first.code == ("event.sequence" if index + 1 < total else "chain.shorter")


def test_swapped_events_are_named(bundle: bytes) -> None:
    parts = _parts(bundle)
    rng = random.Random(1)
    for _ in range(40):
        lines = _lines(parts)
        i, j = sorted(rng.sample(range(len(lines)), 2))
        lines[i], lines[j] = lines[j], lines[i]
        first = _check(_packed(_with_lines(parts, lines))).first()
        assert (first.code, first.seq) == ("event.sequence", i + 1)


def test_chain_made_right_again_after_a_change_disagrees_with_the_next_seal(
    bundle: bytes, made: tuple[ChainOf, bytes]
) -> None:
    parts = _parts(bundle)
    sealed = [seal.last_seq for seal in made[0].seals]
    for index in range(len(_lines(parts))):
        lines = _lines(parts)
        lines[index] = _changed_text(lines[index])
        changed = _remade_manifest(_with_lines(parts, _rechained(lines, index)))
        report = _check(_packed(changed))
        (finding,) = [f for f in report.findings if f.code == "seal.disagrees"]
        seal = next(n for n in sealed if n > index)
        assert finding.seq is not None
        assert finding.seq <= index + 1 <= seal == int(finding.detail)


def test_removed_tail_is_found_even_when_manifest_and_newest_seal_go_with_it(bundle: bytes) -> None:
    parts = _parts(bundle)
    shorter = _remade_manifest(_with_lines(parts, _lines(parts)[:-3]))
    assert _check(_packed(shorter)).first() == Finding(code="chain.truncated", seq=34, detail="36")
    seals = json.loads(shorter[layout.SEALS])
    shorter[layout.SEALS] = canonical_bytes(seals[:-1])
    first = _check(_packed(_remade_manifest(shorter))).first()
    assert (first.code, first.file) == ("manifest.signature", layout.MANIFEST)


def test_event_of_the_live_lesson_after_its_seal_is_named(made: tuple[ChainOf, bytes], bundle: bytes) -> None:
    parts = _parts(bundle)
    lines = _lines(parts)
    late = next(line for line in lines if b"chat.message_posted" in line)
    lines.append(late)
    first = _check(_packed(_with_lines(parts, _rechained(lines, len(lines) - 1)))).first()
    assert (first.code, first.seq) == ("event.after_seal", 37)


def test_exchanged_removed_and_added_files_are_named(bundle: bytes) -> None:
    parts = _parts(bundle)
    names = [name for name in parts if name.startswith(("evidence/", "sheet/", "recording/", "attendance/"))]
    assert len(names) == 8
    for name in names:
        without = {n: c for n, c in parts.items() if n != name}
        assert _check(_packed(without)).first().file == name
        findings = _check(_packed(_remade_manifest(without))).findings
        assert name in {f.file for f in findings} or name in OPTIONAL
        for remade in (False, True):
            other = {**parts, name: b"other"}
            findings = _check(_packed(_remade_manifest(other) if remade else other)).findings
            assert name in {f.file for f in findings}
    added = {**parts, "evidence/000099-new.png": b"new"}
    assert _check(_packed(added)).first().file == "evidence/000099-new.png"


def test_forged_moved_and_foreign_seals_are_found(bundle: bytes) -> None:
    parts = _parts(bundle)
    seals = json.loads(parts[layout.SEALS])
    forged = [
        seals[1:],
        seals[::-1],
        [],
        [{**seals[0], "last_seq": seals[0]["last_seq"] + 1}, *seals[1:]],
        [{**seals[0], "sealed_us": 1}, *seals[1:]],
        [{**seals[0], "kind": "seal"}, *seals[1:]],
        [{**seals[0], "signature": seals[1]["signature"]}, *seals[1:]],
        [{**seal, "log_id": "other"} for seal in seals],
    ]
    for one in forged:
        report = _check(_packed({**parts, layout.SEALS: canonical_bytes(one)}))
        assert layout.SEALS in {f.file for f in report.findings}


def test_everything_made_again_with_another_key_is_found_by_the_published_key_id(
    made: tuple[ChainOf, bytes], tmp_path: Path
) -> None:
    chain, bundle = made
    other = SchoolKey.generate()
    parts = _parts(bundle)
    parts[layout.KEY] = other.public.pem()
    assert _check(_packed(parts)).first() == Finding(code="key.foreign", file=layout.KEY)
    assert _check(bundle, key_id=chain.key.key_id).is_sound
    assert _check(bundle, key_id=other.key_id).first().code == "key.unexpected"


def test_digest_printed_on_paper_is_looked_for_in_the_chain(made: tuple[ChainOf, bytes]) -> None:
    chain, bundle = made
    assert _check(bundle, anchor=chain.entries[30].hash[:16].upper()).is_sound
    assert _check(bundle, anchor="00000000").first().code == "anchor.unknown"


async def test_roll_that_does_not_follow_from_the_events_is_named_even_when_the_school_signs_it(tmp_path: Path) -> None:
    chain, content = await hold_lesson(tmp_path)
    index = next(i for i, e in enumerate(content.entries) if "roll.confirmed" in e.body)
    entries = list(content.entries)
    false_roll = body_of(RollConfirmed(marks_sha256="0" * 64, overrides=0))
    entries[index] = msgspec.structs.replace(entries[index], body=false_roll)
    lines = _rechained([line_of(entry) for entry in entries], index)
    remade = dataclasses.replace(content, entries=[entry_of_line(line) for line in lines], seals=content.seals[:-1])
    first = _check(b"".join(make_bundle(remade, chain.key).chunks())).first()
    assert (first.code, first.seq) == ("marks.differ", index + 1)

"""A second checker, written from docs/record.md with the standard library and one Ed25519 function: the document is enough."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from server.ledger.bundle.write import make_bundle
from tests.server.ledger.lesson import hold_lesson


def _text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _merkle(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + _merkle(leaves[:half]) + _merkle(leaves[half:])).digest()


def _check(path: Path) -> int:
    """The number of events, if everything in the document holds. Raises otherwise."""
    with zipfile.ZipFile(path) as bundle:
        parts = {name: bundle.read(name) for name in bundle.namelist()}
    key: Any = load_pem_public_key(parts["school-key.pem"])
    key.verify(bytes.fromhex(parts["manifest.sig"].decode()), b"giangduong-manifest/1\n" + parts["manifest.json"])
    manifest = json.loads(parts["manifest.json"])
    assert {line["name"] for line in manifest["files"]} == parts.keys() - {"manifest.json", "manifest.sig"}
    for line in manifest["files"]:
        assert hashlib.sha256(parts[line["name"]]).hexdigest() == line["sha256"]
    hashes = _check_chain(parts["events.jsonl"].decode())
    assert (len(hashes), hashes[-1]) == (manifest["events"], manifest["head_hash"])
    for seal in json.loads(parts["seals.json"]):
        signature = bytes.fromhex(seal.pop("signature"))
        key.verify(signature, b"giangduong-seal/1\n" + _text(seal))
        covered = hashes[: seal["last_seq"]]
        assert seal["head_hash"] == covered[-1]
        assert seal["merkle_root"] == _merkle([bytes.fromhex(each) for each in covered]).hex()
        assert seal["key_id"] == hashlib.sha256(key.public_bytes_raw()).hexdigest()[:32]
    _check_files(parts)
    return len(hashes)


def _check_chain(text: str) -> list[str]:
    hashes = ["0" * 64]
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        entry = json.loads(line)
        without = re.sub(r'"hash":"[0-9a-f]{64}",(?="log_id":)', "", line)
        assert (entry["seq"], entry["prev_hash"]) == (number, hashes[-1])
        assert hashlib.sha256((hashes[-1] + without).encode()).hexdigest() == entry["hash"]
        hashes.append(entry["hash"])
    return hashes[1:]


def _check_files(parts: dict[str, bytes]) -> None:
    for line in parts["events.jsonl"].splitlines():
        entry = json.loads(line)
        if entry["event"]["type"].startswith(("lesson.evidence_filed/", "recording.segment_closed/")):
            (name,) = [n for n in parts if re.match(rf"(evidence|recording)/{entry['seq']:06d}-", n)]
            assert hashlib.sha256(parts[name]).hexdigest() == entry["event"]["sha256"]


async def test_bundle_holds_before_a_checker_written_from_the_document(tmp_path: Path) -> None:
    chain, content = await hold_lesson(tmp_path)
    path = tmp_path / "bundle.zip"
    make_bundle(content, chain.key).write_to(path)
    assert _check(path) == len(chain.entries)


async def test_same_lesson_gives_the_same_file_again(tmp_path: Path) -> None:
    chain, content = await hold_lesson(tmp_path)
    first, second = io.BytesIO(), io.BytesIO()
    for out in (first, second):
        for chunk in make_bundle(content, chain.key).chunks():
            out.write(chunk)
    assert first.getvalue() == second.getvalue()

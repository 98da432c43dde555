"""How the recorder keeps files: layout of a lesson's folder, canonical JSON, atomic writing, digests. Blocking: call in threads.

lessons/{lesson}/recording/lesson.json            the recording's state: origin, gaps, end
                           {n}-{role}.mkv, .json  a segment and its sidecar
                           manifest.json          all segments and gaps, once ended
                           playback.json, play-*  files a browser plays
lessons/{lesson}/evidence/{snapshot}.jpg
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def recording_folder(data: Path, lesson: str) -> Path:
    return data / "lessons" / lesson / "recording"


def evidence_folder(data: Path, lesson: str) -> Path:
    return data / "lessons" / lesson / "evidence"


def canonical(value: msgspec.Struct) -> bytes:
    """One byte form per value: sorted keys, NFC, no spaces, no floats, UTF-8."""
    text = json.dumps(_plain(msgspec.to_builtins(value)), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        raise TypeError("floats have no canonical form")
    return value


def write_atomically(path: Path, content: bytes) -> None:
    """Either the old or the new content stands there, whatever dies; durable on return."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read(path: Path, kind: type[T]) -> T:
    """Raises FileNotFoundError, or msgspec.DecodeError for a file that is not one of ours."""
    return msgspec.json.decode(path.read_bytes(), type=kind)


def sha256_of(path: Path) -> tuple[str, int]:
    """Hex digest and size, made durable first."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.seek(0, os.SEEK_END)

"""What lies where in a bundle, the shapes of its JSON parts, and how large each may be. A name follows from its event, never from a claim."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

import msgspec

from server.events.lesson import EvidenceFiled, SegmentClosed
from server.events.sheet import SheetConfirmed

FORMAT = "giangduong-bundle/1"

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
README = "README.txt"
KEY = "school-key.pem"
LESSON = "lesson.json"
EVENTS = "events.jsonl"
SEALS = "seals.json"
CONNECTIONS_CSV = "attendance/ds_ket_noi.csv"
ROLL_CSV = "attendance/ket_qua_diem_danh.csv"
RECORDING_MANIFEST = "recording/manifest.json"

#: Parts that a checker reads whole; a larger one is refused unread.
MAX_READ_WHOLE = 64 << 20
MAX_EVENTS = 2_000_000

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class FileLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the manifest."""

    name: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bundle holds, signed as a whole (`manifest.sig`). It names no time of export: the same record gives the same bundle."""

    format: str
    log_id: str
    events: int
    head_hash: str
    key_id: str
    with_recording: bool
    files: list[FileLine]


class PersonLabel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is behind an id. Events carry ids only; without these labels nobody could read them."""

    person: str
    name: str
    title: str
    code: str
    unit: str


class LessonLabels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names for the ids in the events, as they stood when the bundle was made."""

    lesson: str
    school: str
    cohort: str
    course_unit: str
    topic: str
    day: str
    lecturer: str
    people: list[PersonLabel]


def signed_manifest(manifest: bytes) -> bytes:
    """What `manifest.sig` signs."""
    return b"giangduong-manifest/1\n" + manifest


def evidence_part(seq: int, filed: EvidenceFiled) -> str:
    """The part that holds the file of an EvidenceFiled event, e.g. `evidence/000089-anh_chup_he_thong.jpg`."""
    return f"evidence/{seq:06d}-{plain_name(filed.kind + PurePosixPath(filed.file_name).suffix)}"


def segment_part(seq: int, closed: SegmentClosed) -> str:
    """The part that holds a segment of the recording."""
    return f"recording/{seq:06d}-{plain_name(closed.file_name)}"


def sheet_part(seq: int, confirmed: SheetConfirmed) -> str:
    """The part that holds the sheet as confirmed."""
    return f"sheet/{seq:06d}-v{confirmed.version}.pdf"


def sheet_content_part(seq: int, confirmed: SheetConfirmed) -> str:
    """The part that holds the sheet's content, whose digest screen and print share."""
    return f"sheet/{seq:06d}-v{confirmed.version}.json"


def plain_name(file_name: str) -> str:
    """A file name in the characters that parts may have, diacritics dropped; its end is kept, because it carries the suffix."""
    letters = unicodedata.normalize("NFD", PurePosixPath(file_name).name.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _UNSAFE.sub("_", plain)[-100:].lstrip("._-") or "file"

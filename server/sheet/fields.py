"""What the lecturer writes on the sheet: keys, labels, which are required. Everything else on it is the machine's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.errors import Invalid

#: Longest text of one field: a table cell of a form, not an essay.
MAX_CHARACTERS = 4_000
#: What `missing` says besides field keys.
ROLL, SCREENSHOT, DATA_EXTRACT = "roll", "screenshot", "data_extract"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    key: str
    label_vi: str
    label_en: str
    required: bool


def fields_for(periods: Sequence[tuple[int, bool]]) -> list[FieldSpec]:
    """The fields of a lesson with these periods (number, delivered). A period that was not delivered needs no content."""
    found = []
    for no, delivered in periods:
        found += [
            FieldSpec(f"content.{no}", f"Tóm tắt nội dung tiết {no}", f"Content taught, period {no}", delivered),
            FieldSpec(f"materials.{no}", f"Học liệu tiết {no}", f"Materials, period {no}", False),
            FieldSpec(f"tasks.{no}", f"Nhiệm vụ giao tiết {no}", f"Tasks set, period {no}", False),
        ]
    return [
        *found,
        FieldSpec(
            "unfinished", "Nội dung chưa thực hiện, đề nghị bố trí bù", "Content not covered, to be made up", False
        ),
        FieldSpec(
            "incidents", "IV. Diễn biến kỹ thuật và sự cố (bổ sung)", "IV. Technical incidents (addition)", False
        ),
        FieldSpec("remarks", "V. Nhận xét của giảng viên", "V. Lecturer's remarks", True),
    ]


def must_be_field(key: str, text: str, fields: Sequence[FieldSpec]) -> None:
    """Raises Invalid for a key that this sheet does not have or a text that does not fit."""
    if key not in {field.key for field in fields}:
        raise Invalid("sheet.unknown_field", key=key[:64])
    if len(text) > MAX_CHARACTERS:
        raise Invalid("sheet.text_too_long", key=key, most=MAX_CHARACTERS)
    if any(ord(c) < 32 and c not in "\n\t" for c in text):
        raise Invalid("sheet.bad_characters", key=key)


def missing(
    fields: Sequence[FieldSpec], texts: Mapping[str, str], *, roll_confirmed: bool, evidence_kinds: Sequence[str]
) -> list[str]:
    """What stands between a draft and its confirmation (R-19.1c: a screenshot and a data extract at least), in the form's order."""
    found = [field.key for field in fields if field.required and not texts.get(field.key, "").strip()]
    if not roll_confirmed:
        found.append(ROLL)
    if not any(kind.startswith("anh_chup") for kind in evidence_kinds):
        found.append(SCREENSHOT)
    if not any(kind in ("ds_ket_noi", "ket_qua_diem_danh") for kind in evidence_kinds) and roll_confirmed:
        found.append(DATA_EXTRACT)
    return found

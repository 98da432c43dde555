"""The school's numbers that decide an attendance mark and pace a lesson (regulation (d) D.2). All integers; frozen into `LessonOpened`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

#: Version of the algorithm in docs/attendance.md; printed on the sheet. Raise it when a mark may come out differently.
RULE_VERSION = 1

CAMERA_OFF, CAMERA_AT_ROLL_CALL, CAMERA_ALWAYS_WARN = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a school's attendance policy. Units are in the names; `pct` are whole per cent."""

    #: Presence needed in the countable part of a period for it to be attended.
    period_min_pct: int = 80
    #: Teaching needed in the planned length of a period for it to count for anybody ("chưa thực hiện" below it).
    period_delivered_pct: int = 80
    #: A period of which server outages leave less than this is not judged either, however long it was taught.
    period_countable_pct: int = 50
    #: Up to here no remark at all.
    late_tol_s: int = 300
    #: Up to here "đi muộn" and the late part is not held against the student; beyond it the period is judged as it is.
    late_max_s: int = 900
    early_tol_s: int = 300
    early_max_s: int = 900
    #: Shorter gaps are bridged, but listed.
    bridge_s: int = 120
    #: Silence after which a connection is lost; presence then ends at the last sign of life (RFC 7675: 30 s).
    dead_after_s: int = 30
    #: How long a seat is kept for a lost connection.
    grace_s: int = 90
    #: Automatic roll-calls in one lesson, the window to answer, and the pause before the one retry.
    roll_calls: int = 3
    roll_call_window_s: int = 90
    roll_call_retry_s: int = 180
    #: Answers needed of the roll-calls issued while connected, rounded up.
    roll_call_min_ok_pct: int = 50
    #: `CAMERA_OFF`, `CAMERA_AT_ROLL_CALL` or `CAMERA_ALWAYS_WARN`: a warning, never a mark.
    camera_required: int = CAMERA_AT_ROLL_CALL
    #: 1: enrolled students need no admission by hand.
    auto_admit_enrolled: int = 1
    #: 1: a second device replaces the first after confirmation.
    one_active_device: int = 1
    #: Screenshots as evidence: this long after the start, before the end, and (1) at the middle and at each roll-call.
    screenshot_after_start_s: int = 600
    screenshot_before_end_s: int = 600
    screenshot_middle: int = 1
    screenshot_at_roll_call: int = 1
    #: The lesson ends by itself this long after the lecturer was last connected.
    auto_end_s: int = 900
    #: The lobby opens this long before the first period.
    lobby_s: int = 1800
    #: The sheet is due this long after the lesson's end.
    sheet_due_s: int = 86_400

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"policy value {field.name} must be a whole number from 0: {value!r}")
            if field.name.endswith("_pct") and value > 100:
                raise ValueError(f"policy value {field.name} is a per cent: {value}")
        if self.late_tol_s > self.late_max_s or self.early_tol_s > self.early_max_s:
            raise ValueError("a tolerance cannot exceed its maximum")

    @classmethod
    def from_dict(cls, values: Mapping[str, int]) -> Policy:
        """A policy from values by name; missing ones take the default. Raises ValueError for a bad value.

        Names of other concerns are passed over: `server.school.policy` checks the whole set on entry, and old logs stay readable.
        """
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def to_dict(self) -> dict[str, int]:
        """All values by name, for `LessonOpened.policy`."""
        return asdict(self)

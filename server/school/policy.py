"""The school's own rules as numbers, each with the text it rests on (căn cứ). Versioned in the database; these are the first values. PURE.

The names in `ATTENDANCE` are those of `server.attendance.policy.Policy`. A value without a căn cứ is refused; several values are the product's
proposal until the school confirms them, and their căn cứ says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.errors import Invalid

PROPOSAL = "Giá trị đề xuất của hệ thống, nhà trường xác nhận trong Quy chế"
CUSTOM = "Thông lệ 45 phút mỗi tiết, nhà trường xác nhận trong Quy chế"
LAW_SEND = "Điều 23.4 (ghi và gửi Phiếu theo dõi sau mỗi buổi); số giờ do nhà trường quy định"


@dataclass(frozen=True)
class Parameter:
    """One number of the policy: smallest and largest value that make sense, first value, căn cứ."""

    least: int
    most: int
    first: int
    can_cu: str


ATTENDANCE: dict[str, Parameter] = {
    "period_min_pct": Parameter(1, 100, 80, PROPOSAL),
    "period_delivered_pct": Parameter(1, 100, 80, PROPOSAL),
    "period_countable_pct": Parameter(0, 100, 50, PROPOSAL),
    "late_tol_s": Parameter(0, 3600, 300, PROPOSAL),
    "late_max_s": Parameter(0, 3600, 900, PROPOSAL),
    "early_tol_s": Parameter(0, 3600, 300, PROPOSAL),
    "early_max_s": Parameter(0, 3600, 900, PROPOSAL),
    "bridge_s": Parameter(0, 600, 120, PROPOSAL),
    "dead_after_s": Parameter(10, 120, 30, "RFC 7675 mục 5.1: mất đồng thuận sau 30 giây"),
    "grace_s": Parameter(10, 600, 90, PROPOSAL),
    "roll_calls": Parameter(0, 12, 3, PROPOSAL),
    "roll_call_window_s": Parameter(15, 600, 90, PROPOSAL),
    "roll_call_retry_s": Parameter(0, 1800, 180, PROPOSAL),
    "roll_call_min_ok_pct": Parameter(0, 100, 50, PROPOSAL),
    "camera_required": Parameter(0, 2, 1, "Điều 24.1: học viên có camera; nhà trường quy định lúc bật"),
    "auto_admit_enrolled": Parameter(0, 1, 1, "Điều 5.3: công bằng trong tiếp cận, tham gia"),
    "one_active_device": Parameter(0, 1, 1, PROPOSAL),
    "screenshot_after_start_s": Parameter(0, 7200, 600, PROPOSAL),
    "screenshot_before_end_s": Parameter(0, 7200, 600, PROPOSAL),
    "screenshot_middle": Parameter(0, 1, 1, PROPOSAL),
    "screenshot_at_roll_call": Parameter(0, 1, 1, PROPOSAL),
    "auto_end_s": Parameter(60, 7200, 900, PROPOSAL),
    "lobby_s": Parameter(300, 7200, 1800, "Mở phòng chờ trước giờ học 30 phút; nhà trường quy định"),
    "sheet_due_s": Parameter(3600, 2_592_000, 86_400, LAW_SEND),
}
#: Frozen into a lesson when it opens, and the school's other numbers, which are read when they are needed.
PARAMETERS: dict[str, Parameter] = ATTENDANCE | {
    "period_minutes": Parameter(30, 90, 45, CUSTOM),
    "record_lessons": Parameter(0, 1, 1, "Điều 19.1.c: minh chứng kèm theo Phiếu theo dõi"),
    "max_participants": Parameter(2, 500, 150, PROPOSAL),
    "class_manager_deadline_h": Parameter(1, 720, 24, PROPOSAL),
    "retro_leave_h": Parameter(0, 720, 48, PROPOSAL),
}


@dataclass(frozen=True)
class PolicyValue:
    value: int
    can_cu: str


@dataclass(frozen=True)
class PolicySet:
    """One version of all numbers: in force from `effective_us`, decided by `approved_by` in document `reference`."""

    version: int
    effective_us: int
    approved_by: str
    reference: str
    parameters: Mapping[str, PolicyValue]

    def value(self, name: str) -> int:
        """One integer; a parameter younger than this version has its first value."""
        known = self.parameters.get(name)
        return PARAMETERS[name].first if known is None else known.value

    def attendance(self) -> dict[str, int]:
        """What a lesson freezes: the values of `server.attendance.policy.Policy` by name."""
        return {name: self.value(name) for name in ATTENDANCE}


def first_parameters() -> dict[str, PolicyValue]:
    """What a new school starts with."""
    return {name: PolicyValue(p.first, p.can_cu) for name, p in PARAMETERS.items()}


def checked(parameters: Mapping[str, PolicyValue]) -> dict[str, PolicyValue]:
    """The same parameters, if every one is known, in its bounds and has a căn cứ. Raises Invalid."""
    for name, value in parameters.items():
        bounds = PARAMETERS.get(name)
        if bounds is None:
            raise Invalid("policy.unknown_parameter", name=name)
        if not bounds.least <= value.value <= bounds.most:
            raise Invalid("policy.out_of_bounds", name=name, least=bounds.least, most=bounds.most)
        if not value.can_cu.strip():
            raise Invalid("policy.no_basis", name=name)
    for smaller, larger in (("late_tol_s", "late_max_s"), ("early_tol_s", "early_max_s")):
        if smaller in parameters and larger in parameters and parameters[smaller].value > parameters[larger].value:
            raise Invalid("policy.tolerance_over_limit", name=smaller, limit=larger)
    return dict(parameters)

"""The school's numbers: known names, bounds, and a căn cứ for each."""

from __future__ import annotations

import pytest

from server.attendance.policy import Policy
from server.errors import Invalid
from server.school.policy import ATTENDANCE, PARAMETERS, PolicySet, PolicyValue, checked, first_parameters


def test_attendance_values_are_those_that_attendance_knows_with_the_same_defaults() -> None:
    assert {name: parameter.first for name, parameter in ATTENDANCE.items()} == Policy().to_dict()


def test_first_values_are_within_their_bounds_and_have_a_basis() -> None:
    assert checked(first_parameters()) == first_parameters()


def test_older_version_gets_the_first_value_of_a_younger_parameter() -> None:
    old = PolicySet(1, 0, "Hiệu trưởng", "QC", {"late_tol_s": PolicyValue(60, "QC")})
    assert old.attendance() == {**Policy().to_dict(), "late_tol_s": 60}
    assert old.value("max_participants") == PARAMETERS["max_participants"].first


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("late_tol_s", PolicyValue(-1, "QC"), "policy.out_of_bounds"),
        ("late_tol_s", PolicyValue(60, "  "), "policy.no_basis"),
        ("late_tolerance", PolicyValue(60, "QC"), "policy.unknown_parameter"),
        ("late_tol_s", PolicyValue(901, "QC"), "policy.tolerance_over_limit"),
    ],
)
def test_bad_value_is_refused_with_its_reason(name: str, value: PolicyValue, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(first_parameters() | {name: value})
    assert caught.value.code == code

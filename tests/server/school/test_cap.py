"""INV-CAP at its edges (regulation (b), invariant 5)."""

from __future__ import annotations

import pytest

from server.errors import Conflict
from server.school.cap import ProgrammeKind, cap_pct, is_within_cap, most_online_periods, require_cap

DAO_TAO, BOI_DUONG = ProgrammeKind.DAO_TAO, ProgrammeKind.BOI_DUONG


@pytest.mark.parametrize(
    ("kind", "weeks", "total", "passes", "refused"),
    [
        (DAO_TAO, 0, 1000, 300, 301),
        (BOI_DUONG, 3, 120, 60, 61),
        (BOI_DUONG, 4, 120, 36, 37),
        (BOI_DUONG, 5, 7, 2, 3),
        (DAO_TAO, 0, 1, 0, 1),
    ],
)
def test_share_of_online_periods_is_capped_to_the_period(
    kind: ProgrammeKind, weeks: int, total: int, passes: int, refused: int
) -> None:
    require_cap(kind, weeks, total, passes)
    with pytest.raises(Conflict, match=r"plan\.over_cap") as caught:
        require_cap(kind, weeks, total, refused)
    assert caught.value.params["most"] == passes


def test_largest_allowed_number_is_allowed_and_the_next_is_not() -> None:
    for total in range(1, 400):
        for pct in (30, 50):
            most = most_online_periods(total, pct)
            assert is_within_cap(most, total, pct)
            assert not is_within_cap(most + 1, total, pct)


def test_training_has_one_cap_whatever_its_length() -> None:
    assert {cap_pct(DAO_TAO, weeks) for weeks in range(60)} == {30}

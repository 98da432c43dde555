"""Names as Vietnamese lists want them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.school.names import collation_key, folded, initials, name_key, split_name

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"


def test_given_names_sort_by_the_vietnamese_alphabet() -> None:
    wanted = ["An", "Ánh", "Ân", "Bình", "Dũng", "Đạt"]
    assert sorted(["Đạt", "Dũng", "Ân", "Bình", "An", "Ánh"], key=name_key) == wanted


def test_single_letters_sort_by_letter_then_tone() -> None:
    by_code_point = sorted(LETTERS)
    assert by_code_point != list(LETTERS)
    assert sorted(by_code_point, key=collation_key) == list(LETTERS)


def test_people_with_the_same_given_name_sort_by_the_rest() -> None:
    people = ["Nguyễn Văn Hùng", "Cao Xuân Hùng", "Đỗ Mạnh Hùng", "Đỗ Bá Hùng"]
    assert sorted(people, key=name_key) == ["Cao Xuân Hùng", "Đỗ Bá Hùng", "Đỗ Mạnh Hùng", "Nguyễn Văn Hùng"]


def test_tone_decides_only_between_equal_letters() -> None:
    assert sorted(["Hoá Nam", "Hoà Ban", "Hoa Mai"], key=collation_key) == ["Hoà Ban", "Hoa Mai", "Hoá Nam"]
    assert sorted(["Hóa", "Hòa", "Hoa"], key=collation_key) == ["Hoa", "Hòa", "Hóa"]


def test_apostrophe_does_not_move_a_name() -> None:
    assert sorted(["Hùng", "H'Lan", "Hòa", "Hà"], key=collation_key) == ["Hà", "H'Lan", "Hòa", "Hùng"]


def test_decomposed_names_sort_like_composed_ones() -> None:
    name = "Đặng Thị Ngọc Ánh"
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)
    assert split_name(unicodedata.normalize("NFD", name)).full_name == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("dat", "Ngô Thành Đạt"),
        ("ĐẠT", "Ngô Thành Đạt"),
        ("nguyen thi lan huong", "Nguyễn Thị Lan Hương"),
        ("uyen", "Công Tằng Tôn Nữ Hoàng Uyên"),
        ("h'lan", "Ksor H'Lan"),
    ],
)
def test_search_ignores_diacritics_and_case(typed: str, name: str) -> None:
    assert folded(typed) in folded(name)


def test_last_word_is_the_given_name_and_case_is_kept() -> None:
    name = split_name("  Công  Tằng Tôn Nữ Hoàng   Uyên ")
    assert (name.ho_dem, name.ten) == ("Công Tằng Tôn Nữ Hoàng", "Uyên")
    assert split_name("Giàng A Sử").ho_dem == "Giàng A"
    assert split_name("Y").ho_dem == ""


def test_empty_name_is_refused() -> None:
    with pytest.raises(ValueError, match="word"):
        split_name("  \u00a0 ")


def test_initials_are_middle_and_given_name() -> None:
    assert initials("Đặng Thị Ngọc Ánh") == "NÁ"
    assert initials("Sử") == "S"


@given(st.text(max_size=60), st.text(max_size=60))
def test_key_orders_any_texts_and_equal_keys_mean_equal_texts(left: str, right: str) -> None:
    assert (collation_key(left) == collation_key(right)) == (left == right)

"""The bundled fonts: every Vietnamese letter form is in them, and nothing else is used."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from PIL import ImageFont

from server.render.coverage import SUBSTITUTE, covered_by, printable, printable_table
from server.render.typesetting import FONTS, Job, Typesetter
from tests.server.render.pdf import text_of

_BASES = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")


def vietnamese_letters() -> list[str]:
    """All letter forms of Vietnamese that are not plain ASCII, lower and upper case: 134."""
    lower = {unicodedata.normalize("NFC", base + tone) for base in _BASES for tone in _TONES} | {"đ"}
    forms = {form for letter in lower for form in (letter, letter.upper())}
    return sorted(form for form in forms if not form.isascii())


def test_there_are_134_letter_forms_and_each_is_one_character() -> None:
    letters = vietnamese_letters()
    assert len(letters) == 134
    assert all(len(letter) == 1 for letter in letters)


@pytest.mark.parametrize("file", sorted(FONTS.glob("*.ttf")), ids=lambda path: path.stem)
def test_every_letter_form_has_a_shape_of_its_own_in_the_font(file: Path) -> None:
    font = ImageFont.truetype(str(file), 64)
    missing = bytes(font.getmask("\U0010fffd"))
    for letter in [*vietnamese_letters(), "…", "–", "·", "“", "”"]:
        assert bytes(font.getmask(letter)) != missing, f"{letter} (U+{ord(letter):04X}) is not in {file.name}"


def test_the_licence_of_the_fonts_lies_beside_them() -> None:
    licence = (FONTS / "LICENSE-OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and "Red Hat" in licence


async def test_every_letter_form_is_printed_and_can_be_copied_out_of_the_pdf(tmp_path: Path) -> None:
    letters = vietnamese_letters()
    template = tmp_path / "letters"
    template.mkdir()
    (template / "main.typ").write_text(
        '#set text(font: "Liberation Serif", fallback: false)\n'
        "#let d = json(bytes(sys.inputs.data))\n#for w in d [#text(w) #strong(text(w)) #emph(text(w)) #parbreak()]"
    )
    words = "".join('"' + letter + '",' for letter in letters)
    typesetter = Typesetter(templates=tmp_path)
    pdf = await typesetter.pdf(Job(template="letters", entry="main.typ", data=f"[{words[:-1]}]"))
    typesetter.close()
    text = text_of(pdf)
    for letter in letters:
        assert text.count(letter) == 3, letter


@pytest.mark.parametrize("file", sorted(FONTS.glob("*.ttf")), ids=lambda path: path.stem)
def test_our_reading_of_a_fonts_characters_agrees_with_freetype(file: Path) -> None:
    font = ImageFont.truetype(str(file), 24)
    covered = covered_by(file)
    assert {ord(letter) for letter in [*vietnamese_letters(), SUBSTITUTE]} <= covered
    shapes = {bytes(font.getmask(chr(code))) for code in (0x4E2D, 0x1F600, 0x0514)}
    assert len(shapes) == 1 and not {0x4E2D, 0x1F600, 0x0514} & covered


def test_what_the_fonts_cannot_show_becomes_a_box_and_vietnamese_stays() -> None:
    table = printable_table(FONTS)
    told = printable({"a": ["Đặng Thị Ánh 😀\n中", 3], "b": "a\u202eb\u0007c"}, table)
    assert told == {"a": ["Đặng Thị Ánh □\n□", 3], "b": "a□b□c"}
    assert printable("".join(vietnamese_letters()), table) == "".join(vietnamese_letters())

"""The printed sheet: what stands on it, that it is the same every time, and that no text of a lesson is ever executed."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import Overloaded
from server.ids import EvidenceId
from server.render import sheet_print
from server.render.sheet_print import SheetPrinter
from server.render.typesetting import WAITING, WORKERS, Job, Typesetter
from server.sheet.content import SheetContent
from tests.server.render.pdf import fonts_of, page_count, squeezed, text_of
from tests.server.render.prints import CONFIRMED_US, content_of, draft_print, final_print, picture
from tests.server.sheet.lessons import LONG_NAME

PARTS = (
    "I. THÔNG TIN BUỔI HỌC",
    "II. NỘI DUNG GIẢNG DẠY VÀ HỌC TẬP",
    "III. TÌNH HÌNH THAM DỰ HỌC TẬP",
    "IV. DIỄN BIẾN KỸ THUẬT VÀ SỰ CỐ",
    "V. NHẬN XÉT CỦA GIẢNG VIÊN",
    "VI. Ý KIẾN CỦA CHỦ NHIỆM LỚP",
    "VII. MINH CHỨNG KÈM THEO",
    "XÁC NHẬN CỦA PHÒNG",
    "Phụ lục 1 – DANH SÁCH ĐIỂM DANH",
    "Phụ lục 2 – NHẬT KÝ TÓM TẮT",
    "Phụ lục 3 – ẢNH CHỤP MÀN HÌNH",
)
#: What somebody could be called, or write, to break out of the form.
HOSTILE = (
    '#eval("1+1")',
    '#import "@preview/x:0.1.0"',
    "#read(\"/etc/passwd\")",
    "$ x^2 $ *đậm* _nghiêng_ `mã`",
    "] #panic(\"out\") [",
    "#{ while true {} }",
    "\\#set page(width: 1pt)",
    "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "\"'\\\"“”‘’ // /* */",
    "= Tiêu đề\n- mục\n+ số\n/ thuật: ngữ",
    "@ref <label> https://example.org ~ -- --- ...",
    "=HYPERLINK(\"http://x\")",
)  # fmt: skip


@pytest.fixture
async def printer() -> AsyncIterator[SheetPrinter]:
    made = SheetPrinter()
    yield made
    made.close()


async def test_sheet_has_every_part_in_order(printer: SheetPrinter, tmp_path: Path) -> None:
    content = content_of()
    marks = final_print(content)
    text = text_of(await printer.pdf(content, marks, picture(tmp_path), CONFIRMED_US))
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    for told in (
        "ĐẢNG CỘNG SẢN VIỆT NAM",
        "TỈNH ỦY LAM GIANG",
        "Lam Giang, ngày 06 tháng 10 năm 2026",
        "Số phiếu: PTD-K45.B2-2026-0031",
        "Chuyên đề 3: Kỹ năng ra và tổ chức thực hiện quyết định",
        "(tiết 1 đến tiết 4/tổng 8 tiết)",
        "07 giờ 30 – 10 giờ 46; gián đoạn: 10 phút; số tiết thực hiện: 4",
        "Quyết định số 214-QĐ/TCT ngày 28/9/2026",
        "Sĩ số: 12",
        "Sự cố hệ thống: 10 phút (từ 08:30–08:40)",
        "Số trường hợp giảng viên điều chỉnh kết quả máy đề xuất: 2",
        "muộn 11 phút",
        "về sớm 10 phút",
        "Họp Hội đồng nhân dân xã",
        marks.code,
        "Mẫu phiếu v1",
        "Phiên bản phiếu: 1",
    ):
        assert told in text, told


async def test_state_schools_get_the_state_head(printer: SheetPrinter) -> None:
    content = content_of(doc_style="nha_nuoc")
    text = text_of(await printer.pdf(content, final_print(content), {}, CONFIRMED_US))
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text and "Độc lập - Tự do - Hạnh phúc" in text
    assert "ĐẢNG CỘNG SẢN" not in text


async def test_only_drafts_carry_the_watermark_and_no_code(printer: SheetPrinter) -> None:
    content = content_of()
    draft = text_of(await printer.pdf(content, draft_print(content), {}, 0))
    final = text_of(await printer.pdf(content, final_print(content), {}, CONFIRMED_US))
    assert "DỰ THẢO" in draft and "Mã kiểm chứng: …" in draft
    assert "DỰ THẢO" not in final


async def test_equal_input_gives_equal_bytes_in_another_process_part(tmp_path: Path) -> None:
    content = content_of()
    made = []
    for _ in range(2):
        printer = SheetPrinter()
        made.append(await printer.pdf(content, final_print(content), picture(tmp_path), CONFIRMED_US))
        printer.close()
    assert made[0] == made[1]


async def test_print_is_an_archive_pdf_with_our_fonts_embedded(printer: SheetPrinter) -> None:
    content = content_of()
    pdf = await printer.pdf(content, final_print(content), {}, CONFIRMED_US)
    assert fonts_of(pdf) <= {"LiberationSerif", "LiberationSerif-Bold", "LiberationSerif-Italic"}
    assert re.search(rb"pdfaid:part>2<", pdf) and re.search(rb"pdfaid:conformance>A<", pdf)
    assert b"/JavaScript" not in pdf and b"/Launch" not in pdf


@pytest.mark.parametrize(("students", "absent"), [(60, 12), (60, 0), (1, 0), (120, 30)])
async def test_classes_of_any_size_print_every_student(printer: SheetPrinter, students: int, absent: int) -> None:
    content = content_of(students, absent, names={7: LONG_NAME} if students > 7 else None, eventful=absent > 0)
    text = squeezed(text_of(await printer.pdf(content, final_print(content), {}, CONFIRMED_US)))
    for line in content.attendance:
        assert squeezed(line.code) in text
        assert squeezed(line.name) in text, line.name


async def test_empty_lists_say_so_and_empty_fields_stay(printer: SheetPrinter) -> None:
    content = content_of(5, 0, eventful=False)
    assert content.roll == []
    text = text_of(await printer.pdf(content, final_print(content), {}, CONFIRMED_US))
    assert "Lý do / minh chứng số P K Không có" in text
    assert "Nội dung chưa thực hiện, đề nghị bố trí bù: Không có" in text
    assert "13. Người dự giờ/kiểm tra: …" in text and "14. Điểm cầu (nếu có): …" in text


async def test_missing_picture_is_told_instead_of_breaking_the_print(printer: SheetPrinter, tmp_path: Path) -> None:
    content = content_of()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    pictures = {**picture(tmp_path), EvidenceId("evidence-2"): broken}
    text = text_of(await printer.pdf(content, final_print(content), pictures, CONFIRMED_US))
    assert text.count("Không đọc được tệp ảnh khi in") == 1
    assert "Ảnh 1." in text and "Ảnh 2." in text


async def test_preview_shows_as_many_pages_as_the_print(printer: SheetPrinter) -> None:
    content = content_of()
    marks = draft_print(content)
    pages = await printer.pages(content, marks, {}, 72)
    pdf = await printer.pdf(content, marks, {}, 0)
    assert len(pages) == page_count(pdf) == sheet_print.page_count(pdf)
    assert all(page.startswith(b"\x89PNG") for page in pages)


def with_text(content: SheetContent, text: str) -> SheetContent:
    """The same sheet with `text` wherever people's words stand."""
    period = msgspec.structs.replace(content.periods[0], content=text, materials=text, tasks=text)
    student = msgspec.structs.replace(content.attendance[0], name=text, unit=text, note=text)
    line = msgspec.structs.replace(content.roll[0], name=text, note=text)
    info = msgspec.structs.replace(content.info, lecturer=text, topic=text, ground=text)
    head = msgspec.structs.replace(content.head, school=text, place=text)
    return msgspec.structs.replace(
        content,
        periods=[period],
        attendance=[student],
        roll=[line],
        info=info,
        head=head,
        remarks=text,
        unfinished=text,
    )


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_printed_letter_by_letter(printer: SheetPrinter, text: str) -> None:
    content = with_text(content_of(5, 2), text)
    printed = squeezed(text_of(await printer.pdf(content, final_print(content), {}, CONFIRMED_US)))
    assert printed.count(squeezed(text)) >= 8


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_any_text_can_be_printed(text: str) -> None:
    content = with_text(content_of(3, 2), text)

    async def once() -> bytes:
        printer = SheetPrinter()
        try:
            return await printer.pdf(content, final_print(content), {}, CONFIRMED_US)
        finally:
            printer.close()

    assert asyncio.run(once()).startswith(b"%PDF")


async def test_template_cannot_read_outside_its_folder(tmp_path: Path) -> None:
    template = tmp_path / "templates" / "spy"
    template.mkdir(parents=True)
    for source in ('#read("/etc/hostname")', '#read("../../secret")', '#import "@preview/cetz:0.3.0"'):
        (template / "main.typ").write_text(source)
        (tmp_path / "templates" / "secret").write_text("secret")
        typesetter = Typesetter(templates=tmp_path / "templates")
        with pytest.raises(Exception, match=r"not found|access|root|package|network|denied|escape|outside|load"):
            await typesetter.pdf(Job(template="spy", entry="main.typ", data="{}"))
        typesetter.close()


async def test_too_many_prints_at_once_are_refused_not_queued_for_ever() -> None:
    content = content_of()
    printer = SheetPrinter()
    marks = [msgspec.structs.replace(draft_print(content), printed=str(n)) for n in range(WORKERS + WAITING + 3)]
    results = await asyncio.gather(*(printer.pdf(content, mark, {}, 0) for mark in marks), return_exceptions=True)
    assert sum(isinstance(result, Overloaded) for result in results) == 3
    assert sum(isinstance(result, bytes) for result in results) == WORKERS + WAITING
    printer.close()


async def test_all_pages_asked_for_at_once_are_set_once(printer: SheetPrinter) -> None:
    content = content_of()
    asked = [printer.pages(content, draft_print(content), {}, 72) for _ in range(WORKERS + WAITING + 5)]
    results = await asyncio.gather(*asked)
    assert all(pages is results[0] for pages in results)


@pytest.mark.skipif(not shutil.which("zbarimg"), reason="needs a QR reader (zbar-tools)")
async def test_qr_picture_on_paper_leads_to_the_verification_page(printer: SheetPrinter, tmp_path: Path) -> None:
    content = content_of()
    marks = final_print(content)
    pages = await printer.pages(content, marks, {}, 150)
    found = []
    for number, page in enumerate(pages):
        path = tmp_path / f"{number}.png"
        path.write_bytes(page)
        reader = await asyncio.create_subprocess_exec("zbarimg", "-q", "--raw", str(path), stdout=subprocess.PIPE)
        found += (await reader.communicate())[0].decode().split()
    assert found == [marks.verify_url]

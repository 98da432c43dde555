"""The roll as a workbook for people. Cells can never become formulas. (The lists of evidence are CSV: server/ledger/bundle/tables.py.)"""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from server.sheet import vietnamese as vi
from server.sheet.content import AttendanceLine, Info

Cell = str | int
ROLL_COLUMNS = (
    ("TT", 5), ("Họ và tên", 30), ("Mã HV", 14), ("Đơn vị", 34), ("Vào lần đầu", 12), ("Ra lần cuối", 12),
    ("Có mặt (phút)", 13), ("Gián đoạn", 10), ("Trả lời điểm danh", 16), ("Camera (%)", 11), ("Máy đề xuất", 12),
    ("Kết quả xác nhận", 16), ("Tiết vắng P/K", 13), ("Ghi chú", 44),
)  # fmt: skip


def roll_cells(lines: Sequence[AttendanceLine]) -> list[list[Cell]]:
    """Appendix 1 as rows, in the order of `ROLL_COLUMNS`."""
    return [
        [line.no, line.name, line.code, line.unit, line.first_in, line.last_out, line.minutes, int(line.gaps),
         line.roll_calls, int(line.camera), line.machine, line.final, line.absent, line.note]
        for line in lines
    ]  # fmt: skip


def roll_xlsx(lines: Sequence[AttendanceLine], info: Info, number: str) -> bytes:
    """The roll as a workbook for people: heading, frozen head row, filter. Texts are written as texts, whatever they begin with."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": "Danh sách điểm danh", "subject": number, "created": vi.EPOCH})
        page = book.add_worksheet("Điểm danh")
        bold = book.add_format({"bold": True, "font_name": "Times New Roman", "font_size": 13})
        plain = book.add_format({"font_name": "Times New Roman", "font_size": 11, "border": 1, "valign": "vcenter"})
        wrapped = book.add_format(
            {"font_name": "Times New Roman", "font_size": 11, "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        head = book.add_format(
            {"font_name": "Times New Roman", "font_size": 11, "border": 1, "bold": True, "align": "center",
             "valign": "vcenter", "text_wrap": True, "bg_color": "#EFECE6"}
        )  # fmt: skip
        page.write_string(0, 0, "DANH SÁCH ĐIỂM DANH", bold)
        page.write_string(1, 0, f"Lớp {info.cohort} · {info.topic} · {info.date}, buổi {info.session} · {number}", bold)
        for column, (name, width) in enumerate(ROLL_COLUMNS):
            page.set_column(column, column, width)
            page.write_string(3, column, name, head)
        for row, cells in enumerate(roll_cells(lines), 4):
            for column, cell in enumerate(cells):
                if isinstance(cell, int):
                    page.write_number(row, column, cell, plain)
                else:
                    page.write_string(row, column, cell, wrapped if column in (3, 13) else plain)
        page.freeze_panes(4, 2)
        page.autofilter(3, 0, 3 + max(1, len(lines)), len(ROLL_COLUMNS) - 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(3)
    return out.getvalue()

"""The people of the demonstration school. All invented; the names show what Vietnamese lists hold: equal given names, one-letter middle
names, names of several peoples, long ones."""

from __future__ import annotations

from dataclasses import dataclass

from server.school.names import folded, name_key, split_name


@dataclass(frozen=True)
class DemoPerson:
    """`key` is the word that the links use; `login` what is typed at sign-in."""

    key: str
    login: str
    name: str
    title: str
    code: str
    unit: str


OFFICE = "Phòng Quản lý đào tạo, bồi dưỡng và nghiên cứu khoa học"
LAW = "Khoa Nhà nước và pháp luật"
PARTY = "Khoa Xây dựng Đảng"
THEORY = "Khoa Lý luận cơ sở"
DEPARTMENTS = {OFFICE: "phong", LAW: "khoa", PARTY: "khoa", THEORY: "khoa", "Ban Giám hiệu": "phong"}

STAFF: tuple[DemoPerson, ...] = (
    DemoPerson("lecturer", "huong.tran", "Trần Thị Thu Hương", "TS.", "GV-014", LAW),
    DemoPerson("lecturer2", "inh.lo", "Lò Văn Inh", "ThS.", "GV-021", PARTY),
    DemoPerson("lecturer3", "khanh.phan", "Phan Nguyễn Hoàng Bảo Khanh", "ThS.", "GV-027", THEORY),
    DemoPerson("class_manager", "quyet.nguyen", "Nguyễn Văn Quyết", "ThS.", "CN-005", OFFICE),
    DemoPerson("training_office", "lien.hoang", "Hoàng Thị Bích Liên", "ThS.", "QL-001", OFFICE),
    DemoPerson("principal", "tuong.nguyen", "Nguyễn Hữu Tường", "TS.", "HT-001", "Ban Giám hiệu"),
    DemoPerson("administrator", "quantri", "Đỗ Minh Trí", "", "KT-002", OFFICE),
)

_SENDING_UNITS = (
    "Đảng ủy xã Nậm Lang",
    "UBND xã Lũng Phiềng",
    "Hội Liên hiệp Phụ nữ huyện Sông Lam",
    "Đoàn Thanh niên xã Tân Hợp",
    "Mặt trận Tổ quốc xã Bản Mế",
    "HĐND phường Trung Giang",
    "Công an phường Hòa Bình",
    "Ban Chỉ huy quân sự xã Thanh Lâm",
    "Sở Nội vụ tỉnh Lam Giang",
    "Hội Nông dân xã Đồng Vân",
    "Trung tâm Y tế huyện Mường Sang",
    "Trường THCS Nguyễn Trãi, huyện Sông Lam",
)

_SIXTY = """
Đặng Thị Ngọc Ánh|Ngô Thành Đạt|Lê Hồng Ân|Giàng A Sử|Công Tằng Tôn Nữ Hoàng Uyên|Mạc Thị Xuân|Nguyễn Văn An|Trần Quốc An|Lò Thị An
Nguyễn Thị Vân Anh|Phạm Tuấn Anh|Hoàng Thị Mai Anh|Vũ Đức Anh|Lương Thanh Bình|Nguyễn Thị Bình|Chẩu Văn Cường|Nguyễn Mạnh Cường
Vàng Thị Dợ|Bùi Tiến Dũng|Trương Quang Dũng|Nguyễn Thùy Dương|Đinh Văn Đức|Phan Thị Hồng Gấm|Hà Thị Thu Hà|Nguyễn Thị Hà|Triệu Thị Hằng
Nguyễn Hữu Hậu|Lê Thị Hiền|Nguyễn Trung Hiếu|Hoàng Văn Hòa|Phùng Thị Huệ|Đỗ Mạnh Hùng|Nguyễn Văn Hùng|Cao Xuân Hùng|Nguyễn Thị Lan Hương
Sùng A Khua|Trần Đăng Khoa|Vi Văn Kiên|Ksor H'Lan|Nguyễn Thị Phương Lan|Nông Thị Liễu|Nguyễn Hoàng Long|Tạ Thị Luyến|Đào Thị Lý
Lù Văn Mạnh|Vàng Thị Mỷ|Nguyễn Thị Nga|Quàng Văn Nghĩa|Y Bhăm Niê|Lý Thị Oanh|Phan Văn Phúc|Nguyễn Thị Quỳnh|Thạch Sô Phia|Đàm Văn Sơn
Nguyễn Ngọc Sơn|Hồ Thị Thảo|Trịnh Công Thắng|Nguyễn Thị Thúy|Đoàn Thị Ý|Nguyễn Hải Yến
"""
_TWENTY_FIVE = """
Nguyễn Văn Bằng|Giàng Thị Chư|Lê Văn Chiến|Lò Văn Diên|Đỗ Thị Duyên|Nguyễn Đình Đại|Trần Thị Giang|Hoàng A Hờ|Nguyễn Thị Hoa|Phạm Văn Hưng
Điêu Chính Khải|Vũ Thị Lành|Tòng Văn Lưu|Nguyễn Thị Mai|Hà Văn Nam|Sùng Thị Nhia|Đặng Văn Phong|Nguyễn Thị Sen|Cầm Văn Sương|Bế Văn Tài
Nguyễn Văn Thành|Mùa A Thào|Lường Thị Tươi|Trần Văn Việt|Nguyễn Xuân Vinh
"""


def _names(text: str) -> list[str]:
    return [name for row in text.split("\n") for name in row.split("|") if name]


def _students(names: list[str], prefix: str, code: str, first: int) -> tuple[DemoPerson, ...]:
    """Keys in the order of the list, student numbers in the order of the alphabet, as a school gives them."""
    numbers = {name: no for no, name in enumerate(sorted(names, key=name_key), start=1)}
    return tuple(
        DemoPerson(
            key=f"{prefix}{index}",
            login=f"{code.lower()}-{numbers[name]:02d}",
            name=name,
            title="",
            code=f"{code}-{numbers[name]:02d}",
            unit=_SENDING_UNITS[(index * 5 + len(folded(split_name(name).ten))) % len(_SENDING_UNITS)],
        )
        for index, name in enumerate(names, start=first)
    )


LARGE_COHORT = _students(_names(_SIXTY), "student", "K45B2", 1)
SMALL_COHORT = _students(_names(_TWENTY_FIVE), "student", "BDCX11", len(LARGE_COHORT) + 1)
SENDING_UNITS = _SENDING_UNITS

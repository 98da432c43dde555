"""The rows of the demonstration school: its plan as the database holds it. Deterministic: the same seed, the same ids."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from server.clock import SCHOOL_TZ, from_micros
from server.school.cap import ProgrammeKind, require_cap
from server.school.names import folded, split_name
from server.school.permissions import Role, Scope
from server.school.plan import PlannedPeriod
from server.school.policy import first_parameters
from server.services.demo_people import DEPARTMENTS, LARGE_COHORT, SENDING_UNITS, SMALL_COHORT, STAFF, DemoPerson
from server.services.demo_plan import DemoPlan

Row = dict[str, Any]
#: People of the demonstration sign in with it, on the loopback address only.
DEMO_PASSWORD = "giang-duong-demo"  # noqa: S105 - of invented people; app.py refuses to serve them to others

NOTICE_VI = (
    "Buổi học được ghi hình, ghi âm; hệ thống lưu thời gian vào, ra lớp, tin nhắn và ảnh chụp màn hình lớp học làm minh chứng "
    "cho Phiếu theo dõi giảng dạy và học tập trực tuyến. Dữ liệu chỉ dùng cho quản lý đào tạo, do nhà trường lưu giữ, "
    "không chuyển ra ngoài, không nhận dạng khuôn mặt. Học viên có quyền xem dữ liệu điểm danh của mình và đề nghị sửa. "
    "Không trao đổi nội dung thuộc bí mật nhà nước trong lớp học này."
)
NOTICE_EN = (
    "The lesson is recorded in sound and picture. The times at which you enter and leave, messages and pictures of the classroom "
    "are kept as evidence for the lesson's tracking sheet. The data serve the school's teaching records only, stay with the school, "
    "leave it for nobody and are never used to recognise faces. You may see your own attendance data and ask for corrections. "
    "State secrets must not be discussed in this classroom."
)
PURPOSES = ("hoc_tap", "ghi_hinh", "anh_chup_minh_chung")

_UNITS_OF_COURSE = {
    "large": (
        (
            "Nhà nước và pháp luật Việt Nam",
            96,
            (
                "Nhà nước pháp quyền xã hội chủ nghĩa Việt Nam",
                "Chính quyền địa phương và tổ chức bộ máy ở cấp xã",
                "Quy chế làm việc và thủ tục hành chính ở cơ sở",
            ),
        ),
        (
            "Kỹ năng lãnh đạo, quản lý và nghiệp vụ công tác của cán bộ cơ sở",
            88,
            (
                "Phong cách lãnh đạo của cán bộ chủ chốt cấp cơ sở",
                "Phân loại quyết định lãnh đạo, quản lý",
                "Kỹ năng ra và tổ chức thực hiện quyết định của cán bộ cấp cơ sở",
                "Kỹ năng xử lý tình huống chính trị – xã hội",
                "Công tác dân vận của hệ thống chính trị ở cơ sở",
            ),
        ),
    ),
    "small": (
        (
            "Nghiệp vụ công tác đảng ở chi bộ",
            60,
            (
                "Nghiệp vụ công tác bí thư chi bộ thôn, bản",
                "Sinh hoạt chi bộ và ra nghị quyết của chi bộ",
                "Công tác kiểm tra, giám sát của chi bộ",
            ),
        ),
    ),
}
TOPIC_PERIODS = 8


def demo_id(*parts: object) -> str:
    """An id from what it names, as UUIDv8 (RFC 9562 §5.8)."""
    digest = hashlib.sha256(":".join(map(str, ("giangduong-demo", *parts))).encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) & ~(0b11 << 62) | (0x8 << 76) | (0b10 << 62)
    return str(uuid.UUID(int=value))


SCHOOL = demo_id("school")
LARGE = demo_id("cohort", "large")
SMALL = demo_id("cohort", "small")


def person_id(who: str) -> str:
    return demo_id("person", who)


def enrolment_id(who: str) -> str:
    return demo_id("enrolment", who)


def topic_id(cohort: str, course_unit: int, no: int) -> str:
    return demo_id("topic", cohort, course_unit, no)


def people() -> tuple[DemoPerson, ...]:
    return STAFF + LARGE_COHORT + SMALL_COHORT


def school_rows(now_us: int, password_hash: str, plan: DemoPlan) -> dict[str, list[Row]]:
    """Everything but the lessons."""
    since_us = now_us - 60 * 86_400 * 1_000_000
    parameters = {
        name: {"value": plan.policy.get(name, value.value), "can_cu": value.can_cu}
        for name, value in first_parameters().items()
    }
    return {
        "school": [
            {
                "id": SCHOOL,
                "name": "Trường Chính trị tỉnh Lam Giang",
                "parent_org": "Tỉnh ủy Lam Giang",
                "doc_style": "dang",
                "code": "TCT",
                "place_name": "Lam Giang",
                "created_us": since_us,
                "demo": True,
            }
        ],
        "policy_set": [
            {
                "school_id": SCHOOL,
                "version": 1,
                "effective_us": since_us,
                "approved_by": "Hiệu trưởng",
                "reference": "Quy chế đào tạo, bồi dưỡng trực tuyến (bản minh họa)",
                "parameters": parameters,
            }
        ],
        "notice": [
            {
                "school_id": SCHOOL,
                "version": 1,
                "text_vi": NOTICE_VI,
                "text_en": NOTICE_EN,
                "purposes": list(PURPOSES),
                "basis": "Đồng ý của học viên",
            }
        ],
        "unit": _units(),
        "person": [_person(person) for person in people()],
        "account": [_account(person, since_us, password_hash) for person in people()],
        "role_grant": [_grant(person.key, *grant, since_us) for person in people() for grant in _grants(person.key)],
        **_programmes(since_us),
        "enrolment": [
            _enrolment(person, cohort, since_us)
            for cohort, students in ((LARGE, LARGE_COHORT), (SMALL, SMALL_COHORT))
            for person in students
        ],
    }


def _units() -> list[Row]:
    kinds = DEPARTMENTS | dict.fromkeys(SENDING_UNITS, "co_quan")
    return [
        {"id": demo_id("unit", name), "school_id": SCHOOL, "name": name, "kind": kind} for name, kind in kinds.items()
    ]


def _person(person: DemoPerson) -> Row:
    name = split_name(person.name)
    return {
        "id": person_id(person.key),
        "school_id": SCHOOL,
        "ho_dem": name.ho_dem,
        "ten": name.ten,
        "full_name": name.full_name,
        "search_name": folded(name.full_name),
        "title": person.title,
        "code": person.code,
        "unit_id": demo_id("unit", person.unit),
    }


def _account(person: DemoPerson, since_us: int, password_hash: str) -> Row:
    return {
        "id": demo_id("account", person.key),
        "school_id": SCHOOL,
        "person_id": person_id(person.key),
        "login": person.login,
        "password_hash": password_hash,
        "status": "active",
        "created_us": since_us,
    }


def _grants(who: str) -> Iterable[tuple[Role, Scope, str]]:
    if who.startswith("student"):
        is_large = int(who.removeprefix("student")) <= len(LARGE_COHORT)
        return [(Role.STUDENT, Scope.COHORT, LARGE if is_large else SMALL)]
    if who.startswith("lecturer"):
        return [(Role.LECTURER, Scope.SCHOOL, SCHOOL)]
    if who == "class_manager":
        return [(Role.CLASS_MANAGER, Scope.COHORT, LARGE), (Role.CLASS_MANAGER, Scope.COHORT, SMALL)]
    return [(Role(who), Scope.SCHOOL, SCHOOL)]


def _grant(who: str, role: Role, kind: Scope, scope_id: str, since_us: int) -> Row:
    return {
        "id": demo_id("grant", who, role, scope_id),
        "account_id": demo_id("account", who),
        "role": role.value,
        "scope_kind": kind.value,
        "scope_id": scope_id,
        "granted_us": since_us,
    }


def _enrolment(person: DemoPerson, cohort: str, since_us: int) -> Row:
    return {
        "id": enrolment_id(person.key),
        "cohort_id": cohort,
        "person_id": person_id(person.key),
        "student_no": person.code,
        "status": "dang_hoc",
        "from_us": since_us,
    }


def _programmes(since_us: int) -> dict[str, list[Row]]:
    programmes = (
        ("large", "Trung cấp lý luận chính trị", ProgrammeKind.DAO_TAO, 0, 1000),
        ("small", "Bồi dưỡng bí thư chi bộ và cấp ủy viên cơ sở", ProgrammeKind.BOI_DUONG, 3, 120),
    )
    cohorts = (
        ("large", LARGE, "K45.B2", "Trung cấp lý luận chính trị K45.B2", "khong_tap_trung"),
        ("small", SMALL, "BD-CX 11", "Bồi dưỡng bí thư chi bộ khóa 11", "tap_trung"),
    )
    rows: dict[str, list[Row]] = {
        "programme": [],
        "course_unit": [],
        "topic": [],
        "online_plan": [],
        "online_plan_row": [],
    }
    for key, name, kind, weeks, total in programmes:
        programme = demo_id("programme", key)
        rows["programme"].append(
            {
                "id": programme,
                "school_id": SCHOOL,
                "name": name,
                "kind": kind.value,
                "duration_weeks": weeks,
                "total_periods": total,
            }
        )
        topics = []
        for no, (title, periods, names) in enumerate(_UNITS_OF_COURSE[key], start=1):
            unit = demo_id("course_unit", key, no)
            rows["course_unit"].append(
                {
                    "id": unit,
                    "programme_id": programme,
                    "no": no,
                    "name": title,
                    "periods": periods,
                    "exam_form": "tu_luan",
                }
            )
            for topic_no, topic in enumerate(names, start=1):
                topics.append(topic_id(key, no, topic_no))
                rows["topic"].append(
                    {
                        "id": topics[-1],
                        "course_unit_id": unit,
                        "no": topic_no,
                        "name": topic,
                        "periods": TOPIC_PERIODS,
                    }
                )
        require_cap(kind, weeks, total, TOPIC_PERIODS * len(topics))
        plan = demo_id("online_plan", key)
        rows["online_plan"].append(
            {
                "id": plan,
                "cohort_id": LARGE if key == "large" else SMALL,
                "state": "approved",
                "decision": _document("214-QĐ/TCT", "Trường Chính trị tỉnh Lam Giang", since_us),
                "ground": "bat_kha_khang" if kind is ProgrammeKind.DAO_TAO else "chi_dao_cap_co_tham_quyen",
                "consents": _consents(since_us) if kind is ProgrammeKind.DAO_TAO else [],
            }
        )
        rows["online_plan_row"] += [
            {"plan_id": plan, "topic_id": topic, "online_periods": TOPIC_PERIODS} for topic in topics
        ]
    rows["cohort"] = [
        {
            "id": cohort_id,
            "programme_id": demo_id("programme", key),
            "code": code,
            "name": name,
            "mode": mode,
            "opened_reference": "Quyết định mở lớp (bản minh họa)",
            "class_manager_id": person_id("class_manager"),
        }
        for key, cohort_id, code, name, mode in cohorts
    ]
    return rows


def _document(number: str, issuer: str, at_us: int) -> Row:
    """A reference as the school's register holds it; the numbers are invented."""
    return {"so_ky_hieu": number, "ngay": f"{from_micros(at_us).astimezone(SCHOOL_TZ):%d/%m/%Y}", "co_quan": issuer}


def _consents(at_us: int) -> list[Row]:
    """đào tạo needs the word of the province's Party committee and of the Academy (R-4.1)."""
    return [
        _document("97-CV/TU", "Tỉnh ủy Lam Giang", at_us),
        _document("1186-CV/HVCTQG", "Học viện Chính trị quốc gia Hồ Chí Minh", at_us),
    ]


def lesson_rows(
    key: str,
    cohort: str,
    topic: str,
    lecturer: str,
    day: str,
    session: str,
    periods: tuple[PlannedPeriod, ...],
    now_us: int,
    version: int = 1,
) -> dict[str, list[Row]]:
    """One published row of the timetable with its lesson, scheduled."""
    lesson = demo_id("lesson", key)
    timetable_row = demo_id("timetable_row", key)
    return {
        "timetable_row": [
            {
                "id": timetable_row,
                "cohort_id": cohort,
                "topic_id": topic,
                "lecturer_id": person_id(lecturer),
                "day": day,
                "session": session,
                "mode": "truc_tuyen",
                "version": version,
                "published_us": now_us - 7 * 86_400 * 1_000_000,
            }
        ],
        "lesson": [
            {
                "id": lesson,
                "school_id": SCHOOL,
                "timetable_row_id": timetable_row,
                "cohort_id": cohort,
                "topic_id": topic,
                "lecturer_id": person_id(lecturer),
                "kind": "len_lop",
                "room_code": demo_id("room", key)[:8].upper(),
                "day": day,
                "start_us": periods[0].start_us,
                "end_us": periods[-1].end_us,
                "state": "scheduled",
            }
        ],
        "lesson_period": [
            {"lesson_id": lesson, "no": p.no, "start_us": p.start_us, "end_us": p.end_us} for p in periods
        ],
    }

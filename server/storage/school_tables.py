"""Tables of the school's plan: who learns what, when, by which rules. Rows that people see are never deleted, they end."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from server.storage.metadata import metadata

ID = String(36)

school = Table(
    "school",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(256), nullable=False),
    Column("parent_org", String(256), nullable=False),
    Column("doc_style", String(16), nullable=False),
    Column("code", String(32), nullable=False),
    Column("place_name", String(128), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("demo", Boolean, nullable=False, default=False),
    CheckConstraint("doc_style IN ('dang', 'nha_nuoc')", name="doc_style"),
)

policy_set = Table(
    "policy_set",
    metadata,
    Column("school_id", ID, ForeignKey("school.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("effective_us", BigInteger, nullable=False),
    Column("approved_by", String(256), nullable=False),
    Column("reference", String(256), nullable=False),
    Column("parameters", JSON, nullable=False),
)

unit = Table(
    "unit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school_id", ID, ForeignKey("school.id"), nullable=False, index=True),
    Column("name", String(256), nullable=False),
    Column("kind", String(16), nullable=False),
    CheckConstraint("kind IN ('phong', 'khoa', 'co_quan')", name="kind"),
)

person = Table(
    "person",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school_id", ID, ForeignKey("school.id"), nullable=False, index=True),
    Column("ho_dem", String(128), nullable=False),
    Column("ten", String(64), nullable=False),
    Column("full_name", String(192), nullable=False),
    Column("search_name", String(192), nullable=False),
    Column("title", String(32), nullable=False, default=""),
    Column("code", String(32), nullable=False, default=""),
    Column("unit_id", ID, ForeignKey("unit.id"), nullable=True),
)

programme = Table(
    "programme",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school_id", ID, ForeignKey("school.id"), nullable=False, index=True),
    Column("name", String(256), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("duration_weeks", Integer, nullable=False),
    Column("total_periods", Integer, nullable=False),
    CheckConstraint("kind IN ('dao_tao', 'boi_duong')", name="kind"),
    CheckConstraint("total_periods > 0", name="total_periods"),
)

course_unit = Table(
    "course_unit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("programme_id", ID, ForeignKey("programme.id"), nullable=False, index=True),
    Column("no", Integer, nullable=False),
    Column("name", String(256), nullable=False),
    Column("periods", Integer, nullable=False),
    Column("exam_form", String(16), nullable=False),
    UniqueConstraint("programme_id", "no"),
)

topic = Table(
    "topic",
    metadata,
    Column("id", ID, primary_key=True),
    Column("course_unit_id", ID, ForeignKey("course_unit.id"), nullable=False, index=True),
    Column("no", Integer, nullable=False),
    Column("name", String(256), nullable=False),
    Column("periods", Integer, nullable=False),
    UniqueConstraint("course_unit_id", "no"),
)

cohort = Table(
    "cohort",
    metadata,
    Column("id", ID, primary_key=True),
    Column("programme_id", ID, ForeignKey("programme.id"), nullable=False, index=True),
    Column("code", String(32), nullable=False),
    Column("name", String(256), nullable=False),
    Column("mode", String(24), nullable=False),
    Column("opened_reference", String(256), nullable=False),
    Column("class_manager_id", ID, ForeignKey("person.id"), nullable=True),
    UniqueConstraint("programme_id", "code"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", ID, primary_key=True),
    Column("cohort_id", ID, ForeignKey("cohort.id"), nullable=False),
    Column("person_id", ID, ForeignKey("person.id"), nullable=False, index=True),
    Column("student_no", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("to_us", BigInteger, nullable=True),
    UniqueConstraint("cohort_id", "person_id", "from_us"),
)

leave_request = Table(
    "leave_request",
    metadata,
    Column("id", ID, primary_key=True),
    Column("enrolment_id", ID, ForeignKey("enrolment.id"), nullable=False, index=True),
    Column("from_us", BigInteger, nullable=False),
    Column("to_us", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("submitted_us", BigInteger, nullable=False),
    Column("decided_by", ID, nullable=True),
    Column("decided_us", BigInteger, nullable=True),
    CheckConstraint("state IN ('nhap', 'da_gui', 'duyet', 'tu_choi', 'huy')", name="state"),
    CheckConstraint("to_us > from_us", name="span"),
)

online_plan = Table(
    "online_plan",
    metadata,
    Column("id", ID, primary_key=True),
    Column("cohort_id", ID, ForeignKey("cohort.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("decision", JSON, nullable=False),
    Column("ground", String(48), nullable=False),
    Column("consents", JSON, nullable=False),
    CheckConstraint("state IN ('draft', 'checked', 'approved', 'superseded')", name="state"),
)

online_plan_row = Table(
    "online_plan_row",
    metadata,
    Column("plan_id", ID, ForeignKey("online_plan.id"), primary_key=True),
    Column("topic_id", ID, ForeignKey("topic.id"), primary_key=True),
    Column("online_periods", Integer, nullable=False),
    CheckConstraint("online_periods >= 0", name="online_periods"),
)

timetable_row = Table(
    "timetable_row",
    metadata,
    Column("id", ID, primary_key=True),
    Column("cohort_id", ID, ForeignKey("cohort.id"), nullable=False),
    Column("topic_id", ID, ForeignKey("topic.id"), nullable=False),
    Column("lecturer_id", ID, ForeignKey("person.id"), nullable=False),
    Column("day", String(10), nullable=False),
    Column("session", String(8), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_us", BigInteger, nullable=False),
    CheckConstraint("session IN ('sang', 'chieu', 'toi')", name="session"),
    CheckConstraint("mode IN ('truc_tuyen', 'truc_tiep')", name="mode"),
    Index("ix_timetable_row_cohort_id_day", "cohort_id", "day"),
)

lesson = Table(
    "lesson",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school_id", ID, ForeignKey("school.id"), nullable=False),
    Column("timetable_row_id", ID, ForeignKey("timetable_row.id"), nullable=True),
    Column("cohort_id", ID, ForeignKey("cohort.id"), nullable=False, index=True),
    Column("topic_id", ID, ForeignKey("topic.id"), nullable=False),
    Column("lecturer_id", ID, ForeignKey("person.id"), nullable=False, index=True),
    Column("kind", String(24), nullable=False),
    Column("room_code", String(16), nullable=False, unique=True),
    Column("day", String(10), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_us", BigInteger, nullable=True),
    Column("started_us", BigInteger, nullable=True),
    Column("ended_us", BigInteger, nullable=True),
    Column("end_reason", String(16), nullable=True),
    Column("policy_version", Integer, nullable=True),
    CheckConstraint("end_us > start_us", name="span"),
    Index("ix_lesson_school_id_day", "school_id", "day"),
    Index("ix_lesson_state", "state"),
)

lesson_period = Table(
    "lesson_period",
    metadata,
    Column("lesson_id", ID, ForeignKey("lesson.id"), primary_key=True),
    Column("no", Integer, primary_key=True),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    CheckConstraint("end_us > start_us", name="span"),
)

notice = Table(
    "notice",
    metadata,
    Column("school_id", ID, ForeignKey("school.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("text_vi", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("purposes", JSON, nullable=False),
    Column("basis", String(256), nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("person.id"), nullable=False),
    Column("cohort_id", ID, ForeignKey("cohort.id"), nullable=False),
    Column("notice_version", Integer, nullable=False),
    Column("purposes", JSON, nullable=False),
    Column("given_us", BigInteger, nullable=False),
    Column("withdrawn_us", BigInteger, nullable=True),
    Column("lesson_id", ID, ForeignKey("lesson.id"), nullable=False),
    Index("ix_consent_person_id_cohort_id", "person_id", "cohort_id"),
)

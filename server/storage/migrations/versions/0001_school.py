"""The school, its plan, accounts and sessions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_school"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "school",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("parent_org", sa.String(length=256), nullable=False),
        sa.Column("doc_style", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("place_name", sa.String(length=128), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("doc_style IN ('dang', 'nha_nuoc')", name=op.f("ck_school_doc_style")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
    )
    op.create_table(
        "notice",
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_notice_school_id")),
        sa.PrimaryKeyConstraint("school_id", "version", name=op.f("pk_notice")),
    )
    op.create_table(
        "policy_set",
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_us", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=256), nullable=False),
        sa.Column("reference", sa.String(length=256), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_policy_set_school_id")),
        sa.PrimaryKeyConstraint("school_id", "version", name=op.f("pk_policy_set")),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("duration_weeks", sa.Integer(), nullable=False),
        sa.Column("total_periods", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('dao_tao', 'boi_duong')", name=op.f("ck_programme_kind")),
        sa.CheckConstraint("total_periods > 0", name=op.f("ck_programme_total_periods")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_programme_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_index(op.f("ix_programme_school_id"), "programme", ["school_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.CheckConstraint("kind IN ('phong', 'khoa', 'co_quan')", name=op.f("ck_unit_kind")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_unit_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_school_id"), "unit", ["school_id"], unique=False)
    op.create_table(
        "course_unit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("programme_id", sa.String(length=36), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("periods", sa.Integer(), nullable=False),
        sa.Column("exam_form", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_course_unit_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_unit")),
        sa.UniqueConstraint("programme_id", "no", name=op.f("uq_course_unit_programme_id_no")),
    )
    op.create_index(op.f("ix_course_unit_programme_id"), "course_unit", ["programme_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("ho_dem", sa.String(length=128), nullable=False),
        sa.Column("ten", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=192), nullable=False),
        sa.Column("search_name", sa.String(length=192), nullable=False),
        sa.Column("title", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_person_school_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_person_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_school_id"), "person", ["school_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'locked', 'expired')", name=op.f("ck_account_status")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_account_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("person_id", name=op.f("uq_account_person_id")),
    )
    op.create_table(
        "cohort",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("programme_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("opened_reference", sa.String(length=256), nullable=False),
        sa.Column("class_manager_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["class_manager_id"], ["person.id"], name=op.f("fk_cohort_class_manager_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_cohort_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort")),
        sa.UniqueConstraint("programme_id", "code", name=op.f("uq_cohort_programme_id_code")),
    )
    op.create_index(op.f("ix_cohort_programme_id"), "cohort", ["programme_id"], unique=False)
    op.create_table(
        "topic",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("course_unit_id", sa.String(length=36), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("periods", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_unit_id"], ["course_unit.id"], name=op.f("fk_topic_course_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("course_unit_id", "no", name=op.f("uq_topic_course_unit_id_no")),
    )
    op.create_index(op.f("ix_topic_course_unit_id"), "topic", ["course_unit_id"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cohort_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("student_no", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("to_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_enrolment_cohort_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("cohort_id", "person_id", "from_us", name=op.f("uq_enrolment_cohort_id_person_id_from_us")),
    )
    op.create_index(op.f("ix_enrolment_person_id"), "enrolment", ["person_id"], unique=False)
    op.create_table(
        "online_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cohort_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("ground", sa.String(length=48), nullable=False),
        sa.Column("consents", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'checked', 'approved', 'superseded')", name=op.f("ck_online_plan_state")
        ),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_online_plan_cohort_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_online_plan")),
    )
    op.create_index(op.f("ix_online_plan_cohort_id"), "online_plan", ["cohort_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("scope_kind", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=36), nullable=False),
        sa.Column("granted_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("scope_kind IN ('school', 'cohort', 'lesson')", name=op.f("ck_role_grant_scope_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint(
            "account_id",
            "role",
            "scope_kind",
            "scope_id",
            "granted_us",
            name=op.f("uq_role_grant_account_id_role_scope_kind_scope_id_granted_us"),
        ),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index("ix_session_account_id", "session", ["account_id"], unique=False)
    op.create_table(
        "timetable_row",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cohort_id", sa.String(length=36), nullable=False),
        sa.Column("topic_id", sa.String(length=36), nullable=False),
        sa.Column("lecturer_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("session", sa.String(length=8), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode IN ('truc_tuyen', 'truc_tiep')", name=op.f("ck_timetable_row_mode")),
        sa.CheckConstraint("session IN ('sang', 'chieu', 'toi')", name=op.f("ck_timetable_row_session")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_timetable_row_cohort_id")),
        sa.ForeignKeyConstraint(["lecturer_id"], ["person.id"], name=op.f("fk_timetable_row_lecturer_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_timetable_row_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timetable_row")),
    )
    op.create_index("ix_timetable_row_cohort_id_day", "timetable_row", ["cohort_id", "day"], unique=False)
    op.create_table(
        "leave_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enrolment_id", sa.String(length=36), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("to_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("submitted_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('nhap', 'da_gui', 'duyet', 'tu_choi', 'huy')", name=op.f("ck_leave_request_state")
        ),
        sa.CheckConstraint("to_us > from_us", name=op.f("ck_leave_request_span")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_leave_request_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_request")),
    )
    op.create_index(op.f("ix_leave_request_enrolment_id"), "leave_request", ["enrolment_id"], unique=False)
    op.create_table(
        "lesson",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("school_id", sa.String(length=36), nullable=False),
        sa.Column("timetable_row_id", sa.String(length=36), nullable=True),
        sa.Column("cohort_id", sa.String(length=36), nullable=False),
        sa.Column("topic_id", sa.String(length=36), nullable=False),
        sa.Column("lecturer_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("room_code", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=True),
        sa.Column("started_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(length=16), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.CheckConstraint("end_us > start_us", name=op.f("ck_lesson_span")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_lesson_cohort_id")),
        sa.ForeignKeyConstraint(["lecturer_id"], ["person.id"], name=op.f("fk_lesson_lecturer_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_lesson_school_id")),
        sa.ForeignKeyConstraint(["timetable_row_id"], ["timetable_row.id"], name=op.f("fk_lesson_timetable_row_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_lesson_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
        sa.UniqueConstraint("room_code", name=op.f("uq_lesson_room_code")),
    )
    op.create_index(op.f("ix_lesson_cohort_id"), "lesson", ["cohort_id"], unique=False)
    op.create_index(op.f("ix_lesson_lecturer_id"), "lesson", ["lecturer_id"], unique=False)
    op.create_index("ix_lesson_school_id_day", "lesson", ["school_id", "day"], unique=False)
    op.create_index("ix_lesson_state", "lesson", ["state"], unique=False)
    op.create_table(
        "online_plan_row",
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("topic_id", sa.String(length=36), nullable=False),
        sa.Column("online_periods", sa.Integer(), nullable=False),
        sa.CheckConstraint("online_periods >= 0", name=op.f("ck_online_plan_row_online_periods")),
        sa.ForeignKeyConstraint(["plan_id"], ["online_plan.id"], name=op.f("fk_online_plan_row_plan_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_online_plan_row_topic_id")),
        sa.PrimaryKeyConstraint("plan_id", "topic_id", name=op.f("pk_online_plan_row")),
    )
    op.create_table(
        "refresh_token",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("issued_us", sa.BigInteger(), nullable=False),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_refresh_token_session_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_session_id"), "refresh_token", ["session_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("cohort_id", sa.String(length=36), nullable=False),
        sa.Column("notice_version", sa.Integer(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_us", sa.BigInteger(), nullable=True),
        sa.Column("lesson_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_consent_cohort_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_consent_lesson_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_person_id_cohort_id", "consent", ["person_id", "cohort_id"], unique=False)
    op.create_table(
        "lesson_period",
        sa.Column("lesson_id", sa.String(length=36), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("end_us > start_us", name=op.f("ck_lesson_period_span")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_lesson_period_lesson_id")),
        sa.PrimaryKeyConstraint("lesson_id", "no", name=op.f("pk_lesson_period")),
    )


def downgrade() -> None:
    op.drop_table("lesson_period")
    op.drop_index("ix_consent_person_id_cohort_id", table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_refresh_token_session_id"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_table("online_plan_row")
    op.drop_index("ix_lesson_state", table_name="lesson")
    op.drop_index("ix_lesson_school_id_day", table_name="lesson")
    op.drop_index(op.f("ix_lesson_lecturer_id"), table_name="lesson")
    op.drop_index(op.f("ix_lesson_cohort_id"), table_name="lesson")
    op.drop_table("lesson")
    op.drop_index(op.f("ix_leave_request_enrolment_id"), table_name="leave_request")
    op.drop_table("leave_request")
    op.drop_index("ix_timetable_row_cohort_id_day", table_name="timetable_row")
    op.drop_table("timetable_row")
    op.drop_index("ix_session_account_id", table_name="session")
    op.drop_table("session")
    op.drop_table("role_grant")
    op.drop_index(op.f("ix_online_plan_cohort_id"), table_name="online_plan")
    op.drop_table("online_plan")
    op.drop_index(op.f("ix_enrolment_person_id"), table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_index(op.f("ix_topic_course_unit_id"), table_name="topic")
    op.drop_table("topic")
    op.drop_index(op.f("ix_cohort_programme_id"), table_name="cohort")
    op.drop_table("cohort")
    op.drop_table("account")
    op.drop_index(op.f("ix_person_school_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_course_unit_programme_id"), table_name="course_unit")
    op.drop_table("course_unit")
    op.drop_index(op.f("ix_unit_school_id"), table_name="unit")
    op.drop_table("unit")
    op.drop_index(op.f("ix_programme_school_id"), table_name="programme")
    op.drop_table("programme")
    op.drop_table("policy_set")
    op.drop_table("notice")
    op.drop_table("school")

// A lecturer's home: the lesson to teach next, the week, the sheets that wait.
import { ArrowRight, CalendarDays, Clock, Presentation, RadioTower, Send, Users } from "lucide-react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import { stretch } from "@/locales/when";
import { buttonClass } from "@/ui/Button";
import { Badge, Count, EmptyState } from "@/ui/Feedback";
import type { LessonCard } from "@/wire/protocol.gen";
import { dayWord, roughly, stateWord, timeRange } from "./lesson_words";
import { isOpen, nextLesson, sheetsToHandle } from "./timetable";
import { WeekGrid } from "./WeekGrid";

interface Props {
  lessons: readonly LessonCard[];
  nowMs: number;
}

export function LecturerHome({ lessons, nowMs }: Props) {
  return (
    <div className="teach">
      <NextTeaching lesson={nextLesson(lessons, nowMs)} nowMs={nowMs} />
      <WeekGrid lessons={lessons} nowMs={nowMs} />
      <Sheets lessons={sheetsToHandle(lessons, nowMs)} nowMs={nowMs} />
    </div>
  );
}

function NextTeaching({ lesson, nowMs }: { lesson: LessonCard | null; nowMs: number }) {
  const { t } = useText();
  if (!lesson) {
    return (
      <section className="card teach__hero">
        <EmptyState icon={CalendarDays} title={t("home.noLesson")}>
          {t("home.noLesson.detail")}
        </EmptyState>
      </section>
    );
  }
  const open = isOpen(lesson);
  const untilStart = lesson.start_us / 1000 - nowMs;
  return (
    <section className="card teach__hero" aria-labelledby="next-teaching">
      <div className="teach__words">
        <p className="teach__meta num">
          <Badge tone={open ? "ok" : "neutral"} icon={open ? RadioTower : CalendarDays}>
            {open && lesson.state === "lobby" ? t("home.ready") : stateWord(t, lesson)}
          </Badge>
          <span className="t-2">
            {[
              `${dayWord(t, lesson.start_us / 1000, nowMs)}, ${timeRange(lesson)}`,
              t("home.cohort", { code: lesson.cohort_code }),
              t("home.topicNo", { n: lesson.topic_no }),
            ].join(" · ")}
          </span>
        </p>
        <h2 id="next-teaching" className="t-title">
          {lesson.topic}
        </h2>
        <p className="teach__facts t-2 num">
          <span>
            <Users size={18} aria-hidden="true" />
            {t("home.insideShort", { present: lesson.present, enrolled: lesson.enrolled })}
          </span>
          <span>
            <Presentation size={18} aria-hidden="true" />
            {lesson.course_unit}
          </span>
        </p>
      </div>
      <div className="teach__enter">
        {lesson.may_join ? (
          <Link
            className={`${buttonClass("primary", "entry")} home__enter-link`}
            to={`/lessons/${lesson.id}`}
          >
            {t("home.enterTeaching")} <ArrowRight size={22} aria-hidden="true" />
          </Link>
        ) : (
          <Link className={buttonClass("primary", "large")} to="/device-check">
            {t("home.devices.run")}
          </Link>
        )}
        <p className="t-dense num">
          {untilStart > 86_400_000 ? (
            dayWord(t, lesson.start_us / 1000, nowMs)
          ) : untilStart > 0 ? (
            <>
              {t("home.startsIn")} <strong className="t-strong">{stretch(untilStart / 1000)}</strong>
            </>
          ) : (
            t(open && lesson.state !== "lobby" ? "home.startedAgo" : "home.lateBy", {
              time: stretch(-untilStart / 1000),
            })
          )}
        </p>
      </div>
    </section>
  );
}

function Sheets({ lessons, nowMs }: Props) {
  const { t } = useText();
  return (
    <section className="card teach__sheets" aria-labelledby="sheets">
      <div className="home__card-head">
        <h2 id="sheets" className="t-heading-2">
          {t("home.sheets")}
        </h2>
        <Count value={lessons.length} waiting={lessons.length > 0} />
      </div>
      {lessons.length === 0 ? (
        <p className="t-2 home__note">{t("home.sheets.none")}</p>
      ) : (
        <ul>
          {lessons.map((lesson) => (
            <SheetItem key={lesson.id} lesson={lesson} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </section>
  );
}

function SheetItem({ lesson, nowMs }: { lesson: LessonCard; nowMs: number }) {
  const { t } = useText();
  const dueMs = lesson.sheet_due_us === null ? null : lesson.sheet_due_us / 1000 - nowMs;
  const confirmed = lesson.sheet_state === "lecturer_confirmed";
  return (
    <li className="teach__sheet">
      <div className="home__card-head">
        {dueMs === null ? (
          <Badge icon={confirmed ? Send : Clock} tone="accent">
            {t(confirmed ? "home.sheet.lecturer_confirmed" : "home.sheet.draft")}
          </Badge>
        ) : (
          <Badge icon={Clock} tone={dueMs < 0 ? "bad" : "warn"}>
            {t(dueMs < 0 ? "home.sheets.overdue" : "home.sheets.left", { time: roughly(t, dueMs) })}
          </Badge>
        )}
        <span className="t-dense t-2 num">{dayWord(t, lesson.start_us / 1000, nowMs)}</span>
      </div>
      <p className="teach__sheet-name">{lesson.topic}</p>
      <div className="home__card-head">
        <span className="t-dense t-2">{lesson.cohort_code}</span>
        <Link
          className={buttonClass(confirmed ? "secondary" : "primary", "small")}
          to={`/lessons/${lesson.id}/sheet`}
        >
          {t(confirmed ? "home.sheets.send" : "home.sheets.sign")}
        </Link>
      </div>
    </li>
  );
}

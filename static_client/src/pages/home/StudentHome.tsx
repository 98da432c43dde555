// A student's home: the next lesson with its one big button, what follows, what can be caught up with, the device check.
import { ArrowRight, CalendarDays, PlayCircle, RadioTower } from "lucide-react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds, stretch } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { buttonClass } from "@/ui/Button";
import { Badge, EmptyState } from "@/ui/Feedback";
import type { LessonCard } from "@/wire/protocol.gen";
import { DeviceCard } from "./DeviceCard";
import { dayWord, lecturerWord, stateWord, timeRange } from "./lesson_words";
import { isOpen, laterLessons, nextLesson, pastLessons } from "./timetable";

interface Props {
  lessons: readonly LessonCard[];
  nowMs: number;
}

const LATER_SHOWN = 6;
const PAST_SHOWN = 5;

export function StudentHome({ lessons, nowMs }: Props) {
  const next = nextLesson(lessons, nowMs);
  return (
    <div className="home">
      <div className="home__main">
        <NextLesson lesson={next} nowMs={nowMs} />
        <Later lessons={laterLessons(lessons, nowMs).slice(0, LATER_SHOWN)} nowMs={nowMs} />
      </div>
      <div className="home__side">
        <DeviceCard />
        <Past lessons={pastLessons(lessons, nowMs).slice(0, PAST_SHOWN)} nowMs={nowMs} />
      </div>
    </div>
  );
}

function NextLesson({ lesson, nowMs }: { lesson: LessonCard | null; nowMs: number }) {
  const { t } = useText();
  if (!lesson) {
    return (
      <section className="card home__hero">
        <EmptyState
          icon={CalendarDays}
          title={t("home.noLesson")}
          action={
            <Link className={buttonClass("primary", "normal")} to="/device-check">
              {t("home.devices.run")}
            </Link>
          }
        >
          {t("home.noLesson.detail")}
        </EmptyState>
      </section>
    );
  }
  const open = isOpen(lesson);
  const meta = [
    `${dayWord(t, lesson.start_us / 1000, nowMs)}, ${timeRange(lesson)}`,
    t("home.periods", { n: lesson.periods.length }),
    t("home.cohort", { code: lesson.cohort_code }),
  ].join(" · ");
  return (
    <section className="card home__hero" aria-labelledby="next-lesson">
      <div className="home__hero-head">
        <Badge tone={open ? "accent" : "neutral"} icon={open ? RadioTower : CalendarDays}>
          {lesson.state === "live" ? t("home.opened") : stateWord(t, lesson)}
        </Badge>
        {open && (
          <span className="t-2 num">
            {t("home.inside", { present: lesson.present, enrolled: lesson.enrolled })}
          </span>
        )}
      </div>
      <p className="t-lead t-2 num">{meta}</p>
      <h2 id="next-lesson" className="t-lesson">
        {lesson.topic}
      </h2>
      <div className="home__lecturer">
        <Avatar id={lesson.lecturer} name={lesson.lecturer} size={40} />
        <div>
          <p className="home__lecturer-name">{lecturerWord(lesson)}</p>
          <p className="t-dense t-2">
            {lesson.course_unit} · {t("home.topicNo", { n: lesson.topic_no })}
          </p>
        </div>
      </div>
      <div className="home__enter">
        <EnterLink lesson={lesson} />
        <Countdown lesson={lesson} nowMs={nowMs} />
      </div>
    </section>
  );
}

function EnterLink({ lesson }: { lesson: LessonCard }) {
  const { t } = useText();
  const to = `/lessons/${lesson.id}`;
  if (!lesson.may_join) {
    return (
      <Link className={buttonClass("primary", "large")} to="/device-check">
        {t("home.devices.run")}
      </Link>
    );
  }
  return (
    <Link className={`${buttonClass("primary", "entry")} home__enter-link`} to={to}>
      {t("home.enter")} <ArrowRight size={22} aria-hidden="true" />
    </Link>
  );
}

export function Countdown({ lesson, nowMs }: { lesson: LessonCard; nowMs: number }) {
  const { t } = useText();
  const startMs = lesson.start_us / 1000;
  const untilStart = startMs - nowMs;
  const words =
    untilStart > 86_400_000
      ? t("home.opensAt", { time: clock(lesson.opens_us / 1000) })
      : untilStart > 0
        ? `${t("home.startsIn")} ${stretch(untilStart / 1000)}`
        : t(isOpen(lesson) && lesson.state !== "lobby" ? "home.startedAgo" : "home.lateBy", {
            time: stretch(-untilStart / 1000),
          });
  return (
    <div className="num">
      <p className="t-heading-2">{words}</p>
      <p className="t-dense t-2">{t("home.serverTime", { time: clockWithSeconds(nowMs) })}</p>
    </div>
  );
}

function Later({ lessons, nowMs }: Props) {
  const { t } = useText();
  return (
    <section className="card home__list" aria-labelledby="later-lessons">
      <h2 id="later-lessons" className="t-heading-2">
        {t("home.next")}
      </h2>
      {lessons.length === 0 ? (
        <p className="t-2 home__row">{t("home.next.empty")}</p>
      ) : (
        <ul>
          {lessons.map((lesson) => (
            <li key={lesson.id} className="home__row">
              <span className="home__when num">
                <span>{dayWord(t, lesson.start_us / 1000, nowMs)}</span>
                <span className="t-dense t-2">{timeRange(lesson)}</span>
              </span>
              <span className="home__what">
                {lesson.may_join ? (
                  <Link to={`/lessons/${lesson.id}`}>{lesson.topic}</Link>
                ) : (
                  <span>{lesson.topic}</span>
                )}
                <span className="t-dense t-2">
                  {lecturerWord(lesson)} · {lesson.course_unit}
                </span>
              </span>
              <Badge>{t(lesson.kind === "onsite" ? "home.onsite" : "home.online")}</Badge>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Past({ lessons, nowMs }: Props) {
  const { t } = useText();
  return (
    <section className="card" aria-labelledby="past-lessons">
      <h2 id="past-lessons" className="t-heading-2">
        {t("home.past")}
      </h2>
      {lessons.length === 0 ? (
        <p className="t-2 home__note">{t("home.past.none")}</p>
      ) : (
        <ul className="home__past">
          {lessons.map((lesson) => {
            const Icon = lesson.has_recording ? PlayCircle : CalendarDays;
            return (
              <li key={lesson.id}>
                <Icon size={20} aria-hidden="true" />
                <span>
                  <span className="home__past-name">{lesson.topic}</span>
                  <span className="t-dense t-2 num">
                    {dayWord(t, lesson.start_us / 1000, nowMs)} · {timeRange(lesson)}
                  </span>
                  {lesson.has_recording && (
                    <Link to={`/lessons/${lesson.id}/recording`}>{t("home.past.recording")}</Link>
                  )}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

// The lecturer's week: days across, parts of the day down; an evening without lessons collapses.
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { clock, day, dayShort, isoDay, weekday } from "@/locales/when";
import { Button, IconButton } from "@/ui/Button";
import type { LessonCard } from "@/wire/protocol.gen";
import { isDone, isOpen, type PartOfDay, partOfDay, weekDays } from "./timetable";

interface Props {
  lessons: readonly LessonCard[];
  nowMs: number;
}

const PARTS: readonly PartOfDay[] = ["morning", "afternoon", "evening"];
/** The timetable is fetched two weeks back and three ahead. */
const FIRST_WEEK = -2;
const LAST_WEEK = 2;

export function WeekGrid({ lessons, nowMs }: Props) {
  const { t } = useText();
  const [shift, setShift] = useState(0);
  const sunday = weekDays(nowMs, shift, true)[6] ?? nowMs;
  const hasSunday = lessons.some((lesson) => isoDay(lesson.start_us / 1000) === isoDay(sunday));
  const days = weekDays(nowMs, shift, hasSunday);
  const week = lessons.filter((lesson) => days.some((at) => isoDay(at) === isoDay(lesson.start_us / 1000)));
  const range = `${dayShort(days[0] ?? nowMs)} – ${day(days.at(-1) ?? nowMs)}`;
  return (
    <section className="card week" aria-labelledby="week">
      <header className="home__card-head">
        <div className="week__title">
          <h2 id="week" className="t-heading-2">
            {t("home.week")}
          </h2>
          <span className="t-dense t-2 num">{t("home.week.count", { range, n: week.length })}</span>
        </div>
        <div className="week__steps">
          <IconButton
            icon={ChevronLeft}
            size="small"
            look="edge"
            label={t("home.week.prev")}
            aria-disabled={shift <= FIRST_WEEK}
            onClick={() => setShift(Math.max(FIRST_WEEK, shift - 1))}
          />
          <Button size="small" onClick={() => setShift(0)}>
            {t("home.week.this")}
          </Button>
          <IconButton
            icon={ChevronRight}
            size="small"
            look="edge"
            label={t("home.week.next")}
            aria-disabled={shift >= LAST_WEEK}
            onClick={() => setShift(Math.min(LAST_WEEK, shift + 1))}
          />
        </div>
      </header>
      <table className="week__grid">
        <thead>
          <tr>
            <td />
            {days.map((at) => (
              <th key={at} scope="col" data-today={isoDay(at) === isoDay(nowMs) || undefined}>
                <span className="t-dense">{t(`weekday.${weekday(at)}` as TextKey)}</span>
                <span className="week__day num">{dayShort(at)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {PARTS.map((part) => {
            const inPart = week.filter((lesson) => partOfDay(lesson.start_us) === part);
            return (
              <tr key={part} data-empty={inPart.length === 0 || undefined}>
                <th scope="row">{t(`home.${part}`)}</th>
                {days.map((at) => (
                  <td key={at} data-today={isoDay(at) === isoDay(nowMs) || undefined}>
                    {inPart
                      .filter((lesson) => isoDay(lesson.start_us / 1000) === isoDay(at))
                      .map((lesson) => (
                        <Slot key={lesson.id} lesson={lesson} nowMs={nowMs} />
                      ))}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Slot({ lesson, nowMs }: { lesson: LessonCard; nowMs: number }) {
  const { t } = useText();
  const open = isOpen(lesson);
  const done = isDone(lesson, nowMs);
  const look = open ? "open" : done ? "done" : lesson.kind === "onsite" ? "onsite" : "ahead";
  const first = lesson.periods[0]?.no ?? 1;
  const last = lesson.periods.at(-1)?.no ?? first;
  const foot = open
    ? t("home.slot.live", { present: lesson.present, enrolled: lesson.enrolled })
    : done
      ? t(`home.sheet.${lesson.sheet_state}` as TextKey)
      : t("home.slot.periods", { from: first, to: last });
  return (
    <Link
      className={`slot slot--${look}`}
      to={done ? `/lessons/${lesson.id}/sheet` : `/lessons/${lesson.id}`}
    >
      <span className="slot__head num">
        <span className="t-strong">{lesson.cohort_code}</span>
        <span>{clock(lesson.start_us / 1000)}</span>
      </span>
      <span className="slot__topic">{lesson.topic}</span>
      <span className="slot__foot num">{foot}</span>
    </Link>
  );
}

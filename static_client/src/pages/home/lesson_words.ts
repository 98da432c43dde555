// A lesson in words, the same on every card.
import type { Translate } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { clock, dayShort, isoDay, weekday } from "@/locales/when";
import type { LessonCard } from "@/wire/protocol.gen";

/** "Hôm nay", "Ngày mai" or "T4 07/10". */
export function dayWord(t: Translate, atMs: number, nowMs: number): string {
  if (isoDay(atMs) === isoDay(nowMs)) return t("home.today");
  if (isoDay(atMs) === isoDay(nowMs + 86_400_000)) return t("home.tomorrow");
  return `${t(`weekdayShort.${weekday(atMs)}` as TextKey)} ${dayShort(atMs)}`;
}

/** "07:30 – 10:45". */
export function timeRange(lesson: LessonCard): string {
  return `${clock(lesson.start_us / 1000)} – ${clock(lesson.end_us / 1000)}`;
}

/** "TS. Trần Thị Thu Hương". */
export function lecturerWord(lesson: LessonCard): string {
  return [lesson.lecturer_title, lesson.lecturer].filter(Boolean).join(" ");
}

export function stateWord(t: Translate, lesson: LessonCard): string {
  if (lesson.state === "live") return t("home.live");
  if (lesson.state === "suspended") return t("home.suspended");
  if (lesson.state === "lobby") return t("home.lobby");
  return t("home.notYet");
}

/** "9 giờ 21 phút", "2 ngày": a distance nobody needs to the second. */
export function roughly(t: Translate, ms: number): string {
  const minutes = Math.max(0, Math.floor(Math.abs(ms) / 60_000));
  if (minutes >= 2 * 1440) return t("home.days", { n: Math.floor(minutes / 1440) });
  if (minutes >= 60) return t("home.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
  return t("home.minutes", { m: minutes });
}

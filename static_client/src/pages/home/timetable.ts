// What the timetable says at a moment: which lesson is next, what is past, how a week is laid out. Pure.
import { isoDay, weekday } from "@/locales/when";
import type { LessonCard } from "@/wire/protocol.gen";

const DAY_MS = 86_400_000;
/** The card of a lesson stays on top from this long before its start until its end. */
const OPEN_STATES: readonly string[] = ["lobby", "live", "suspended"];
const DONE_STATES: readonly string[] = ["ended", "sheet_open", "closed", "cancelled"];

export function isOpen(lesson: LessonCard): boolean {
  return OPEN_STATES.includes(lesson.state);
}

export function isDone(lesson: LessonCard, nowMs: number): boolean {
  return DONE_STATES.includes(lesson.state) || (!isOpen(lesson) && lesson.end_us / 1000 < nowMs);
}

export function nextLesson(lessons: readonly LessonCard[], nowMs: number): LessonCard | null {
  const ahead = upcoming(lessons, nowMs);
  return (
    ahead.find((lesson) => lesson.state === "live" || lesson.state === "suspended") ??
    ahead.find(isOpen) ??
    ahead[0] ??
    null
  );
}

export function laterLessons(lessons: readonly LessonCard[], nowMs: number): LessonCard[] {
  const next = nextLesson(lessons, nowMs);
  return upcoming(lessons, nowMs).filter((lesson) => lesson !== next);
}

export function pastLessons(lessons: readonly LessonCard[], nowMs: number): LessonCard[] {
  return lessons.filter((lesson) => isDone(lesson, nowMs)).sort((a, b) => b.start_us - a.start_us);
}

function upcoming(lessons: readonly LessonCard[], nowMs: number): LessonCard[] {
  return lessons.filter((lesson) => !isDone(lesson, nowMs)).sort((a, b) => a.start_us - b.start_us);
}

/** Sheets that wait for the lecturer, the most urgent first. */
export function sheetsToHandle(lessons: readonly LessonCard[], nowMs: number): LessonCard[] {
  return lessons
    .filter(
      (lesson) => isDone(lesson, nowMs) && lesson.my_role === "lecturer" && lesson.sheet_state !== "sent",
    )
    .filter((lesson) => lesson.state !== "cancelled" && lesson.sheet_state !== "none")
    .sort((a, b) => (a.sheet_due_us ?? a.end_us) - (b.sheet_due_us ?? b.end_us));
}

export type PartOfDay = "morning" | "afternoon" | "evening";

/** Morning until 12:00, afternoon until 17:30, in Vietnam. */
export function partOfDay(startUs: number): PartOfDay {
  const minutes = Math.floor(((startUs / 1000 + 7 * 3_600_000) % DAY_MS) / 60_000);
  if (minutes < 12 * 60) return "morning";
  return minutes < 17 * 60 + 30 ? "afternoon" : "evening";
}

/** Noon (Vietnam) of each day Monday … Saturday, and Sunday when `withSunday`, of the week `shift` weeks from now. */
export function weekDays(nowMs: number, shift: number, withSunday = false): number[] {
  const noon = Date.parse(`${isoDay(nowMs)}T12:00:00+07:00`);
  const monday = noon - (weekday(nowMs) - 1) * DAY_MS + shift * 7 * DAY_MS;
  return Array.from({ length: withSunday ? 7 : 6 }, (_, index) => monday + index * DAY_MS);
}

export function daysFrom(nowMs: number, days: number): string {
  return isoDay(nowMs + days * DAY_MS);
}

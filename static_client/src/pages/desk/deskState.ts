// The desk's picture of a day as a value: snapshot in, differences in, sorted lessons and what needs attention out.
import { compareNames } from "@/ui/names";
import type { AnyDeskPush, DeskLesson, DeskRow } from "@/wire/protocol.gen";

export interface DeskState {
  day: string | null;
  lessons: readonly DeskLesson[];
  /** Server time minus this browser's time, µs: clocks on screen follow the server. */
  skewUs: number;
}

export const emptyDesk: DeskState = { day: null, lessons: [], skewUs: 0 };

function sortedRows(rows: readonly DeskRow[]): DeskRow[] {
  return [...rows].sort((a, b) => compareNames(a.name, b.name) || (a.code < b.code ? -1 : 1));
}

function withRows(lesson: DeskLesson, changed: readonly DeskRow[]): DeskLesson {
  const byId = new Map(lesson.rows.map((row) => [row.enrolment, row]));
  for (const row of changed) byId.set(row.enrolment, row);
  return { ...lesson, rows: sortedRows([...byId.values()]) };
}

export function reduceDesk(state: DeskState, push: AnyDeskPush, nowUs: number): DeskState {
  if (push.t === "desk_snapshot") {
    const lessons = push.lessons
      .map((lesson) => ({ ...lesson, rows: sortedRows(lesson.rows) }))
      .sort((a, b) => a.start_us - b.start_us || (a.cohort_code < b.cohort_code ? -1 : 1));
    return { day: push.day, lessons, skewUs: push.server_time_us - nowUs };
  }
  const known = state.lessons.find((lesson) => lesson.id === push.lesson.id);
  const next = withRows({ ...push.lesson, rows: known?.rows ?? [] }, push.rows);
  const lessons = known
    ? state.lessons.map((lesson) => (lesson.id === next.id ? next : lesson))
    : [...state.lessons, next].sort((a, b) => a.start_us - b.start_us);
  return { ...state, lessons };
}

export type DeskFilter = "all" | "live" | "attention" | "not_started";

const LIVE_STATES = new Set(["live", "suspended"]);

export function isLive(lesson: DeskLesson): boolean {
  return LIVE_STATES.has(lesson.state);
}

export function isBefore(lesson: DeskLesson): boolean {
  return lesson.state === "scheduled" || lesson.state === "lobby";
}

/** Students of a running lesson who are not there and have no leave. */
export function missingOf(lesson: DeskLesson): DeskRow[] {
  return isLive(lesson) ? lesson.rows.filter((row) => row.state === "not_joined" && !row.on_leave) : [];
}

export function lostOf(lesson: DeskLesson): DeskRow[] {
  return isLive(lesson) ? lesson.rows.filter((row) => row.state === "lost") : [];
}

export function needsAttention(lesson: DeskLesson): boolean {
  return missingOf(lesson).length > 0 || lostOf(lesson).length > 0 || lesson.recording === "failed";
}

export function filterLessons(lessons: readonly DeskLesson[], filter: DeskFilter): DeskLesson[] {
  const keep: Record<DeskFilter, (lesson: DeskLesson) => boolean> = {
    all: () => true,
    live: isLive,
    attention: needsAttention,
    not_started: isBefore,
  };
  return lessons.filter(keep[filter]);
}

/** One thing for the class manager to do, most urgent first: lost people, then people who never came, then the recorder. */
export interface Task {
  kind: "lost" | "missing" | "recording";
  lesson: DeskLesson;
  rows: readonly DeskRow[];
  sinceUs: number;
}

export function tasksOf(lessons: readonly DeskLesson[]): Task[] {
  const tasks: Task[] = [];
  for (const lesson of lessons) {
    for (const row of lostOf(lesson)) {
      tasks.push({
        kind: "lost",
        lesson,
        rows: [row],
        sinceUs: row.segments.at(-1)?.from_us ?? lesson.start_us,
      });
    }
  }
  tasks.sort((a, b) => a.sinceUs - b.sinceUs);
  for (const lesson of lessons) {
    const missing = missingOf(lesson);
    if (missing.length > 0)
      tasks.push({ kind: "missing", lesson, rows: missing, sinceUs: lesson.started_us ?? lesson.start_us });
  }
  for (const lesson of lessons) {
    if (lesson.recording === "failed")
      tasks.push({ kind: "recording", lesson, rows: [], sinceUs: lesson.start_us });
  }
  return tasks;
}

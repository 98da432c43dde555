// Questions asked of the classroom's state by several components. Pure.

import { compareNames } from "@/ui/names";
import type { RosterEntry } from "@/wire/protocol.gen";
import type { RoomState } from "./state";

export type TileRole = "camera" | "screen";

export const isLecturer = (state: RoomState): boolean => state.role === "lecturer";
export const isStaff = (state: RoomState): boolean => state.role !== "student";

export function isHere(person: RosterEntry): boolean {
  return person.presence === "present" || person.presence === "lost";
}

export function lecturerOf(state: RoomState): RosterEntry | null {
  const all = Object.values(state.people).filter((person) => person.role === "lecturer");
  return all.find(isHere) ?? all[0] ?? null;
}

/** Students (and observers) in the order of a Vietnamese roster: by given name. */
export function byGivenName(people: readonly RosterEntry[]): RosterEntry[] {
  return [...people].sort((a, b) => compareNames(a.name, b.name));
}

export function handPlace(state: RoomState, participant: string): number {
  return state.hands.findIndex((hand) => hand.participant === participant) + 1;
}

/** Whose screen is shown: somebody else's first, so that nobody looks at their own by mistake. */
export function screenOwner(state: RoomState): RosterEntry | null {
  const sharing = Object.values(state.people).filter((person) => person.screen && isHere(person));
  return sharing.find((person) => person.role === "lecturer") ?? sharing[0] ?? null;
}

/** The receive slot in which a person's picture or sound arrives, if any. */
export function slotOf(state: RoomState, participant: string, role: string): string | null {
  return state.slots.find((slot) => slot.participant === participant && slot.role === role)?.mid ?? null;
}

/**
 * Order of the gallery: lecturer, self, then who spoke last, then by given name. `order` is the order shown before: a tile
 * moves only when it comes onto or leaves the page, so people do not jump about.
 */
export function galleryOrder(state: RoomState, before: readonly string[]): string[] {
  const here = Object.values(state.people).filter(
    (person) =>
      isHere(person) &&
      person.role !== "class_manager" &&
      person.role !== "observer" &&
      person.purpose !== "screen",
  );
  const ids = new Set(here.map((person) => person.participant));
  const lecturer = lecturerOf(state)?.participant;
  const cameras = here.filter((each) => each.role === "device").map((each) => each.participant);
  const first = [lecturer, ...cameras, state.me].filter(
    (id): id is string => id !== undefined && ids.has(id),
  );
  const kept = before.filter((id) => ids.has(id) && !first.includes(id));
  const fresh = byGivenName(here)
    .map((person) => person.participant)
    .filter((id) => !first.includes(id) && !kept.includes(id));
  return [...new Set([...first, ...kept, ...fresh])];
}

/** Moves speakers who are off the page onto it, in place of whoever on it has been silent. */
export function bringOntoPage(
  order: readonly string[],
  pageSize: number,
  speakers: readonly string[],
): string[] {
  const next = [...order];
  for (const speaker of speakers) {
    const at = next.indexOf(speaker);
    if (at < pageSize) continue;
    for (let i = pageSize - 1; i >= 2; i--) {
      const silent = next[i];
      if (silent !== undefined && !speakers.includes(silent)) {
        next[i] = speaker;
        next[at] = silent;
        break;
      }
    }
  }
  return next;
}

export interface PeriodNow {
  kind: "before" | "period" | "break" | "after";
  no: number;
  total: number;
  minutesLeft: number;
  nextUs: number;
}

/** Where the scheduled periods stand at `nowUs`; null without a schedule. */
export function periodAt(state: RoomState, nowUs: number): PeriodNow | null {
  const periods = state.lesson?.periods ?? [];
  const first = periods[0];
  if (!first) return null;
  const total = periods.length;
  if (nowUs < first.start_us)
    return { kind: "before", no: first.no, total, minutesLeft: 0, nextUs: first.start_us };
  for (const [index, period] of periods.entries()) {
    if (nowUs < period.start_us)
      return { kind: "break", no: index + 1, total, minutesLeft: 0, nextUs: period.start_us };
    if (nowUs < period.end_us) {
      const minutesLeft = Math.ceil((period.end_us - nowUs) / 60_000_000);
      return { kind: "period", no: index + 1, total, minutesLeft, nextUs: period.end_us };
    }
  }
  return { kind: "after", no: total, total, minutesLeft: 0, nextUs: 0 };
}

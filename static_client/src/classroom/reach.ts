// Whom this browser may be sent, as the server's matrix says (server/room/visibility.py): for words on tiles, never for what is sent. Pure.
import type { TextKey } from "@/locales/vi";
import type { RoomState } from "./state";

export interface Reach {
  sees: boolean;
  hears: boolean;
  /** Why not; null when both. */
  why: TextKey | null;
}

const ALL: Reach = { sees: true, hears: true, why: null };
const NONE = { sees: false, hears: false };

export function reach(state: RoomState, them: string): Reach {
  const { mode, aside } = state.visibility;
  if (them === state.me) return ALL;
  const [mine, theirs] = [aside.includes(state.me), aside.includes(them)];
  if (mine && theirs) return ALL;
  if (mine !== theirs) return { ...NONE, why: theirs ? "room.tile.apart.aside" : "room.tile.apart.outside" };
  if (state.role !== "student" || state.people[them]?.role !== "student") return ALL;
  if (state.lesson?.state === "lobby") return { ...NONE, why: "room.tile.apart.lobby" };
  if (mode === "exam") return { ...NONE, why: "room.tile.apart.exam" };
  if (mode === "staff_cameras" && !state.floor.includes(them))
    return { sees: false, hears: true, why: "room.tile.apart.staffCameras" };
  return ALL;
}

/** Whether somebody speaks whom this browser may hear. */
export function isHeard(state: RoomState, them: string): boolean {
  return state.speakers.includes(them) && reach(state, them).hears;
}

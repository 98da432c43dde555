// What prejoin hands to the classroom: the open devices and the choices made there. After a reload of the classroom only
// the choices are left, and joining goes on with the devices closed.
import { createContext, type ReactNode, useContext, useMemo, useRef } from "react";
import type { LocalMedia } from "@/call/local_media";
import type { Ticket } from "@/wire/protocol.gen";

export interface JoinWish {
  lesson: string;
  local: LocalMedia;
  listenOnly: boolean;
  takeOver: boolean;
  ticket: Ticket | null;
}

interface JoinDesk {
  put: (wish: JoinWish) => void;
  /** The wish for this lesson; asking changes nothing, for React may render twice what it shows once. */
  wish: (lesson: string) => JoinWish | null;
  /** The wish is being fulfilled: nobody finds it again. */
  clear: () => void;
}

const JoinContext = createContext<JoinDesk | null>(null);

export function JoinProvider({ children }: { children: ReactNode }) {
  const waiting = useRef<JoinWish | null>(null);
  const desk = useMemo<JoinDesk>(
    () => ({
      put: (wish) => {
        waiting.current = wish;
      },
      wish: (lesson) => (waiting.current?.lesson === lesson ? waiting.current : null),
      clear: () => {
        waiting.current = null;
      },
    }),
    [],
  );
  return <JoinContext.Provider value={desk}>{children}</JoinContext.Provider>;
}

export function useJoinDesk(): JoinDesk {
  const desk = useContext(JoinContext);
  if (!desk) throw new Error("useJoinDesk outside JoinProvider");
  return desk;
}

const STORE_KEY = "gd.in_lesson";

interface Kept {
  lesson: string;
  role: "lecturer" | "student";
  listenOnly: boolean;
  microphone: boolean;
  camera: boolean;
}

/** Remembered for this tab only, so that a reload comes back without a click. */
export function keepJoined(kept: Kept | null): void {
  try {
    if (kept) sessionStorage.setItem(STORE_KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(STORE_KEY);
  } catch {
    // Without storage a reload goes through prejoin.
  }
}

export function keptJoin(lesson: string): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE_KEY) ?? "null") as Kept | null;
    return kept?.lesson === lesson ? kept : null;
  } catch {
    return null;
  }
}

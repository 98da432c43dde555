// Single keys in the classroom, and the space bar held to talk.
import { useEffect, useRef } from "react";
import type { RoomController } from "./controller";
import { type Deed, deedOf, isTyping } from "./keys";

/** Something is asked above the room: its own keys count. */
const dialogOpen = () => document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null;

export function useKeys(controller: RoomController, run: (deed: Deed) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    let talking = false;
    const down = (event: KeyboardEvent) => {
      if (isTyping(event.target as HTMLElement | null) || dialogOpen()) return;
      const onControl = (event.target as HTMLElement | null)?.closest("button, a, [role=tab]") !== null;
      if (event.code === "Space" && !onControl && !event.isComposing) {
        event.preventDefault();
        if (!event.repeat && controller.local.state.microphone !== "on") {
          talking = true;
          void controller.local.setMicrophone(true);
        }
        return;
      }
      const deed = deedOf(event);
      if (!deed) return;
      event.preventDefault();
      latest.current(deed);
    };
    const hush = () => {
      if (!talking) return;
      talking = false;
      void controller.local.setMicrophone(false);
    };
    const up = (event: KeyboardEvent) => {
      if (event.code === "Space") hush();
    };
    document.addEventListener("keydown", down);
    document.addEventListener("keyup", up);
    window.addEventListener("blur", hush);
    return () => {
      document.removeEventListener("keydown", down);
      document.removeEventListener("keyup", up);
      window.removeEventListener("blur", hush);
    };
  }, [controller]);
}

/** The phone's screen stays on while the lesson runs. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const hold = () => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      navigator.wakeLock
        .request("screen")
        .then((held) => {
          lock = held;
          if (over) void held.release();
        })
        .catch(() => undefined);
    };
    hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, []);
}

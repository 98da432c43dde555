// The classroom in React: hooks of a few lines between the controller and the components.
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { LocalState } from "@/call/local_media";
import type { RosterEntry } from "@/wire/protocol.gen";
import type { RoomController } from "./controller";
import { slotOf } from "./select";
import type { RoomState } from "./state";

const ControllerContext = createContext<RoomController | null>(null);
export const RoomProvider = ControllerContext.Provider;

export function useController(): RoomController {
  const controller = useContext(ControllerContext);
  if (!controller) throw new Error("useController outside RoomProvider");
  return controller;
}

/** A part of the state; `select` must return a part or a primitive, not something made anew. */
export function useRoom<T>(select: (state: RoomState) => T): T {
  const { store } = useController();
  return useSyncExternalStore(store.subscribe, () => select(store.state));
}

export function useLocal(): LocalState {
  const { local } = useController();
  return useSyncExternalStore(local.subscribe, local.snapshot);
}

export function usePerson(participant: string): RosterEntry | undefined {
  return useRoom((state) => state.people[participant]);
}

/** The picture of a participant as it arrives, or null while the server sends none. */
export function useStream(participant: string, role: "camera" | "screen"): MediaStream | null {
  const controller = useController();
  useSyncExternalStore(controller.subscribeStreams, controller.streamsSnapshot);
  const mid = useRoom((state) => slotOf(state, participant, role));
  return controller.streamOf(mid);
}

/** The server's time in ms, anew each second. */
export function useRoomNow(everyMs = 1000): number {
  const controller = useController();
  const offset = useRoom((state) => state.clockOffsetMs);
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return offset === 0 ? controller.serverNowMs() : Date.now() + offset;
}

/** A phone held upright, or lying on its side. */
export const PHONE = "(max-width: 599px), (max-height: 480px)";
export const NARROW = "(max-width: 1179px)";
export { useMedia } from "@/ui/media";

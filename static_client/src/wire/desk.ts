// The desk's socket: a snapshot of a day at connect, then differences. The cookie says who we are.
import { io } from "socket.io-client";
import { ProblemError } from "./problem";
import type { AnyDeskPush } from "./protocol.gen";

export type DeskLine = "connecting" | "live" | "lost";

interface Listener {
  onPush: (push: AnyDeskPush) => void;
  onLine: (line: DeskLine) => void;
  onProblem: (problem: ProblemError) => void;
}

/** Watches `day` (YYYY-MM-DD in Vietnam, null: today). Returns how to stop. */
export function watchDesk(day: string | null, listener: Listener): () => void {
  const socket = io("/desk", {
    transports: ["websocket"],
    reconnectionDelay: 250,
    reconnectionDelayMax: 2000,
    forceNew: true,
  });
  socket.on("connect", () => {
    listener.onLine("live");
    if (day) socket.emit("do", { t: "watch_day", day });
  });
  socket.on("disconnect", () => listener.onLine("lost"));
  socket.on("connect_error", (error) => {
    const problem = (
      error as Error & {
        data?: { problem?: { code: string; params: Record<string, string | number | boolean> } };
      }
    ).data?.problem;
    if (problem) listener.onProblem(new ProblemError(problem.code, problem.params));
    else listener.onLine("lost");
  });
  socket.on("push", (push: AnyDeskPush) => listener.onPush(push));
  return () => socket.disconnect();
}

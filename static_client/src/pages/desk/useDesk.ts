// Joins the desk's socket to React: the picture of the day, whether it is live, and a clock that follows the server.
import { useEffect, useReducer, useState } from "react";
import { type DeskLine, watchDesk } from "@/wire/desk";
import type { ProblemError } from "@/wire/problem";
import type { AnyDeskPush } from "@/wire/protocol.gen";
import { type DeskState, emptyDesk, reduceDesk } from "./deskState";

export interface Desk {
  state: DeskState;
  line: DeskLine;
  problem: ProblemError | null;
  /** Server time, µs, moving once a second. */
  nowUs: number;
}

export function useDesk(day: string | null): Desk {
  const [state, push] = useReducer(
    (old: DeskState, next: AnyDeskPush) => reduceDesk(old, next, Date.now() * 1000),
    emptyDesk,
  );
  const [line, setLine] = useState<DeskLine>("connecting");
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [hereUs, setHereUs] = useState(() => Date.now() * 1000);

  useEffect(
    () =>
      watchDesk(day, {
        onPush: push,
        onLine: (next) => {
          setLine(next);
          if (next === "live") setProblem(null);
        },
        onProblem: setProblem,
      }),
    [day],
  );
  useEffect(() => {
    const timer = setInterval(() => setHereUs(Date.now() * 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return { state, line, problem, nowUs: hereUs + state.skewUs };
}

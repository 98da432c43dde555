// The line measured once when the page opens and again on request.
import { useCallback, useEffect, useState } from "react";
import { type ProbeResult, probe } from "@/wire/probe";

export interface Probing {
  state: "running" | "done" | "failed";
  result: ProbeResult | null;
  again: () => void;
}

/** `may`: the line is free to be measured. */
export function useProbe(may = true): Probing {
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Probing["state"]>("running");
  const [result, setResult] = useState<ProbeResult | null>(null);
  useEffect(() => {
    if (!may) return;
    const ending = new AbortController();
    if (round > 0) setState("running");
    probe(ending.signal)
      .then((found) => {
        setResult(found);
        setState("done");
      })
      .catch(() => {
        if (!ending.signal.aborted) setState("failed");
      });
    return () => ending.abort();
  }, [round, may]);
  return { state, result, again: useCallback(() => setRound((n) => n + 1), []) };
}

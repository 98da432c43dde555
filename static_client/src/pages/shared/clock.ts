// The server's clock in the browser: a tick for what counts down, moved by what an answer told of the server's time.
import { useEffect, useState } from "react";

/** ms to add to this device's clock, from an answer that carried the server's time and when it came. */
export function offsetOf(serverTimeUs: number | undefined, receivedMs: number): number {
  return serverTimeUs === undefined ? 0 : serverTimeUs / 1000 - receivedMs;
}

/** The server's time in ms, anew each `everyMs`. */
export function useServerNow(offsetMs = 0, everyMs = 1000): number {
  const [tick, setTick] = useState(() => Date.now());
  useEffect(() => {
    setTick(Date.now());
    const timer = setInterval(() => setTick(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return tick + offsetMs;
}

// A field that saves itself: shortly after the last key, and at once when it is left. A failed save keeps the text and says so.
import { useCallback, useEffect, useRef, useState } from "react";

const QUIET_MS = 800;

export type SaveState = "idle" | "editing" | "saving" | "saved" | "failed";

export interface Autosave {
  text: string;
  state: SaveState;
  change: (text: string) => void;
  flush: () => void;
}

export function useAutosave(stored: string, save: (text: string) => Promise<unknown>): Autosave {
  const [text, setText] = useState(stored);
  const [state, setState] = useState<SaveState>("idle");
  const latest = useRef(stored);
  const saved = useRef(stored);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const saver = useRef(save);
  saver.current = save;

  const run = useCallback(async () => {
    clearTimeout(timer.current);
    const wanted = latest.current;
    if (wanted === saved.current) return;
    setState("saving");
    try {
      await saver.current(wanted);
      saved.current = wanted;
      setState(latest.current === wanted ? "saved" : "editing");
    } catch {
      setState("failed");
    }
  }, []);

  const change = useCallback(
    (next: string) => {
      latest.current = next;
      setText(next);
      setState("editing");
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void run(), QUIET_MS);
    },
    [run],
  );
  const flush = useCallback(() => void run(), [run]);
  useEffect(() => () => void run(), [run]);
  return { text, state, change, flush };
}

// What src/early.ts asked for before this code was there. Each thing is taken once, while it is fresh; without it the ordinary way is
// taken, which is as right and a few round trips slower.

export interface AheadAnswer {
  method: string;
  path: string;
  /** Null: the server was not reached. */
  answer: Promise<Response | null>;
}

export interface Ahead {
  /** When it was asked, in the page's time. */
  atMs: number;
  answers: AheadAnswer[];
  line: { address: string; socket: WebSocket; opened: boolean; said: MessageEvent[] } | null;
}

declare global {
  interface Window {
    gdAhead?: Ahead;
  }
}

const FRESH_MS = 10_000;

/** The good answer to a request that was asked ahead; null when there is none. */
export async function takeAnswer(method: string, path: string): Promise<Response | null> {
  const ahead = globalThis.window?.gdAhead;
  const at = ahead?.answers.findIndex((each) => each.method === method && each.path === path) ?? -1;
  if (!ahead || at < 0) return null;
  const [asked] = ahead.answers.splice(at, 1);
  if (performance.now() - ahead.atMs > FRESH_MS) return null;
  const answer = (await asked?.answer) ?? null;
  return answer?.ok ? answer : null;
}

/**
 * The line that is open, or about to be, under this address; null when there is none. What it has said is said again to the
 * listeners that are put on it in the same turn.
 */
export function takeLine(address: string): WebSocket | null {
  const ahead = globalThis.window?.gdAhead;
  const line = ahead?.line;
  if (!ahead || !line || line.address !== address) return null;
  ahead.line = null;
  const { socket } = line;
  if (socket.readyState > WebSocket.OPEN) return null;
  queueMicrotask(() => {
    if (line.opened) socket.onopen?.(new Event("open"));
    for (const message of line.said) socket.onmessage?.(message);
  });
  return socket;
}

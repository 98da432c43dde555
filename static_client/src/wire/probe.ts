// How fast and how far the server is, measured with the bytes it gives for this purpose. Nothing leaves the school's server.
import { api } from "./api";

export interface ProbeResult {
  downBps: number;
  delayMs: number;
}

const FIRST_BYTES = 128 * 1024;
const SECOND_BYTES = 1024 * 1024;
/** The large piece is fetched only when the small one came quickly: a weak line is not burdened. */
const QUICK_MS = 400;
const GIVE_UP_MS = 12_000;

async function timed(bytes: number, signal: AbortSignal): Promise<number> {
  const start = performance.now();
  const response = await fetch(api.probeUrl(bytes), { signal, cache: "no-store" });
  if (!response.ok) throw new Error(`probe ${response.status}`);
  await response.arrayBuffer();
  return performance.now() - start;
}

/** Takes 1–3 s, at most 12; rejects when the server cannot be reached. */
export async function probe(ending: AbortSignal): Promise<ProbeResult> {
  const signal = AbortSignal.any([ending, AbortSignal.timeout(GIVE_UP_MS)]);
  await timed(1, signal);
  const delays = [await timed(1, signal), await timed(1, signal), await timed(1, signal)];
  const delayMs = Math.min(...delays);
  const speed = (bytes: number, ms: number) => (bytes * 8_000) / Math.max(1, ms - delayMs);
  const first = await timed(FIRST_BYTES, signal);
  if (first - delayMs > QUICK_MS) return { downBps: speed(FIRST_BYTES, first), delayMs };
  return { downBps: speed(SECOND_BYTES, await timed(SECOND_BYTES, signal)), delayMs };
}

export type LineVerdict = "good" | "fair" | "poor";

/** Good: camera pictures of the class. Fair: sound, slides, lecturer. Poor: sound and slides. */
export function verdictOf({ downBps, delayMs }: ProbeResult): LineVerdict {
  if (downBps >= 1_000_000 && delayMs < 400) return "good";
  return downBps >= 350_000 && delayMs < 800 ? "fair" : "poor";
}

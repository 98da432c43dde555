// Events about lines as one sentence: means over the samples, and the worst of them. What a browser claims is said to be a claim.
import type { EventRow } from "@/wire/protocol.gen";
import type { EventLine } from "./eventWords";

/** Loss above this share of packets is a weak line (product.md). */
const WEAK_PPM = 50_000;

const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.filter((each): each is number => typeof each === "number" && each >= 0) : [];
const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / Math.max(values.length, 1);
const tenths = (value: number): number => Math.round(value * 10) / 10;
/** Per cent, or nothing where nothing was sent. */
const share = (ppm: readonly number[]): number | null => (ppm.length > 0 ? tenths(mean(ppm) / 10_000) : null);

export function lineMeasured(body: EventRow["body"]): EventLine {
  const [up, down] = [numbers(body.loss_up_ppm), numbers(body.loss_down_ppm)];
  const worst = Math.max(0, ...up, ...down);
  const samples = numbers(body.at_ms).length;
  const shares = { up: share(up), down: share(down), worst: tenths(worst / 10_000) };
  const unknown = Object.entries(shares).filter(([, value]) => value === null);
  return {
    key: "event.line_measured",
    params: {
      up: shares.up ?? "",
      down: shares.down ?? "",
      worst: shares.worst,
      minutes: tenths(samples / 6),
      rtt: Math.round(mean(numbers(body.rtt_ms))),
    },
    words: Object.fromEntries(unknown.map(([name]) => [name, "event.line_unknown"])),
    tone: worst > WEAK_PPM ? "bad" : "neutral",
  };
}

export function lineClaimed(body: EventRow["body"]): EventLine {
  const played = numbers(body.audio_ms);
  const concealed = numbers(body.concealed_ppm).map((ppm, i) => ppm * (played[i] ?? 0));
  const all = played.reduce((sum, each) => sum + each, 0);
  const made = all > 0 ? concealed.reduce((sum, each) => sum + each, 0) / all : 0;
  const frozen = numbers(body.frozen_ms).reduce((sum, each) => sum + each, 0);
  return {
    key: "event.line_claimed",
    params: { concealed: tenths(made / 10_000), frozen: tenths(frozen / 1_000) },
    tone: "neutral",
  };
}

// Geometry of a presence strip: server times to fractions of the scheduled time. Pure, so that it can be tested and printed.
import type { PeriodInfo, PresenceSegment } from "@/wire/protocol.gen";

export interface Span {
  /** Fractions of the width, 0–1. */
  from: number;
  to: number;
}

export interface StripSpan extends Span {
  state: string;
}

export interface StripShape {
  segments: StripSpan[];
  breaks: Span[];
  notches: number[];
  now: number | null;
}

export function stripShape(
  periods: readonly PeriodInfo[],
  segments: readonly PresenceSegment[],
  nowUs: number,
  startUs: number,
  endUs: number,
): StripShape {
  const length = Math.max(1, endUs - startUs);
  const at = (us: number) => Math.min(1, Math.max(0, (us - startUs) / length));
  const shape: StripShape = { segments: [], breaks: [], notches: [], now: null };
  for (const segment of segments) {
    const from = at(segment.from_us);
    const to = at(segment.to_us ?? nowUs);
    if (to > from) shape.segments.push({ from, to, state: segment.state });
  }
  const sorted = [...periods].sort((a, b) => a.start_us - b.start_us);
  sorted.forEach((period, index) => {
    const next = sorted[index + 1];
    if (!next) return;
    if (next.start_us > period.end_us) shape.breaks.push({ from: at(period.end_us), to: at(next.start_us) });
    else shape.notches.push(at(period.end_us));
  });
  if (nowUs > startUs && nowUs < endUs) shape.now = at(nowUs);
  return shape;
}

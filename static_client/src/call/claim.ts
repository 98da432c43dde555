// What this browser tells the server every 10 s of how the lesson came through: the lecturer's sound that was made up, pictures that
// stood still. A claim, not a proof. Pure: reports in, a claim out.
import type { ReportQuality } from "@/wire/protocol.gen";
import { AudioHealth } from "./quality";

const EVERY_MS = 10_000;

export type Claim = Omit<ReportQuality, "t">;

export class ClaimMeter {
  private readonly voice = new AudioHealth();
  private before: {
    atMs: number;
    concealed: number;
    samples: number;
    freezes: number;
    frozenS: number;
  } | null = null;
  private mid: string | null = null;

  /** `mid`: the slot in which the lecturer's voice arrives now. Answers a claim every 10 s, null in between. */
  add(report: RTCStatsReport, mid: string | null, atMs: number): Claim | null {
    if (mid !== this.mid) this.voice.forget();
    this.mid = mid;
    const now = { atMs, ...this.voice.add(report, atMs, (entry) => entry.mid === mid), ...freezesOf(report) };
    const { before } = this;
    if (before && atMs - before.atMs < EVERY_MS) return null;
    this.before = now;
    if (!before) return null;
    const samples = Math.max(0, now.samples - before.samples);
    const concealed = Math.max(0, now.concealed - before.concealed);
    return {
      concealed_ppm: samples > 0 ? Math.min(1_000_000, Math.round((concealed / samples) * 1e6)) : 0,
      audio_ms: Math.min(60_000, Math.round(samples / 48)),
      freezes: Math.max(0, Math.min(10_000, now.freezes - before.freezes)),
      frozen_ms: Math.max(0, Math.min(600_000, Math.round((now.frozenS - before.frozenS) * 1000))),
    };
  }
}

function freezesOf(report: RTCStatsReport): { freezes: number; frozenS: number } {
  const sum = { freezes: 0, frozenS: 0 };
  report.forEach((entry: Record<string, unknown>) => {
    if (entry.type !== "inbound-rtp" || entry.kind !== "video") return;
    sum.freezes += Number(entry.freezeCount ?? 0);
    sum.frozenS += Number(entry.totalFreezesDuration ?? 0);
  });
  return sum;
}

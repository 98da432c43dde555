// What the network badge says, from counters of the peer connection. Pure: samples in, a judgement out.

/** Running totals of everything received, as getStats reports them. */
export interface Totals {
  atMs: number;
  received: number;
  lost: number;
  concealed: number;
  samples: number;
  bytesIn: number;
  bytesOut: number;
  rttMs: number | null;
}

export type Level = "unknown" | "good" | "fair" | "weak";

export interface Quality {
  level: Level;
  /** Share of packets lost, 0–1, over the last 10 s. */
  loss: number;
  /** Share of the audio that was made up, 0–1, over the last 10 s. */
  concealed: number;
  rttMs: number | null;
  downBps: number;
  bytes: number;
}

export const NO_QUALITY: Quality = {
  level: "unknown",
  loss: 0,
  concealed: 0,
  rttMs: null,
  downBps: 0,
  bytes: 0,
};

const WINDOW_MS = 10_000;
/** product.md: `mạng yếu` is loss over 5 %, or over 3 % of audio concealed, over 10 s. */
const WEAK_LOSS = 0.05;
const WEAK_CONCEALED = 0.03;
const FAIR_LOSS = 0.02;
const FAIR_RTT_MS = 300;
/** Shorter stretches say nothing about loss. */
const MIN_SPAN_MS = 2_000;
const MIN_PACKETS = 50;
/** Once weak, the line must be better than this for the whole window before the badge says so. */
const RECOVERED_LOSS = 0.03;

export class QualityMeter {
  private samples: Totals[] = [];
  private level: Level = "unknown";
  /** Bytes of peer connections that are gone; data used counts the whole lesson. */
  private earlierBytes = 0;

  /** A new peer connection starts its counters at zero. */
  restart(): void {
    const last = this.samples.at(-1);
    if (last) this.earlierBytes += last.bytesIn + last.bytesOut;
    this.samples = [];
    this.level = "unknown";
  }

  add(now: Totals): Quality {
    this.samples.push(now);
    while (this.samples.length > 2 && (this.samples[1]?.atMs ?? 0) <= now.atMs - WINDOW_MS)
      this.samples.shift();
    const first = this.samples[0] ?? now;
    const span = now.atMs - first.atMs;
    const received = now.received - first.received;
    const lost = Math.max(0, now.lost - first.lost);
    const samples = now.samples - first.samples;
    const loss = received + lost > 0 ? lost / (received + lost) : 0;
    const concealed = samples > 0 ? Math.max(0, now.concealed - first.concealed) / samples : 0;
    if (span >= MIN_SPAN_MS) this.level = this.judge(loss, concealed, now.rttMs, received + lost);
    return {
      level: this.level,
      loss,
      concealed,
      rttMs: now.rttMs,
      downBps: span > 0 ? ((now.bytesIn - first.bytesIn) * 8_000) / span : 0,
      bytes: this.earlierBytes + now.bytesIn + now.bytesOut,
    };
  }

  private judge(loss: number, concealed: number, rttMs: number | null, packets: number): Level {
    if (packets < MIN_PACKETS) return this.level === "unknown" ? "good" : this.level;
    const weakAbove = this.level === "weak" ? RECOVERED_LOSS : WEAK_LOSS;
    if (loss > weakAbove || concealed > WEAK_CONCEALED) return "weak";
    return loss > FAIR_LOSS || (rttMs ?? 0) > FAIR_RTT_MS ? "fair" : "good";
  }
}

interface AudioSeen {
  sinceMs: number;
  packets: number;
  concealed: number;
  samples: number;
}

/** Packets that 500 ms of speech bring are 25; fewer than this and the stream was pausing, not suffering. */
const FLOWING_PER_S = 30;
/** The first seconds of a stream are spent filling its buffer. */
const SETTLING_MS = 5_000;

/** Counts concealed audio only where sound was flowing: a slot that begins, ends or changes its speaker is no bad line. */
export class AudioHealth {
  private readonly streams = new Map<string, AudioSeen>();
  private concealed = 0;
  private samples = 0;
  private lastMs = 0;

  add(report: RTCStatsReport, atMs: number): { concealed: number; samples: number } {
    const seconds = (atMs - this.lastMs) / 1000;
    this.lastMs = atMs;
    report.forEach((entry: Record<string, unknown>) => {
      if (entry.type !== "inbound-rtp" || entry.kind !== "audio") return;
      const n = (name: string) => (typeof entry[name] === "number" ? entry[name] : 0);
      const id = String(entry.id);
      const now = {
        packets: n("packetsReceived"),
        // Concealment during silence is comfort noise, not damage.
        concealed: n("concealedSamples") - n("silentConcealedSamples"),
        samples: n("totalSamplesReceived"),
      };
      const before = this.streams.get(id);
      const flowing = before !== undefined && (now.packets - before.packets) / seconds >= FLOWING_PER_S;
      const sinceMs = flowing && before ? before.sinceMs : atMs;
      if (flowing && before && atMs - sinceMs >= SETTLING_MS) {
        this.concealed += Math.max(0, now.concealed - before.concealed);
        this.samples += Math.max(0, now.samples - before.samples);
      }
      this.streams.set(id, { ...now, sinceMs });
    });
    return { concealed: this.concealed, samples: this.samples };
  }
}

/** Adds up one getStats report; concealed audio is `AudioHealth`'s. */
export function totalsOf(report: RTCStatsReport, atMs: number): Totals & { packets: number; checks: number } {
  const sum = {
    atMs,
    received: 0,
    lost: 0,
    concealed: 0,
    samples: 0,
    bytesIn: 0,
    bytesOut: 0,
    packets: 0,
    checks: 0,
  };
  let rttMs: number | null = null;
  let transportPackets: number | null = null;
  report.forEach((entry: Record<string, unknown>) => {
    const n = (name: string) => (typeof entry[name] === "number" ? entry[name] : 0);
    if (entry.type === "inbound-rtp") {
      sum.received += n("packetsReceived");
      sum.lost += n("packetsLost");
    } else if (entry.type === "transport") {
      sum.bytesIn += n("bytesReceived");
      sum.bytesOut += n("bytesSent");
      if ("packetsReceived" in entry) transportPackets = (transportPackets ?? 0) + n("packetsReceived");
    } else if (entry.type === "candidate-pair") {
      sum.checks += n("responsesReceived");
      if (entry.nominated && typeof entry.currentRoundTripTime === "number")
        rttMs = entry.currentRoundTripTime * 1000;
    }
  });
  return { ...sum, rttMs, packets: transportPackets ?? sum.received };
}

// What the network badge says and why, from counters of the peer connection. Pure: samples in, a judgement out.
import { NO_FACTS, type PathFacts } from "./path_facts";

/** Running totals of everything received and sent, as getStats reports them. */
export interface Totals {
  atMs: number;
  received: number;
  lost: number;
  sent: number;
  lostUp: number;
  concealed: number;
  samples: number;
  bytesIn: number;
  bytesOut: number;
  rttMs: number | null;
  /** Some picture of ours is sent smaller because the line upwards carries no more. */
  limited: boolean;
}

export type Level = "unknown" | "good" | "fair" | "weak";
/** Why a line is not good: packets get lost, it carries too little, it answers late. */
export type Reason = "" | "loss" | "slow" | "delay";

export interface Quality {
  level: Level;
  reason: Reason;
  /** Share of packets lost on the way here, 0–1, over the last 10 s. */
  loss: number;
  /** The same on the way to the server; its own measurement where the browser has none. */
  lossUp: number;
  /** Share of the audio that was made up, 0–1, over the last 10 s. */
  concealed: number;
  rttMs: number | null;
  downBps: number;
  upBps: number;
  bytes: number;
  facts: PathFacts;
}

export const NO_QUALITY: Quality = {
  level: "unknown",
  reason: "",
  loss: 0,
  lossUp: 0,
  concealed: 0,
  rttMs: null,
  downBps: 0,
  upBps: 0,
  bytes: 0,
  facts: NO_FACTS,
};

/** The server's measurement of this line over its last 10 s; null where it knows nothing. */
export interface ToldLine {
  rttMs: number | null;
  lossUp: number | null;
  lossDown: number | null;
}

const WINDOW_MS = 10_000;
/** product.md: `mạng yếu` is loss over 5 %, or over 3 % of audio concealed, over 10 s. */
const WEAK_LOSS = 0.05;
const WEAK_CONCEALED = 0.03;
const FAIR_LOSS = 0.02;
const FAIR_RTT_MS = 300;
/** A single packet of many in a pause of speech is no share: fewer than this say nothing. */
const MIN_PACKETS = 50;
/** Shorter stretches say nothing about loss. */
const MIN_SPAN_MS = 2_000;
/** Once weak, the line must be better than this for the whole window before the badge says so. */
const RECOVERED_LOSS = 0.03;

interface Window {
  loss: number;
  lossUp: number;
  concealed: number;
  rttMs: number | null;
  limited: boolean;
  packets: number;
}

export class QualityMeter {
  private samples: Totals[] = [];
  private level: Level = "unknown";
  private reason: Reason = "";
  private told: ToldLine = { rttMs: null, lossUp: null, lossDown: null };
  /** Bytes of peer connections that are gone; data used counts the whole lesson. */
  private earlierBytes = 0;

  /** A new peer connection starts its counters at zero. */
  restart(): void {
    const last = this.samples.at(-1);
    if (last) this.earlierBytes += last.bytesIn + last.bytesOut;
    this.samples = [];
    this.level = "unknown";
    this.reason = "";
    this.told = { rttMs: null, lossUp: null, lossDown: null };
  }

  hear(told: ToldLine): void {
    this.told = told;
  }

  add(now: Totals, facts: PathFacts = NO_FACTS): Quality {
    this.samples.push(now);
    while (this.samples.length > 2 && (this.samples[1]?.atMs ?? 0) <= now.atMs - WINDOW_MS)
      this.samples.shift();
    const first = this.samples[0] ?? now;
    const span = now.atMs - first.atMs;
    const window = this.window(first, now);
    if (span >= MIN_SPAN_MS) this.judge(window);
    const perSecond = (bytes: number) => (span > 0 ? (bytes * 8_000) / span : 0);
    return {
      level: this.level,
      reason: this.reason,
      loss: window.loss,
      lossUp: window.lossUp,
      concealed: window.concealed,
      rttMs: window.rttMs,
      downBps: perSecond(now.bytesIn - first.bytesIn),
      upBps: perSecond(now.bytesOut - first.bytesOut),
      bytes: this.earlierBytes + now.bytesIn + now.bytesOut,
      facts,
    };
  }

  private window(first: Totals, now: Totals): Window {
    const share = (lost: number, whole: number) => (whole >= MIN_PACKETS ? Math.max(0, lost) / whole : 0);
    const received = now.received - first.received;
    const lost = Math.max(0, now.lost - first.lost);
    const samples = now.samples - first.samples;
    return {
      loss: share(lost, received + lost),
      lossUp: Math.max(share(now.lostUp - first.lostUp, now.sent - first.sent), this.told.lossUp ?? 0),
      concealed: samples > 0 ? Math.max(0, now.concealed - first.concealed) / samples : 0,
      rttMs: now.rttMs ?? this.told.rttMs,
      limited: this.samples.every((one) => one.limited),
      packets: received + lost,
    };
  }

  private judge({ loss, lossUp, concealed, rttMs, limited, packets }: Window): void {
    if (packets < MIN_PACKETS && lossUp <= WEAK_LOSS) {
      if (this.level === "unknown") this.level = "good";
      return;
    }
    const worst = Math.max(loss, lossUp);
    const weakAbove = this.level === "weak" ? RECOVERED_LOSS : WEAK_LOSS;
    const late = (rttMs ?? 0) > FAIR_RTT_MS;
    if (worst > weakAbove || concealed > WEAK_CONCEALED) this.level = "weak";
    else this.level = worst > FAIR_LOSS || late || limited ? "fair" : "good";
    if (this.level === "good") this.reason = "";
    else if (worst > FAIR_LOSS || concealed > WEAK_CONCEALED) this.reason = "loss";
    else this.reason = limited ? "slow" : "delay";
  }
}

/** Sound repeated after a loss comes a round trip late: on a bad line so much is kept in hand, and given up when it is calm again. */
const HOLDS = [
  { above: 0.1, ms: 250 },
  { above: 0.03, ms: 150 },
] as const;
/** What is held is given up only when the line is so much better than what asked for it. */
const RELIEF = 0.4;

/** ms of sound to keep in hand; null: the browser's own choice. `before`: what holds now. */
export function heldSound({ loss, concealed }: Quality, before: number | null): number | null {
  const worst = Math.max(loss, concealed);
  const hold = HOLDS.find(
    ({ above, ms }) => worst > (before !== null && before >= ms ? above * RELIEF : above),
  );
  return hold?.ms ?? null;
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

type Entry = Record<string, unknown>;

/** Counts concealed audio only where sound was flowing: a slot that begins, ends or changes its speaker is no bad line. */
export class AudioHealth {
  private readonly streams = new Map<string, AudioSeen>();
  private concealed = 0;
  private samples = 0;
  private lastMs = 0;

  /** Another stream is meant from now on: it has to settle first. */
  forget(): void {
    this.streams.clear();
  }

  add(
    report: RTCStatsReport,
    atMs: number,
    isMeant: (entry: Entry) => boolean = () => true,
  ): { concealed: number; samples: number } {
    const seconds = (atMs - this.lastMs) / 1000;
    this.lastMs = atMs;
    report.forEach((entry: Entry) => {
      if (entry.type !== "inbound-rtp" || entry.kind !== "audio" || !isMeant(entry)) return;
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
    sent: 0,
    lostUp: 0,
    concealed: 0,
    samples: 0,
    bytesIn: 0,
    bytesOut: 0,
    packets: 0,
    checks: 0,
    limited: false,
  };
  let rttMs: number | null = null;
  let transportPackets: number | null = null;
  report.forEach((entry: Entry) => {
    const n = (name: string) => (typeof entry[name] === "number" ? entry[name] : 0);
    if (entry.type === "inbound-rtp") {
      sum.received += n("packetsReceived");
      sum.lost += n("packetsLost");
    } else if (entry.type === "outbound-rtp") {
      sum.sent += n("packetsSent");
      if (entry.active !== false && entry.qualityLimitationReason === "bandwidth") sum.limited = true;
    } else if (entry.type === "remote-inbound-rtp") {
      sum.lostUp += n("packetsLost");
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

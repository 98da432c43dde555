// Keeps one media path alive: which peer connection is in use, which one waits for the next join, when to restart ICE, how
// good the line is. It speaks to the server only through `restart`.
import { type MediaRole, Peer, type PeerPlan, type PreparedOffer, type SlotStream } from "./peer";
import { AudioHealth, type Quality, QualityMeter, totalsOf } from "./quality";
import { Watchdog } from "./watchdog";

export type MediaState = "none" | "connecting" | "connected" | "broken";

const LOOK_EVERY_MS = 500;
const QUALITY_EVERY = 4;
/** The same numbered restart is sent again after this long without an answer. */
const REPEAT_MS = 2_000;
/** So many restarts without a sign of life mean that this peer connection is beyond saving. */
const MAX_RESTARTS = 5;

export interface PathEvents {
  state: (state: MediaState) => void;
  streams: (slots: ReadonlyMap<string, SlotStream>) => void;
  quality: (quality: Quality) => void;
  packets: (bySlot: ReadonlyMap<string, number>, atMs: number) => void;
  restart: (offer: { gen: number; sdp: string }) => void;
  hopeless: () => void;
}

export class MediaPath {
  private peer: Peer | null = null;
  private standby: { peer: Peer; offer: PreparedOffer } | null = null;
  private readonly watchdog = new Watchdog();
  private readonly meter = new QualityMeter();
  private audio = new AudioHealth();
  private timer: ReturnType<typeof setInterval> | undefined;
  private looks = 0;
  private looking = false;
  private restarts = 0;
  private askedAt = 0;
  private said: MediaState = "none";
  private lastSigns = 0;
  private tracks: (role: MediaRole) => MediaStreamTrack | null = () => null;

  constructor(private readonly events: PathEvents) {}

  static get supported(): boolean {
    return typeof RTCPeerConnection === "function";
  }

  sends(tracks: (role: MediaRole) => MediaStreamTrack | null): void {
    this.tracks = tracks;
  }

  /** An offer of a fresh peer connection, ready to go into a CONNECT. It is kept until `adopt` or `discard`. */
  async prepare(plan: PeerPlan): Promise<PreparedOffer | null> {
    if (!MediaPath.supported) return null;
    if (!this.standby) {
      const peer = new Peer(plan, (state) => this.stateChanged(peer, state));
      for (const role of plan.publish) await peer.send(role, this.tracks(role));
      this.standby = { peer, offer: await peer.offer() };
    }
    return this.standby.offer;
  }

  /** The server answered the prepared offer: it replaces whatever was in use. */
  async adopt(answer: string): Promise<void> {
    const next = this.standby;
    if (!next) return;
    this.standby = null;
    this.peer?.close();
    this.peer = next.peer;
    this.restarts = 0;
    this.meter.restart();
    this.audio = new AudioHealth();
    this.watchdog.reset(performance.now());
    this.say("connecting");
    this.events.streams(next.peer.slots());
    this.watch();
    await next.peer.answer(answer);
    this.stateChanged(next.peer, next.peer.pc.connectionState);
  }

  /** The server kept the seat: the peer connection in use stays. */
  keep(): void {
    this.discard();
    this.watchdog.socketReturned(performance.now());
    if (this.peer?.isRestarting) void this.restart();
  }

  async send(role: MediaRole, track: MediaStreamTrack | null): Promise<void> {
    await this.peer?.send(role, track);
    await this.standby?.peer.send(role, track);
  }

  async setActiveLayers(mid: string, rids: readonly string[]): Promise<void> {
    await this.peer?.setActiveLayers(mid, rids);
  }

  async restartAnswered(gen: number, sdp: string): Promise<void> {
    if (await this.peer?.restartAnswer(gen, sdp)) this.watchdog.restarted(performance.now());
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.discard();
    this.peer?.close();
    this.peer = null;
    this.events.streams(new Map());
    this.say("none");
  }

  private say(state: MediaState): void {
    if (state === this.said) return;
    this.said = state;
    this.events.state(state);
  }

  private discard(): void {
    this.standby?.peer.close();
    this.standby = null;
  }

  private watch(): void {
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  private async look(): Promise<void> {
    const peer = this.peer;
    if (!peer?.isAnswered || this.looking) return;
    this.looking = true;
    try {
      const report = await peer.pc.getStats();
      if (peer !== this.peer) return;
      const atMs = performance.now();
      const totals = { ...totalsOf(report, atMs), ...this.audio.add(report, atMs) };
      this.events.packets(packetsBySlot(report), atMs);
      if (this.looks++ % QUALITY_EVERY === 0) this.events.quality(this.meter.add(totals));
      const connected = peer.pc.connectionState === "connected";
      const signs = totals.packets + totals.checks;
      const alive = signs > this.lastSigns;
      this.lastSigns = signs;
      const wanted = connected && this.watchdog.isSilent(totals);
      // After a restart on a path that never counted as lost, the browser reports no change of state: packets do.
      if (connected && alive && !wanted && !peer.isRestarting) this.say("connected");
      if (wanted) await this.restart();
      else if (peer.isRestarting && atMs - this.askedAt > REPEAT_MS) await this.restart();
    } finally {
      this.looking = false;
    }
  }

  private async restart(): Promise<void> {
    const peer = this.peer;
    if (!peer) return;
    if (!peer.isRestarting && ++this.restarts > MAX_RESTARTS) {
      this.restarts = 0;
      this.events.hopeless();
      return;
    }
    this.askedAt = performance.now();
    this.watchdog.restarted(this.askedAt);
    this.say("broken");
    const offer = await peer.restartOffer();
    if (peer === this.peer) this.events.restart(offer);
  }

  private stateChanged(peer: Peer, state: RTCPeerConnectionState): void {
    if (peer !== this.peer) return;
    if (state === "connected") {
      this.restarts = 0;
      this.watchdog.reset(performance.now());
      this.say("connected");
    } else if (state === "failed") void this.restart();
    else if (state === "disconnected") this.say("broken");
  }
}

function packetsBySlot(report: RTCStatsReport): Map<string, number> {
  const out = new Map<string, number>();
  report.forEach((entry: Record<string, unknown>) => {
    if (
      entry.type === "inbound-rtp" &&
      typeof entry.mid === "string" &&
      typeof entry.packetsReceived === "number"
    ) {
      out.set(entry.mid, entry.packetsReceived);
    }
  });
  return out;
}

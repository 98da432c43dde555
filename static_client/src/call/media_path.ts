// Keeps one media path alive: which peer connection is in use, which one waits for the next join, when to restart ICE, when it
// needs more slots, how good the line is. It speaks to the server only through `offer`.
import { encodesH264Better } from "./codecs";
import { factsOf } from "./path_facts";
import { Peer, type PeerPlan, type PendingOffer, type PreparedOffer, type SlotStream } from "./peer";
import { AudioHealth, heldSound, type Quality, QualityMeter, type ToldLine, totalsOf } from "./quality";
import type { MediaRole } from "./senders";
import { type Counted, Watchdog } from "./watchdog";

export type MediaState = "none" | "connecting" | "connected" | "broken";

const LOOK_EVERY_MS = 500;
const QUALITY_EVERY = 4;
/** The same numbered offer is sent again after this long without an answer. */
const REPEAT_MS = 2_000;
/** A first connection that takes longer than this gathers anew, now with the relays that the server named. */
const CONNECT_MS = 3_000;
/** Video slots in one connection, however large the gallery. */
export const MAX_VIDEO_SLOTS = 25;
/** So many restarts without a sign of life mean that this peer connection is beyond saving. */
const MAX_RESTARTS = 5;

/** What the call knows of a connection to be made; the rest is this module's. */
export type PlanFace = Omit<PeerPlan, "iceServers" | "preferred"> & { teaches: boolean };

export interface PathEvents {
  state: (state: MediaState) => void;
  streams: (slots: ReadonlyMap<string, SlotStream>) => void;
  quality: (quality: Quality) => void;
  /** Every look at the statistics of the connection in use. */
  looked: (report: RTCStatsReport, atMs: number) => void;
  offer: (offer: PendingOffer) => void;
  hopeless: () => void;
}

export class MediaPath {
  private peer: Peer | null = null;
  private standby: { peer: Peer; offer: PreparedOffer } | null = null;
  private preparing: Promise<PreparedOffer | null> | null = null;
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
  private adoptedAt = 0;
  private videoSlots = 0;
  private lowestOnly = false;
  private soundHeld: number | null = null;
  private iceServers: readonly RTCIceServer[] = [];
  private tracks: (role: MediaRole) => MediaStreamTrack | null = () => null;

  constructor(private readonly events: PathEvents) {
    globalThis.addEventListener?.("pagehide", this.pageHides);
  }

  /** A page that is closed or loaded anew says so, or the relay would go on filling the line on which it is loaded. */
  private readonly pageHides = (event: PageTransitionEvent) => {
    if (!event.persisted) this.peer?.close();
  };

  static get supported(): boolean {
    return typeof RTCPeerConnection === "function";
  }

  sends(tracks: (role: MediaRole) => MediaStreamTrack | null): void {
    this.tracks = tracks;
  }

  /** STUN and TURN servers for connections to come, and for the next restart of the one in use. */
  relayThrough(servers: readonly RTCIceServer[]): void {
    if (servers.length === 0 && this.iceServers.length === 0) return;
    this.iceServers = servers;
    this.peer?.pc.setConfiguration({ ...this.peer.pc.getConfiguration(), iceServers: [...servers] });
  }

  /** An offer of a fresh peer connection, ready to go into a CONNECT. It is kept until `adopt` or `discard`. */
  async prepare(plan: PlanFace): Promise<PreparedOffer | null> {
    if (!MediaPath.supported) return null;
    if (this.standby) return this.standby.offer;
    this.preparing ??= this.makeStandby(plan).finally(() => {
      this.preparing = null;
    });
    return this.preparing;
  }

  private async makeStandby(plan: PlanFace): Promise<PreparedOffer | null> {
    const videoSlots = Math.max(plan.videoSlots, this.videoSlots);
    const preferred = { h264First: await encodesH264Better(), redFirst: plan.teaches };
    const full = { ...plan, videoSlots, iceServers: this.iceServers, preferred };
    const peer: Peer = new Peer(full, (state) => this.stateChanged(peer, state));
    for (const role of plan.publish) await peer.senders.replace(role, this.tracks(role));
    await peer.senders.onlyLowest(this.lowestOnly);
    this.standby = { peer, offer: await peer.offer() };
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
    this.lastSigns = 0;
    this.soundHeld = null;
    this.meter.restart();
    this.audio = new AudioHealth();
    this.adoptedAt = performance.now();
    this.watchdog.reset(this.adoptedAt);
    this.say("connecting");
    this.events.streams(next.peer.slots());
    this.watch();
    await next.peer.answer(answer);
    this.stateChanged(next.peer, next.peer.pc.connectionState);
    await this.grow();
  }

  /** The server kept the seat: the peer connection in use stays. */
  keep(): void {
    this.discard();
    this.watchdog.socketReturned(performance.now());
    if (this.peer?.pending) this.ask(this.peer.pending);
  }

  async send(role: MediaRole, track: MediaStreamTrack | null): Promise<void> {
    await this.peer?.senders.replace(role, track);
    await this.standby?.peer.senders.replace(role, track);
  }

  /** What the server measured of this line. */
  lineTold(line: ToldLine): void {
    this.meter.hear(line);
  }

  async setActiveLayers(mid: string, rids: readonly string[]): Promise<void> {
    await this.peer?.senders.watched(mid, rids);
  }

  async sendLowestOnly(on: boolean): Promise<void> {
    this.lowestOnly = on;
    await this.peer?.senders.onlyLowest(on);
    await this.standby?.peer.senders.onlyLowest(on);
  }

  /** At least so many video slots, by a new offer when there are fewer; they are never given back. */
  async wantVideoSlots(count: number): Promise<void> {
    this.videoSlots = Math.max(this.videoSlots, Math.min(MAX_VIDEO_SLOTS, count));
    await this.grow();
  }

  async answered(kind: PendingOffer["kind"], number: number, sdp: string): Promise<void> {
    const { peer } = this;
    if (!(await peer?.answerTo(kind, number, sdp)) || peer !== this.peer) return;
    if (kind === "restart") this.watchdog.restarted(performance.now());
    else if (peer) this.events.streams(peer.slots());
    await this.grow();
  }

  /** The server refused an offer for more slots: what there is must do. */
  async refused(offer: PendingOffer): Promise<void> {
    const { peer } = this;
    if (offer.kind !== "grow" || peer?.pending !== offer) return;
    await peer.withdraw();
    this.videoSlots = peer.videoSlots;
  }

  close(): void {
    globalThis.removeEventListener?.("pagehide", this.pageHides);
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
      this.events.looked(report, atMs);
      if (this.looks++ % QUALITY_EVERY === 0) this.judgeLine(peer, this.meter.add(totals, factsOf(report)));
      await this.judge(peer, totals);
    } finally {
      this.looking = false;
    }
  }

  private judgeLine(peer: Peer, quality: Quality): void {
    this.events.quality(quality);
    const held = heldSound(quality, this.soundHeld);
    if (held !== this.soundHeld) peer.holdSound(held);
    this.soundHeld = held;
  }

  private async judge(peer: Peer, totals: Counted): Promise<void> {
    const { atMs } = totals;
    const connected = peer.pc.connectionState === "connected";
    const signs = totals.packets + totals.checks;
    const alive = signs > this.lastSigns;
    this.lastSigns = signs;
    const silent = connected && this.watchdog.isSilent(totals);
    const stuck = !alive && signs === 0 && atMs - Math.max(this.adoptedAt, this.askedAt) > CONNECT_MS;
    // After a restart on a path that never counted as lost, the browser reports no change of state: packets do.
    if (connected && alive && !silent && peer.pending?.kind !== "restart") this.say("connected");
    if (peer.pending) {
      if (atMs - this.askedAt > REPEAT_MS) this.ask(peer.pending);
    } else if (silent || stuck) await this.restart();
  }

  /** Sends an offer in flight, for the first time or again. */
  private ask(offer: PendingOffer): void {
    if (offer.sdp === "") return;
    this.askedAt = performance.now();
    this.events.offer(offer);
  }

  private async grow(): Promise<void> {
    const { peer } = this;
    if (!peer?.isAnswered) return;
    const offer = await peer.growOffer(this.videoSlots);
    if (offer && peer === this.peer) this.ask(offer);
  }

  private async restart(): Promise<void> {
    const peer = this.peer;
    if (!peer) return;
    if (peer.pending) return this.ask(peer.pending);
    if (++this.restarts > MAX_RESTARTS) {
      this.restarts = 0;
      this.events.hopeless();
      return;
    }
    this.askedAt = performance.now();
    this.watchdog.restarted(this.askedAt);
    this.say("broken");
    const offer = await peer.restartOffer();
    if (offer && peer === this.peer) this.ask(offer);
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

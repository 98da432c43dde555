// One RTCPeerConnection of a participant: sends microphone, camera (and, for who teaches, a screen), receives in slots. Always
// the offerer, one offer in flight. Knows nothing of people: a slot is a mid with a stream.
import type { PublishedMedia } from "@/wire/protocol.gen";
import { type Preferred, preferTrimmed, withAudioNack } from "./codecs";
import type { Size } from "./encodings";
import { type MediaRole, Senders } from "./senders";

export type { MediaRole } from "./senders";

export interface PeerPlan {
  publish: readonly MediaRole[];
  capture: Size;
  videoSlots: number;
  audioSlots: number;
  iceServers: readonly RTCIceServer[];
  preferred: Preferred;
}

export interface PreparedOffer {
  sdp: string;
  media: PublishedMedia[];
}

/** An offer on its way: asked again before it is answered, it is the same offer with the same number. */
export type PendingOffer =
  | { kind: "restart"; number: number; sdp: string }
  | { kind: "grow"; number: number; sdp: string; media: PublishedMedia[] };

export interface SlotStream {
  kind: "audio" | "video";
  stream: MediaStream;
}

export class Peer {
  readonly pc: RTCPeerConnection;
  readonly senders: Senders;
  private readonly receivers: RTCRtpTransceiver[] = [];
  private readonly streams = new Map<RTCRtpTransceiver, MediaStream>();
  private generation = 0;
  private offers = 0;
  private inFlight: PendingOffer | null = null;
  private answered = false;

  constructor(plan: PeerPlan, onState: (state: RTCPeerConnectionState) => void) {
    // The answer carries the relay's own addresses; servers are needed only where nothing but a relay passes.
    this.pc = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
      iceServers: [...plan.iceServers],
    });
    this.pc.addEventListener("connectionstatechange", () => onState(this.pc.connectionState));
    this.senders = new Senders(this.pc, plan.capture);
    for (const role of plan.publish) this.senders.add(role, plan.preferred);
    this.addSlots("audio", plan.audioSlots);
    this.addSlots("video", plan.videoSlots);
  }

  private addSlots(kind: "audio" | "video", count: number): RTCRtpTransceiver[] {
    const added = Array.from({ length: count }, () =>
      this.pc.addTransceiver(kind, { direction: "recvonly" }),
    );
    for (const transceiver of added) preferTrimmed(transceiver, kind, "receive");
    this.receivers.push(...added);
    return added;
  }

  private async offerText(options?: RTCOfferOptions): Promise<string> {
    const { sdp = "" } = await this.pc.createOffer(options);
    try {
      await this.pc.setLocalDescription({ type: "offer", sdp: withAudioNack(sdp) });
    } catch {
      // An engine that takes nothing but its own words: audio is then repaired by FEC and RED alone.
      await this.pc.setLocalDescription({ type: "offer", sdp });
    }
    return this.pc.localDescription?.sdp ?? sdp;
  }

  /** The first offer; to be answered by `answer`. */
  async offer(): Promise<PreparedOffer> {
    const sdp = await this.offerText();
    return { sdp, media: this.senders.media };
  }

  async answer(sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    this.answered = true;
  }

  /** How much sound is kept in hand before it is played, ms; null: the browser's own choice. */
  holdSound(ms: number | null): void {
    for (const { receiver } of this.receivers) {
      if (receiver.track.kind === "audio" && "jitterBufferTarget" in receiver)
        receiver.jitterBufferTarget = ms;
    }
  }

  get isAnswered(): boolean {
    return this.answered;
  }

  /** The offer that waits for its answer. */
  get pending(): PendingOffer | null {
    return this.inFlight;
  }

  /** New ICE credentials on the same connection. Null while another offer is in flight. */
  async restartOffer(): Promise<PendingOffer | null> {
    if (this.inFlight) return this.inFlight.kind === "restart" ? this.inFlight : null;
    this.generation += 1;
    const number = this.generation;
    this.inFlight = { kind: "restart", number, sdp: "" };
    const sdp = await this.offerText({ iceRestart: true });
    this.inFlight = { kind: "restart", number, sdp };
    return this.inFlight;
  }

  get videoSlots(): number {
    return this.receivers.filter((each) => each.receiver.track.kind === "video").length;
  }

  /** More video slots on the same connection. Null while another offer is in flight or when there are enough. */
  async growOffer(videoSlots: number): Promise<PendingOffer | null> {
    const missing = videoSlots - this.videoSlots;
    if (this.inFlight || missing <= 0) return null;
    this.offers += 1;
    const number = this.offers;
    this.inFlight = { kind: "grow", number, sdp: "", media: [] };
    this.addSlots("video", missing);
    const sdp = await this.offerText();
    this.inFlight = { kind: "grow", number, sdp, media: this.senders.media };
    return this.inFlight;
  }

  /** Takes the answer to an offer; answers to other numbers are ignored. */
  async answerTo(kind: PendingOffer["kind"], number: number, sdp: string): Promise<boolean> {
    if (this.inFlight?.kind !== kind || this.inFlight.number !== number || this.inFlight.sdp === "")
      return false;
    this.inFlight = null;
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    return true;
  }

  /** The server will not have the offer in flight: back to what was agreed before. */
  async withdraw(): Promise<void> {
    const given = this.inFlight;
    this.inFlight = null;
    if (!given || this.pc.signalingState !== "have-local-offer") return;
    await this.pc.setLocalDescription({ type: "rollback" });
    for (const transceiver of this.receivers.filter((each) => each.mid === null)) {
      this.receivers.splice(this.receivers.indexOf(transceiver), 1);
      transceiver.stop();
    }
  }

  /** Receive slots by mid, complete once the offer is made. A slot keeps its stream for life. */
  slots(): Map<string, SlotStream> {
    const out = new Map<string, SlotStream>();
    for (const transceiver of this.receivers) {
      const { mid, receiver } = transceiver;
      if (mid === null) continue;
      const stream = this.streams.get(transceiver) ?? new MediaStream([receiver.track]);
      this.streams.set(transceiver, stream);
      out.set(mid, { kind: receiver.track.kind as "audio" | "video", stream });
    }
    return out;
  }

  close(): void {
    this.pc.close();
  }
}

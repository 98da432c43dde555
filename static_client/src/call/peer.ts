// One RTCPeerConnection of a participant: sends microphone, camera (and, for who teaches, a screen), receives in slots that
// are offered once. Always the offerer. Knows nothing of people: a slot is a mid with a stream.
import type { PublishedMedia } from "@/wire/protocol.gen";
import { preferTrimmed } from "./codecs";
import { cameraEncodings, MICROPHONE_BITRATE, SCREEN_ENCODING, type Size } from "./encodings";

export type MediaRole = PublishedMedia["role"];

export interface PeerPlan {
  publish: readonly MediaRole[];
  capture: Size;
  videoSlots: number;
  audioSlots: number;
}

export interface PreparedOffer {
  sdp: string;
  media: PublishedMedia[];
}

export interface SlotStream {
  kind: "audio" | "video";
  stream: MediaStream;
}

const KIND: Record<MediaRole, "audio" | "video"> = {
  microphone: "audio",
  camera: "video",
  screen: "video",
  screen_audio: "audio",
};

export class Peer {
  readonly pc: RTCPeerConnection;
  private readonly senders = new Map<MediaRole, RTCRtpTransceiver>();
  private readonly receivers: RTCRtpTransceiver[] = [];
  private generation = 0;
  private pendingRestart: { gen: number; sdp: string } | null = null;
  private answered = false;

  constructor(plan: PeerPlan, onState: (state: RTCPeerConnectionState) => void) {
    // No STUN or TURN server: the answer carries the relay's own address, which can always be reached from the school's page.
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require", iceServers: [] });
    this.pc.addEventListener("connectionstatechange", () => onState(this.pc.connectionState));
    for (const role of plan.publish) this.addSender(role, plan.capture);
    this.addSlots("audio", plan.audioSlots);
    this.addSlots("video", plan.videoSlots);
  }

  private addSender(role: MediaRole, capture: Size): void {
    const sendEncodings =
      role === "camera"
        ? cameraEncodings(capture)
        : role === "screen"
          ? [SCREEN_ENCODING]
          : [{ maxBitrate: role === "microphone" ? MICROPHONE_BITRATE : 96_000 }];
    const transceiver = this.pc.addTransceiver(KIND[role], { direction: "sendonly", sendEncodings });
    preferTrimmed(transceiver, KIND[role]);
    this.senders.set(role, transceiver);
  }

  private addSlots(kind: "audio" | "video", count: number): void {
    for (let i = 0; i < count; i++) {
      const transceiver = this.pc.addTransceiver(kind, { direction: "recvonly" });
      preferTrimmed(transceiver, kind);
      this.receivers.push(transceiver);
    }
  }

  /** The first offer; to be answered by `answer`. */
  async offer(): Promise<PreparedOffer> {
    if (this.pc.signalingState === "stable") await this.pc.setLocalDescription(await this.pc.createOffer());
    const media: PublishedMedia[] = [];
    for (const [role, transceiver] of this.senders) {
      if (transceiver.mid !== null) media.push({ mid: transceiver.mid, role });
    }
    return { sdp: this.pc.localDescription?.sdp ?? "", media };
  }

  async answer(sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    this.answered = true;
  }

  get isAnswered(): boolean {
    return this.answered;
  }

  /** New ICE credentials on the same connection. Asked again before it is answered, it is the same numbered offer. */
  async restartOffer(): Promise<{ gen: number; sdp: string }> {
    if (this.pendingRestart) return this.pendingRestart;
    this.generation += 1;
    const offer = await this.pc.createOffer({ iceRestart: true });
    await this.pc.setLocalDescription(offer);
    this.pendingRestart = { gen: this.generation, sdp: this.pc.localDescription?.sdp ?? offer.sdp ?? "" };
    return this.pendingRestart;
  }

  /** Takes the answer to restart `gen`; answers to other generations are ignored. */
  async restartAnswer(gen: number, sdp: string): Promise<boolean> {
    if (this.pendingRestart?.gen !== gen) return false;
    this.pendingRestart = null;
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    return true;
  }

  get isRestarting(): boolean {
    return this.pendingRestart !== null;
  }

  /** Receive slots by mid, complete once the offer is made. */
  slots(): Map<string, SlotStream> {
    const out = new Map<string, SlotStream>();
    for (const { mid, receiver } of this.receivers) {
      if (mid === null) continue;
      out.set(mid, {
        kind: receiver.track.kind as "audio" | "video",
        stream: new MediaStream([receiver.track]),
      });
    }
    return out;
  }

  async send(role: MediaRole, track: MediaStreamTrack | null): Promise<void> {
    const transceiver = this.senders.get(role);
    if (!transceiver || this.pc.connectionState === "closed") return;
    await transceiver.sender.replaceTrack(track);
    if (role === "screen" && track) await this.keepResolution(transceiver.sender);
  }

  /** Text must stay legible: drop frames, never pixels. */
  private async keepResolution(sender: RTCRtpSender): Promise<void> {
    const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
    parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters).catch(() => undefined);
  }

  /** Only the layers that somebody watches are encoded. */
  async setActiveLayers(mid: string, rids: readonly string[]): Promise<void> {
    const transceiver = [...this.senders.values()].find((candidate) => candidate.mid === mid);
    if (!transceiver) return;
    const parameters = transceiver.sender.getParameters();
    if (parameters.encodings.length < 2) return;
    for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid ?? "");
    await transceiver.sender.setParameters(parameters).catch(() => undefined);
  }

  close(): void {
    this.pc.close();
  }
}

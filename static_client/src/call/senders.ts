// The sending half of a peer connection: one transceiver per role, and which layers of each go out. A layer is sent when the
// capture carries it, somebody watches it, and this person's own line may bear it.
import type { PublishedMedia } from "@/wire/protocol.gen";
import { type Preferred, preferTrimmed } from "./codecs";
import {
  cameraEncodings,
  fitLayers,
  MICROPHONE_BITRATE,
  SCREEN_ENCODING,
  SCREEN_SOUND_BITRATE,
  type Size,
} from "./encodings";

export type MediaRole = PublishedMedia["role"];

export const KIND: Record<MediaRole, "audio" | "video"> = {
  microphone: "audio",
  camera: "video",
  screen: "video",
  screen_audio: "audio",
};

interface Sending {
  transceiver: RTCRtpTransceiver;
  /** Rids that the server says somebody watches; null until it has said anything. */
  watched: ReadonlySet<string> | null;
}

type Parameters = RTCRtpSendParameters & { degradationPreference?: string };

export class Senders {
  private readonly byRole = new Map<MediaRole, Sending>();
  private lowestOnly = false;

  constructor(
    private readonly pc: RTCPeerConnection,
    private readonly capture: Size,
  ) {}

  add(role: MediaRole, { h264First, redFirst }: Preferred): void {
    const sendEncodings =
      role === "camera"
        ? cameraEncodings(this.capture)
        : role === "screen"
          ? [{ ...SCREEN_ENCODING }]
          : [{ maxBitrate: role === "microphone" ? MICROPHONE_BITRATE : SCREEN_SOUND_BITRATE }];
    const transceiver = this.pc.addTransceiver(KIND[role], { direction: "sendonly", sendEncodings });
    preferTrimmed(transceiver, KIND[role], "send", {
      h264First: h264First === true && role === "camera",
      redFirst: redFirst === true && role === "microphone",
    });
    this.byRole.set(role, { transceiver, watched: null });
  }

  /** What each sending m-line is for, complete once the offer is made. */
  get media(): PublishedMedia[] {
    return [...this.byRole].flatMap(([role, { transceiver }]) =>
      transceiver.mid === null ? [] : [{ mid: transceiver.mid, role }],
    );
  }

  async replace(role: MediaRole, track: MediaStreamTrack | null): Promise<void> {
    const sending = this.byRole.get(role);
    if (!sending || this.pc.connectionState === "closed") return;
    if (sending.transceiver.sender.track === track) return;
    await sending.transceiver.sender.replaceTrack(track);
    if (track && KIND[role] === "video") await this.apply(role);
  }

  /** Only the layers that somebody watches are encoded. */
  async watched(mid: string, rids: readonly string[]): Promise<void> {
    for (const [role, sending] of this.byRole) {
      if (sending.transceiver.mid !== mid) continue;
      sending.watched = new Set(rids);
      await this.apply(role);
    }
  }

  /** On a line that carries hardly more than a voice the camera's lowest layer is all that goes out. */
  async onlyLowest(on: boolean): Promise<void> {
    if (this.lowestOnly === on) return;
    this.lowestOnly = on;
    await this.apply("camera");
  }

  private async apply(role: MediaRole): Promise<void> {
    const sending = this.byRole.get(role);
    if (!sending) return;
    const { sender } = sending.transceiver;
    const parameters = sender.getParameters() as Parameters;
    if (role === "screen") {
      // Text must stay legible: drop frames, never pixels.
      parameters.degradationPreference = "maintain-resolution";
    } else if (role === "camera") this.fit(parameters, sending);
    await sender.setParameters(parameters).catch(() => undefined);
  }

  private fit(parameters: Parameters, { transceiver, watched }: Sending): void {
    const { encodings } = parameters;
    const layers = fitLayers(encodings.length, sizeOf(transceiver.sender.track) ?? this.capture);
    for (const [index, encoding] of encodings.entries()) {
      const layer = layers[index];
      if (!layer) continue;
      encoding.scaleResolutionDownBy = layer.scaleResolutionDownBy;
      encoding.maxBitrate = layer.maxBitrate;
      const isWatched = encodings.length < 2 || watched === null || watched.has(encoding.rid ?? "");
      encoding.active = layer.fits && isWatched && (index === 0 || !this.lowestOnly);
    }
    // The one layer that a small picture has left always goes out, whoever watches what.
    if (encodings.length > 1 && !encodings.some((one) => one.active) && encodings[0])
      encodings[0].active = true;
  }
}

/** What the camera really delivers, which may be less than was asked of it. */
function sizeOf(track: MediaStreamTrack | null): Size | null {
  const { width, height } = track?.getSettings() ?? {};
  return width && height ? { width, height } : null;
}

// Which codecs and header extensions an m-line offers. Untrimmed, an offer of 31 m-lines is 144 kB and costs 0.7 s in the browser.

/** VP8 first: layers of it can always be rewritten. H264 for publishers whose device encodes it better. */
const VIDEO = ["video/vp8", "video/h264", "video/rtx"] as const;
/** Plain Opus first: RED costs three times the bits, and whoever sends it chooses it by naming it first. */
const AUDIO = ["audio/opus", "audio/red"] as const;

export type Purpose = "send" | "receive";

export interface Preferred {
  /** The camera of a device that encodes H264 in hardware. */
  h264First?: boolean;
  /** The voice that everybody must hear: each packet brings the last ones along. */
  redFirst?: boolean;
}

const nameOf = (codec: RTCRtpCodec) => codec.mimeType.toLowerCase();

/** What every browser decodes: constrained baseline with fragmentation units. */
const isBaseline = (codec: RTCRtpCodec) =>
  /profile-level-id=42e0/i.test(codec.sdpFmtpLine ?? "") &&
  /packetization-mode=1/.test(codec.sdpFmtpLine ?? "");

function isWanted(codec: RTCRtpCodec, kind: "audio" | "video"): boolean {
  const name = nameOf(codec);
  if (kind === "audio") return name === "audio/opus" || name === "audio/red";
  return name === "video/h264" ? isBaseline(codec) : name === "video/vp8" || name === "video/rtx";
}

/** Keeps what the relay forwards, the preferred first; an engine that has none of it keeps all and lets the answer decide. */
export function trimmed(
  codecs: readonly RTCRtpCodec[],
  kind: "audio" | "video",
  { h264First = false, redFirst = false }: Preferred = {},
): RTCRtpCodec[] {
  const first = h264First ? "video/h264" : redFirst ? "audio/red" : "";
  const names: readonly string[] = kind === "audio" ? AUDIO : VIDEO;
  const order = [...names].sort((a, b) => Number(b === first) - Number(a === first));
  const kept = codecs.filter((codec) => isWanted(codec, kind));
  if (!kept.some((codec) => !nameOf(codec).endsWith("/rtx"))) return [...codecs];
  return kept.sort((a, b) => order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)));
}

/** What the relay takes of RFC 8285's header extensions; each other one is a line in every m-line for nothing. */
const EXTENSIONS =
  /sdes:(mid|rtp-stream-id|repaired-rtp-stream-id)$|transport-wide-cc|abs-send-time|ssrc-audio-level|video-orientation|playout-delay/;

interface Extension {
  uri: string;
  direction: string;
}

type WithExtensions = RTCRtpTransceiver & {
  getHeaderExtensionsToNegotiate?: () => Extension[];
  setHeaderExtensionsToNegotiate?: (wanted: Extension[]) => void;
};

export function preferTrimmed(
  transceiver: WithExtensions,
  kind: "audio" | "video",
  purpose: Purpose,
  preferred: Preferred = {},
): void {
  const capabilities =
    purpose === "send" ? RTCRtpSender.getCapabilities(kind) : RTCRtpReceiver.getCapabilities(kind);
  try {
    if (capabilities) transceiver.setCodecPreferences(trimmed(capabilities.codecs, kind, preferred));
    const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
    if (!extensions) return;
    for (const one of extensions) if (!EXTENSIONS.test(one.uri)) one.direction = "stopped";
    transceiver.setHeaderExtensionsToNegotiate?.(extensions);
  } catch {
    // An engine that refuses the lists still works, only with a larger offer.
  }
}

/** Whether this device encodes H264 in hardware and VP8 not: then its camera prefers H264. False when nobody can say. */
export async function encodesH264Better(): Promise<boolean> {
  const ask = async (contentType: string) => {
    const video = { contentType, width: 1280, height: 720, bitrate: 1_700_000, framerate: 25 };
    const found = await navigator.mediaCapabilities.encodingInfo({ type: "webrtc", video });
    return found.supported && found.powerEfficient;
  };
  try {
    const [h264, vp8] = await Promise.all([ask("video/h264"), ask("video/vp8")]);
    return h264 && !vp8;
  } catch {
    return false;
  }
}

/**
 * Adds `a=rtcp-fb:<pt> nack` to Opus, which no browser offers by itself though Chromium and Firefox know it: a lost word is then
 * asked for again. Applied to the text before setLocalDescription, so that both ends hold the same.
 */
export function withAudioNack(sdp: string): string {
  return sdp
    .split(/(?=^m=)/m)
    .map((section) => {
      const pt = section.startsWith("m=audio")
        ? /^a=rtpmap:(\d+) opus\/48000/im.exec(section)?.[1]
        : undefined;
      if (pt === undefined || new RegExp(`^a=rtcp-fb:(${pt}|\\*) nack\\s*$`, "m").test(section))
        return section;
      return section.replace(
        new RegExp(`^(a=rtpmap:${pt} [^\\r\\n]*)(\\r?\\n)`, "m"),
        `$1$2a=rtcp-fb:${pt} nack$2`,
      );
    })
    .join("");
}

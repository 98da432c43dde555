// Microphones, cameras and speakers of this machine: asking for them, listing them, why they are refused, how loud they are.

export type DeviceTrouble = "refused" | "system" | "busy" | "missing" | "insecure";

export interface DeviceChoice {
  microphone: string;
  camera: string;
  speaker: string;
}

const STORE_KEY = "gd.devices";

export function storedChoice(): DeviceChoice {
  const none = { microphone: "", camera: "", speaker: "" };
  try {
    const kept = JSON.parse(localStorage.getItem(STORE_KEY) ?? "{}") as Partial<DeviceChoice>;
    return { ...none, ...kept };
  } catch {
    return none;
  }
}

export function storeChoice(choice: DeviceChoice): void {
  try {
    localStorage.setItem(STORE_KEY, JSON.stringify(choice));
  } catch {
    // Without storage the choice lasts until the page closes.
  }
}

export function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof DOMException ? error.name : "";
  const message = error instanceof Error ? error.message : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  // Chromium tells a refusal by the operating system from one by the person in words only.
  if (name === "NotAllowedError" && /system/i.test(message)) return "system";
  return "refused";
}

interface Capture {
  width: number;
  height: number;
  fps: number;
}

function microphoneWish(deviceId: string): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
  };
}

function cameraWish(deviceId: string, capture: Capture): MediaTrackConstraints {
  return {
    width: { ideal: capture.width },
    height: { ideal: capture.height },
    frameRate: { ideal: capture.fps, max: 30 },
    ...(deviceId ? { deviceId: { ideal: deviceId } } : { facingMode: "user" }),
  };
}

export async function openMicrophone(deviceId: string): Promise<MediaStreamTrack> {
  return firstTrack(await media({ audio: microphoneWish(deviceId) }));
}

export async function openCamera(deviceId: string, capture: Capture): Promise<MediaStreamTrack> {
  return firstTrack(await media({ video: cameraWish(deviceId, capture) }));
}

export async function openTogether(
  choice: DeviceChoice,
  capture: Capture,
): Promise<{ microphone: MediaStreamTrack; camera: MediaStreamTrack }> {
  const stream = await media({
    audio: microphoneWish(choice.microphone),
    video: cameraWish(choice.camera, capture),
  });
  return {
    microphone: firstTrack(new MediaStream(stream.getAudioTracks())),
    camera: firstTrack(new MediaStream(stream.getVideoTracks())),
  };
}

async function media(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no media devices", "SecurityError");
  return navigator.mediaDevices.getUserMedia(constraints);
}

function firstTrack(stream: MediaStream): MediaStreamTrack {
  const track = stream.getTracks()[0];
  if (!track) throw new DOMException("no track", "NotFoundError");
  return track;
}

/** What a share asks for: whole resolution, few pictures a second, and its sound as it is, neither filtered nor silenced here. */
const SCREEN_WISH = {
  video: { frameRate: { ideal: 5, max: 5 } },
  audio: {
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
    suppressLocalAudioPlayback: false,
  },
  systemAudio: "include",
} as DisplayMediaStreamOptions;

export async function openScreen(): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | null }> {
  const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN_WISH);
  const video = firstTrack(new MediaStream(stream.getVideoTracks()));
  video.contentHint = "detail";
  const audio = stream.getAudioTracks()[0] ?? null;
  if (audio) audio.contentHint = "music";
  return { video, audio };
}

export async function listDevices(): Promise<Record<keyof DeviceChoice, MediaDeviceInfo[]>> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  // Before permission every entry is nameless, which is no choice at all.
  const of = (kind: MediaDeviceKind) =>
    all.filter((device) => device.kind === kind && device.deviceId !== "");
  return { microphone: of("audioinput"), camera: of("videoinput"), speaker: of("audiooutput") };
}

/** Calls `onLevel` with 0–1 ten times a second, also while the track is muted; returns how to stop. */
export function watchLevel(source: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const track = source.clone();
  track.enabled = true;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const decibels = 20 * Math.log10(Math.sqrt(sum / samples.length) + 1e-6);
    onLevel(Math.min(1, Math.max(0, (decibels + 60) / 50)));
  }, 100);
  return () => {
    clearInterval(timer);
    track.stop();
    void context.close();
  };
}

/** Two soft notes on the chosen speaker, made here: no file to fetch. Resolves when they have faded. */
export async function playChime(speaker: string): Promise<void> {
  const context = new AudioContext();
  const sinkable = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speaker && sinkable.setSinkId) await sinkable.setSinkId(speaker).catch(() => undefined);
  const start = context.currentTime + 0.05;
  for (const [index, frequency] of [659.25, 880].entries()) {
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, start + index * 0.35);
    gain.gain.linearRampToValueAtTime(0.25, start + index * 0.35 + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, start + index * 0.35 + 0.8);
    tone.connect(gain).connect(context.destination);
    tone.start(start + index * 0.35);
    tone.stop(start + index * 0.35 + 0.85);
  }
  await new Promise((resolve) => setTimeout(resolve, 1300));
  await context.close();
}

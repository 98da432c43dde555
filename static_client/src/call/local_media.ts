// What this person sends: the three sources, whether each is on, and the tracks behind them. Prejoin opens it, the call
// takes it over, so the camera is asked for once.

import {
  type DeviceChoice,
  type DeviceTrouble,
  openCamera,
  openMicrophone,
  openScreen,
  openTogether,
  storeChoice,
  storedChoice,
  troubleOf,
} from "./devices";
import { CAPTURE } from "./encodings";

export type SourceState = "off" | "opening" | "on" | "unavailable";

export interface LocalState {
  microphone: SourceState;
  camera: SourceState;
  screen: SourceState;
  trouble: { source: "microphone" | "camera"; why: DeviceTrouble } | null;
  choice: DeviceChoice;
}

export class LocalMedia {
  private readonly tracks: Partial<
    Record<"microphone" | "camera" | "screen" | "screen_audio", MediaStreamTrack>
  > = {};
  private readonly listeners = new Set<() => void>();
  private current: LocalState = {
    microphone: "off",
    camera: "off",
    screen: "off",
    trouble: null,
    choice: storedChoice(),
  };

  constructor(readonly role: "lecturer" | "student") {}

  get state(): LocalState {
    return this.current;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): LocalState => this.current;

  track(role: "microphone" | "camera" | "screen" | "screen_audio"): MediaStreamTrack | null {
    return this.tracks[role] ?? null;
  }

  get capture() {
    return CAPTURE[this.role];
  }

  /** Opens both with one question to the person; what fails alone is tried alone, so that one missing device costs one. */
  async openBoth(): Promise<void> {
    this.set({ microphone: "opening", camera: "opening", trouble: null });
    try {
      const { microphone, camera } = await openTogether(this.current.choice, this.capture);
      this.take("microphone", microphone);
      this.take("camera", camera);
      this.set({ microphone: "on", camera: "on" });
    } catch {
      await this.setMicrophone(true);
      await this.setCamera(true);
    }
  }

  /** Muting keeps the device open: speaking again must be instant. */
  async setMicrophone(on: boolean): Promise<void> {
    if (!on) {
      if (this.tracks.microphone) this.tracks.microphone.enabled = false;
      this.set({ microphone: "off" });
      return;
    }
    if (!this.tracks.microphone || this.tracks.microphone.readyState === "ended") {
      if (!(await this.open("microphone"))) return;
    }
    if (this.tracks.microphone) this.tracks.microphone.enabled = true;
    this.set({ microphone: "on", trouble: this.clear("microphone") });
  }

  /** Turning the camera off closes it: its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    if (!on) {
      this.drop("camera");
      this.set({ camera: "off" });
      return;
    }
    if (!this.tracks.camera || this.tracks.camera.readyState === "ended") {
      if (!(await this.open("camera"))) return;
    }
    this.set({ camera: "on", trouble: this.clear("camera") });
  }

  /** Rejects when the person closes the browser's chooser. */
  async setScreen(on: boolean): Promise<void> {
    if (!on) {
      this.drop("screen");
      this.drop("screen_audio");
      this.set({ screen: "off" });
      return;
    }
    const { video, audio } = await openScreen();
    video.addEventListener("ended", () => void this.setScreen(false));
    this.tracks.screen = video;
    if (audio) this.tracks.screen_audio = audio;
    this.set({ screen: "on" });
  }

  /** Changes a device; what is on stays on. */
  async choose(choice: Partial<DeviceChoice>): Promise<void> {
    const before = this.current.choice;
    const next = { ...before, ...choice };
    storeChoice(next);
    this.set({ choice: next });
    if (next.microphone !== before.microphone && this.tracks.microphone) {
      const on = this.current.microphone === "on";
      this.drop("microphone");
      if ((await this.open("microphone")) && this.tracks.microphone) this.tracks.microphone.enabled = on;
      this.set({ microphone: on ? "on" : "off" });
    }
    if (next.camera !== before.camera && this.current.camera === "on") {
      this.drop("camera");
      await this.setCamera(true);
    }
  }

  close(): void {
    for (const role of ["microphone", "camera", "screen", "screen_audio"] as const) this.drop(role);
    this.set({ microphone: "off", camera: "off", screen: "off" });
  }

  private async open(source: "microphone" | "camera"): Promise<boolean> {
    this.set({ [source]: "opening" });
    try {
      const { choice } = this.current;
      const track =
        source === "microphone"
          ? await openMicrophone(choice.microphone)
          : await openCamera(choice.camera, this.capture);
      this.take(source, track);
      return true;
    } catch (error) {
      const why = window.isSecureContext ? troubleOf(error) : "insecure";
      this.set({ [source]: "unavailable", trouble: { source, why } });
      return false;
    }
  }

  private take(source: "microphone" | "camera", track: MediaStreamTrack): void {
    if (source === "camera") track.contentHint = "motion";
    track.addEventListener("ended", () => this.lost(source, track));
    this.tracks[source] = track;
  }

  /** Unplugged, or permission withdrawn while in use. */
  private lost(source: "microphone" | "camera", track: MediaStreamTrack): void {
    if (this.tracks[source] !== track) return;
    delete this.tracks[source];
    this.set({ [source]: "unavailable", trouble: { source, why: "missing" } });
  }

  private drop(role: "microphone" | "camera" | "screen" | "screen_audio"): void {
    const track = this.tracks[role];
    delete this.tracks[role];
    track?.stop();
  }

  private clear(source: "microphone" | "camera"): LocalState["trouble"] {
    return this.current.trouble?.source === source ? null : this.current.trouble;
  }

  private set(change: Partial<LocalState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}

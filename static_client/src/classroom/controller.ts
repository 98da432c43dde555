// What a person can do in the classroom, as methods: sends commands, switches local sources, keeps unsent chat. No React.
// The effects of a command come back as pushes; a refusal goes to `onProblem`.
import type { CallEvents, LessonCall } from "@/call/lesson_call";
import type { LocalMedia } from "@/call/local_media";
import type { SlotStream } from "@/call/peer";
import { asProblem, type ProblemError } from "@/wire/problem";
import type { AnyCommand } from "@/wire/protocol.gen";
import type { RoomState } from "./state";
import { RoomStore } from "./store";

const SAVING_KEY = "gd.saving";

function keepSaving(on: boolean): void {
  try {
    if (on) localStorage.setItem(SAVING_KEY, "1");
    else localStorage.removeItem(SAVING_KEY);
  } catch {
    // Without storage the wish lasts until the page closes.
  }
}

function keptSaving(): boolean {
  try {
    return localStorage.getItem(SAVING_KEY) === "1";
  } catch {
    return false;
  }
}

const hasFloor = (state: RoomState): boolean => state.floor.includes(state.me);

/** The part of the call that the classroom needs; the development fixture brings its own. */
export type CallFace = Pick<
  LessonCall,
  | "do"
  | "tryNow"
  | "setListenOnly"
  | "setSaving"
  | "wantVideoSlots"
  | "unlockSound"
  | "leave"
  | "close"
  | "start"
  | "view"
>;

export class RoomController {
  readonly store: RoomStore;
  readonly local: LocalMedia;
  private readonly call: CallFace;
  private streams: ReadonlyMap<string, SlotStream> = new Map();
  private readonly streamListeners = new Set<() => void>();
  private flushing = false;
  screenshotAskedAt = 0;
  /** Set by the page: shows why something was not done. */
  onProblem: (problem: ProblemError) => void = () => undefined;

  constructor(local: LocalMedia, listenOnly: boolean, makeCall: (events: CallEvents) => CallFace) {
    this.local = local;
    this.store = new RoomStore({ listenOnly });
    const { store } = this;
    this.call = makeCall({
      push: (push) => {
        const had = hasFloor(store.state);
        store.dispatch({ type: "push", push, atMs: Date.now() });
        if (had && !hasFloor(store.state)) void this.giveFloorBack();
        if (push.t === "joined" || push.t === "resumed") void this.flushChat();
      },
      lost: () => store.dispatch({ type: "lost", atMs: Date.now() }),
      retrying: (attempt) => store.dispatch({ type: "retrying", attempt, atMs: Date.now() }),
      refused: ({ code, params, incident }) => store.dispatch({ type: "refused", code, params, incident }),
      media: (media) => store.dispatch({ type: "media", media }),
      streams: (slots) => {
        this.streams = slots;
        for (const listener of this.streamListeners) listener();
      },
      quality: (quality) => store.dispatch({ type: "quality", quality }),
      soundBlocked: (blocked) => store.dispatch({ type: "sound_blocked", blocked }),
    });
  }

  start(): void {
    if (keptSaving()) this.setSaving(true);
    void this.call.start();
  }

  close(): void {
    this.call.close();
  }

  get view() {
    return this.call.view;
  }

  streamOf = (mid: string | null): MediaStream | null =>
    mid === null ? null : (this.streams.get(mid)?.stream ?? null);

  subscribeStreams = (listener: () => void): (() => void) => {
    this.streamListeners.add(listener);
    return () => this.streamListeners.delete(listener);
  };

  streamsSnapshot = (): ReadonlyMap<string, SlotStream> => this.streams;

  /** Sends a command; answers whether the server did it. */
  async do(command: AnyCommand): Promise<boolean> {
    try {
      await this.call.do(command);
      return true;
    } catch (error) {
      this.onProblem(asProblem(error));
      return false;
    }
  }

  /** While a device opens, the wish stands already. */
  async toggleMicrophone(): Promise<void> {
    if (this.local.state.microphone === "opening") return;
    await this.local.setMicrophone(this.local.state.microphone !== "on");
  }

  async toggleCamera(): Promise<void> {
    if (this.local.state.camera === "opening") return;
    await this.local.setCamera(this.local.state.camera !== "on");
  }

  /** Answers false when the person closed the browser's chooser or the browser refused. */
  async toggleScreen(): Promise<boolean> {
    try {
      await this.local.setScreen(this.local.state.screen !== "on");
      return true;
    } catch {
      return false;
    }
  }

  async toggleHand(): Promise<void> {
    const { hands, me } = this.store.state;
    const up = hands.some((hand) => hand.participant === me);
    await this.do(up ? { t: "lower_hand", participant: null } : { t: "raise_hand" });
  }

  /** Sound and still pages only; kept for the next lesson on this device, as a line that costs by the byte stays dear. */
  setSaving(on: boolean): void {
    keepSaving(on);
    this.store.dispatch({ type: "saving", on });
    this.call.setSaving(on);
    if (on && this.store.state.role === "student") void this.local.setCamera(false);
  }

  /** A larger gallery needs more places to receive in. */
  wantVideoSlots(count: number): void {
    this.call.wantVideoSlots(count);
  }

  setListenOnly(on: boolean): void {
    this.store.dispatch({ type: "listen_only", on });
    this.call.setListenOnly(on);
    if (on) void this.local.setCamera(false);
  }

  async acceptInvitation(): Promise<void> {
    this.store.dispatch({ type: "invitation_answered" });
    await this.local.setMicrophone(true);
  }

  declineInvitation(): void {
    this.store.dispatch({ type: "invitation_answered" });
  }

  async answerMute(mute: boolean): Promise<void> {
    this.store.dispatch({ type: "mute_answered" });
    if (mute) await this.local.setMicrophone(false);
  }

  /** The turn to speak is over: what only a speaker sends stops here too. */
  private async giveFloorBack(): Promise<void> {
    if (this.store.state.role === "lecturer") return;
    await this.local.setMicrophone(false);
    if (this.local.state.screen === "on") await this.local.setScreen(false);
  }

  /** Shown at once as waiting; sent now or when the line is back, once, whatever happens in between. */
  postChat(text: string): void {
    const trimmed = text.normalize("NFC").trim();
    if (trimmed === "") return;
    const message = crypto.randomUUID();
    this.store.dispatch({ type: "chat_pending", message, text: trimmed, atMs: Date.now() });
    void this.flushChat();
  }

  retryChat(message: string): void {
    const pending = this.store.state.pendingChat.find((one) => one.message === message);
    if (!pending) return;
    this.store.dispatch({ type: "chat_pending", ...pending });
    void this.flushChat();
  }

  private async flushChat(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (const { message, text, failed } of this.store.state.pendingChat) {
        if (failed) continue;
        try {
          await this.call.do({ t: "post_chat", message, text });
        } catch (error) {
          const problem = asProblem(error);
          // Without a line it simply waits; the same id makes a second sending harmless.
          if (problem.code.startsWith("client.")) return;
          this.store.dispatch({ type: "chat_failed", message });
          this.onProblem(problem);
        }
      }
    } finally {
      this.flushing = false;
    }
  }

  /** Asks for one more picture of evidence; `screenshotAskedAt` tells that the next one is this person's. */
  async takeScreenshot(): Promise<void> {
    this.screenshotAskedAt = Date.now();
    await this.do({ t: "take_screenshot" });
  }

  tryNow(): void {
    this.call.tryNow();
  }

  unlockSound(): void {
    this.call.unlockSound();
  }

  async leave(): Promise<void> {
    await this.call.leave();
    this.store.dispatch({ type: "left", atMs: this.serverNowMs() });
  }

  serverNowMs(): number {
    return Date.now() + this.store.state.clockOffsetMs;
  }
}

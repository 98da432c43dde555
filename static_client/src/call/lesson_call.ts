// One person's presence in one live lesson: ticket, socket, media path and local sources working together. No React. The
// classroom hears of everything through `CallEvents`; what it means is decided in its reducer.
import { api } from "@/wire/api";
import { deviceId } from "@/wire/device";
import { LessonSocket } from "@/wire/lesson_socket";
import { asProblem, ProblemError } from "@/wire/problem";
import type { AnyCommand, Connect, RoomPolicy, SeatPush, Ticket } from "@/wire/protocol.gen";
import { Seat } from "@/wire/seat";
import { AudioSinks } from "./audio_sinks";
import { ClaimMeter } from "./claim";
import { Hearing, packetsBySlot } from "./hearing";
import type { LocalMedia } from "./local_media";
import { MediaPath, type MediaState, type PlanFace } from "./media_path";
import type { PendingOffer, SlotStream } from "./peer";
import type { Quality } from "./quality";
import type { MediaRole } from "./senders";
import { ViewReport } from "./view_report";

const PROTOCOL_VERSION = 1;
const DEFAULT_SLOTS = { video: 11, audio: 5 };
/** A student with the floor may show a screen, so its m-lines are in every offer. */
const PUBLISHED: readonly MediaRole[] = ["microphone", "camera", "screen", "screen_audio"];
/** A ticket lives 60 s; one older than this is not worth sending. */
const TICKET_LIFE_MS = 45_000;
/** Refusals that a fresh ticket may cure; after so many in a row the person is told. */
const MAX_TICKET_TRIES = 4;

export interface CallWish {
  lesson: string;
  local: LocalMedia;
  listenOnly: boolean;
  takeOver: boolean;
  /** The one that prejoin already fetched, if it is fresh. */
  ticket: Ticket | null;
}

export interface CallEvents {
  push: (push: SeatPush) => void;
  lost: () => void;
  retrying: (attempt: number) => void;
  refused: (problem: ProblemError) => void;
  media: (state: MediaState) => void;
  streams: (slots: ReadonlyMap<string, SlotStream>) => void;
  quality: (quality: Quality) => void;
  soundBlocked: (blocked: boolean) => void;
}

export class LessonCall {
  readonly view: ViewReport;
  private readonly seat = new Seat();
  private readonly path: MediaPath;
  private readonly sinks: AudioSinks;
  private readonly hearing = new Hearing();
  private claims = new ClaimMeter();
  private socket: LessonSocket | null = null;
  private ticket: { ticket: Ticket; atMs: number } | null = null;
  private ticketTries = 0;
  private policy: RoomPolicy | null = null;
  private me = "";
  private soundBlocked = false;
  private saving = false;
  private saidMedia = "";
  private stopLocal: (() => void) | null = null;
  private closed = false;

  constructor(
    private readonly wish: CallWish,
    private readonly events: CallEvents,
  ) {
    this.view = new ViewReport((view) => this.tell(view));
    this.view.set({ listenOnly: wish.listenOnly });
    this.sinks = new AudioSinks((blocked) => {
      this.soundBlocked = blocked;
      events.soundBlocked(blocked);
    });
    this.sinks.playOn(wish.local.state.choice.speaker);
    this.path = new MediaPath({
      state: events.media,
      streams: (slots) => {
        const audio = [...slots].filter(([, slot]) => slot.kind === "audio");
        this.sinks.show(new Map(audio.map(([mid, slot]) => [mid, slot.stream])));
        events.streams(slots);
      },
      quality: events.quality,
      looked: (report, atMs) => this.claim(report, atMs),
      offer: (offer) => this.askOffer(offer),
      hopeless: () => this.rejoin(),
    });
    this.path.sends((role) => wish.local.track(role));
    if (wish.ticket) {
      this.ticket = { ticket: wish.ticket, atMs: performance.now() };
      this.path.relayThrough(wish.ticket.ice_servers);
    }
  }

  /** Joins; everything after is told through the events. */
  async start(): Promise<void> {
    try {
      // The offer is made while the ticket is fetched.
      if (!this.ticket) void this.path.prepare(this.plan()).catch(() => undefined);
      const ticket = await this.freshTicket();
      if (this.closed) return;
      this.socket = new LessonSocket(ticket.url || location.origin, {
        prepare: () => this.prepare(),
        push: (push) => void this.take(push),
        lost: (clean) => !clean && this.events.lost(),
        failed: (attempt, problem) => this.mayRetry(attempt, problem),
      });
      this.stopLocal = this.wish.local.subscribe(() => void this.localChanged());
      this.socket.open();
    } catch (error) {
      if (!this.closed) this.events.refused(asProblem(error));
    }
  }

  /** Sends a command; rejects with the problem when the server will not do it. */
  async do(command: AnyCommand): Promise<void> {
    if (!this.socket) throw new ProblemError("client.not_connected");
    await this.socket.do(command);
  }

  tryNow(): void {
    this.socket?.tryNow();
  }

  wantVideoSlots(count: number): void {
    void this.path.wantVideoSlots(count);
  }

  setListenOnly(listenOnly: boolean): void {
    this.view.set({ listenOnly });
  }

  /** Sound and still pages only: asked of the server, and no more sent than the smallest picture. */
  setSaving(saving: boolean): void {
    this.view.set({ saving });
    this.saving = saving;
    void this.path.sendLowestOnly(saving);
  }

  unlockSound(): void {
    this.sinks.unlock();
  }

  async leave(): Promise<void> {
    await this.do({ t: "leave" }).catch(() => undefined);
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopLocal?.();
    this.view.close();
    this.socket?.close();
    this.path.close();
    this.sinks.close();
    this.wish.local.close();
  }

  private async freshTicket(): Promise<Ticket> {
    const kept = this.ticket;
    if (kept && performance.now() - kept.atMs < TICKET_LIFE_MS) return kept.ticket;
    const ticket = await api.ticket(this.wish.lesson, deviceId());
    this.ticket = { ticket, atMs: performance.now() };
    this.path.relayThrough(ticket.ice_servers);
    return ticket;
  }

  private plan(): PlanFace {
    return {
      publish: PUBLISHED,
      teaches: this.wish.local.role === "lecturer",
      capture: this.wish.local.capture,
      videoSlots: Math.min(25, this.policy?.video_slots || DEFAULT_SLOTS.video),
      audioSlots: Math.min(6, this.policy?.audio_slots || DEFAULT_SLOTS.audio),
    };
  }

  private async prepare(): Promise<Connect> {
    const offer = await this.path.prepare(this.plan());
    const session = this.seat.session;
    let ticket: string | null = null;
    if (!session) {
      ticket = (await this.freshTicket()).ticket;
      // One use: the next attempt fetches another.
      this.ticket = null;
    }
    return {
      v: PROTOCOL_VERSION,
      ticket,
      session,
      offer: offer?.sdp ?? null,
      media: offer?.media ?? [],
      device: deviceId(),
      take_over: this.wish.takeOver,
      listen_only: this.view.isListenOnly,
    };
  }

  private async take(push: SeatPush): Promise<void> {
    const verdict = this.seat.take(push);
    if (verdict === "known") return;
    if (verdict === "hole") {
      this.socket?.reopen();
      return;
    }
    this.events.push(push);
    switch (push.t) {
      case "joined":
        this.ticketTries = 0;
        this.policy = push.policy;
        this.hearing.forget();
        this.claims = new ClaimMeter();
        this.me = push.me;
        this.hearing.people(push.roster, push.me);
        this.hearing.assigned(push.slots);
        this.hearing.aside(push.visibility.aside, push.me);
        this.saidMedia = "";
        this.path.relayThrough(push.ice_servers);
        if (push.answer) await this.path.adopt(push.answer);
        this.view.repeat();
        await this.localChanged();
        break;
      case "resumed":
        this.ticketTries = 0;
        this.path.keep();
        await this.localChanged();
        break;
      case "roster_changed":
        this.hearing.people(push.people, this.me);
        break;
      case "visibility_changed":
        this.hearing.aside(push.visibility.aside, this.me);
        break;
      case "slots_changed":
        this.hearing.assigned(push.slots);
        break;
      case "ice_answered":
        await this.path.answered("restart", push.gen, push.sdp);
        break;
      case "ice_servers_changed":
        this.path.relayThrough(push.ice_servers);
        break;
      case "answered":
        await this.path.answered("grow", push.n, push.sdp);
        break;
      case "profile_changed":
        await this.path.sendLowestOnly(this.saving || push.profile === "audio_and_stills");
        break;
      case "line_changed":
        this.path.lineTold({
          rttMs: push.rtt_ms > 0 ? push.rtt_ms : null,
          lossUp: push.loss_up_ppm < 0 ? null : push.loss_up_ppm / 1e6,
          lossDown: push.loss_down_ppm < 0 ? null : push.loss_down_ppm / 1e6,
        });
        break;
      case "layers_changed":
        await this.path.setActiveLayers(push.mid, push.active);
        break;
      case "removed":
        this.close();
        break;
      case "lesson_changed":
        if (push.lesson.state === "ended" || push.lesson.state === "sheet_open") this.stopMedia();
        break;
    }
  }

  /** The lesson is over: nothing is sent or heard any more, the last words still arrive. */
  private stopMedia(): void {
    this.path.close();
    this.wish.local.close();
  }

  private async localChanged(): Promise<void> {
    if (this.closed) return;
    const { local } = this.wish;
    this.sinks.playOn(local.state.choice.speaker);
    for (const role of ["microphone", "camera", "screen", "screen_audio"] as const) {
      await this.path.send(role, local.track(role));
    }
    const { microphone, camera, screen } = local.state;
    const media = { microphone: microphone === "on", camera: camera === "on", screen: screen === "on" };
    const text = JSON.stringify(media);
    if (text === this.saidMedia || !this.socket?.connected) return;
    this.saidMedia = text;
    this.tell({ t: "set_media", ...media });
  }

  /** What this browser can say of how the lesson comes through; shown by the server as a claim. */
  private claim(report: RTCStatsReport, atMs: number): void {
    const hears = this.hearing.judge(packetsBySlot(report), this.soundBlocked, atMs);
    if (hears !== null) this.tell({ t: "hears", hears });
    const quality = this.claims.add(report, this.hearing.voiceMid, atMs);
    if (quality) this.tell({ t: "report_quality", ...quality });
  }

  private askOffer(offer: PendingOffer): void {
    const { number, sdp } = offer;
    const command: AnyCommand =
      offer.kind === "restart"
        ? { t: "restart_ice", gen: number, sdp }
        : { t: "offer", n: number, sdp, media: offer.media };
    this.do(command).catch((error: unknown) => {
      const { code } = asProblem(error);
      // Not connected or late: the same number goes out again.
      if (code.startsWith("client.") || code === "room.stale_offer") return;
      // More slots were a wish; without a path the server does not know this peer.
      if (offer.kind === "grow" && code !== "room.no_media") void this.path.refused(offer);
      else this.rejoin();
    });
  }

  /** Gives the seat's media up and joins afresh, as the same person. */
  private rejoin(): void {
    this.seat.forget();
    this.socket?.reopen();
  }

  private mayRetry(attempt: number, problem: ProblemError | null): boolean {
    if (problem && !problem.code.startsWith("client.")) {
      // A refused session or ticket says nothing about the person: a fresh ticket does.
      const curable =
        this.seat.session !== null || /^(ticket\.|room\.(busy|moved|elsewhere)$)/.test(problem.code);
      this.seat.forget();
      if (!curable || ++this.ticketTries > MAX_TICKET_TRIES) {
        this.events.refused(problem);
        this.close();
        return false;
      }
    }
    this.events.retrying(attempt);
    return true;
  }

  /** A wish whose refusal changes nothing for the person: reported state, not an act. */
  private tell(command: AnyCommand): void {
    this.do(command).catch(() => {
      if (command.t === "set_media") this.saidMedia = "";
    });
  }
}

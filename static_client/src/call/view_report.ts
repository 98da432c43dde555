// Tells the server which tiles are on the screen and how large, so that it sends no more than is shown.
import type { SetView, WantedTile } from "@/wire/protocol.gen";

/** One report gathers the changes of so long: turning a page is many of them, resizing a window one per frame. */
const GATHER_MS = 150;
/** Sizes are told in steps, so that a scrollbar does not change the layer. */
const STEP_PX = 16;
const MAX_TILES = 25;

type Role = WantedTile["role"];

export class ViewReport {
  private readonly tiles = new Map<string, WantedTile>();
  private pinned: string | null = null;
  private listenOnly = false;
  private profile: SetView["profile"] = "full";
  private rev = 0;
  private said = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (view: SetView) => void) {}

  /** A tile is on the screen with this size in device pixels. */
  show(participant: string, role: Role, width: number, height: number): void {
    const step = (px: number) => Math.min(8192, Math.ceil(px / STEP_PX) * STEP_PX);
    this.tiles.set(`${participant}/${role}`, { participant, role, width: step(width), height: step(height) });
    this.later();
  }

  hide(participant: string, role: Role): void {
    if (this.tiles.delete(`${participant}/${role}`)) this.later();
  }

  set(options: { pinned?: string | null; listenOnly?: boolean; saving?: boolean }): void {
    if (options.saving !== undefined) this.profile = options.saving ? "audio_and_stills" : "full";
    if (options.pinned !== undefined) this.pinned = options.pinned;
    if (options.listenOnly !== undefined) this.listenOnly = options.listenOnly;
    this.later();
  }

  get isListenOnly(): boolean {
    return this.listenOnly;
  }

  /** The server has forgotten the view (a new seat): say it again. */
  repeat(): void {
    this.said = "";
    this.later();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.report();
    }, GATHER_MS);
  }

  private report(): void {
    const tiles = this.listenOnly
      ? [...this.tiles.values()].filter((tile) => tile.role === "screen")
      : [...this.tiles.values()];
    tiles.sort((a, b) => b.width * b.height - a.width * a.height);
    const view = {
      tiles: tiles.slice(0, MAX_TILES),
      pinned: this.pinned,
      listen_only: this.listenOnly,
      profile: this.profile,
    };
    const text = JSON.stringify(view);
    if (text === this.said) return;
    this.said = text;
    this.rev += 1;
    this.send({ t: "set_view", rev: this.rev, ...view });
  }
}

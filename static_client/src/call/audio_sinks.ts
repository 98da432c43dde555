// Plays the audio slots. Browsers may hold sound back until the page is pressed; then one press starts all.

export class AudioSinks {
  private readonly players = new Map<string, HTMLAudioElement>();
  private speaker = "";
  private blocked = false;

  constructor(private readonly onBlocked: (blocked: boolean) => void) {}

  /** Plays exactly these streams, by slot. */
  show(streams: ReadonlyMap<string, MediaStream>): void {
    for (const [mid, player] of this.players) {
      if (streams.has(mid)) continue;
      player.srcObject = null;
      player.remove();
      this.players.delete(mid);
    }
    for (const [mid, stream] of streams) {
      const known = this.players.get(mid);
      if (known?.srcObject === stream) continue;
      const player = known ?? this.addPlayer(mid);
      player.srcObject = stream;
      void this.play(player);
    }
  }

  /** Called from a press: the browser allows sound from now on. */
  unlock(): void {
    for (const player of this.players.values()) void this.play(player);
  }

  playOn(deviceId: string): void {
    this.speaker = deviceId;
    for (const player of this.players.values()) void this.route(player);
  }

  close(): void {
    this.show(new Map());
  }

  private addPlayer(mid: string): HTMLAudioElement {
    const player = document.createElement("audio");
    player.autoplay = true;
    player.setAttribute("playsinline", "");
    player.dataset.slot = mid;
    player.hidden = true;
    document.body.append(player);
    this.players.set(mid, player);
    void this.route(player);
    return player;
  }

  private async route(player: HTMLAudioElement): Promise<void> {
    const sinkable = player as HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };
    if (!sinkable.setSinkId || (this.speaker === "" && !player.dataset.routed)) return;
    player.dataset.routed = "yes";
    await sinkable.setSinkId(this.speaker).catch(() => undefined);
  }

  private async play(player: HTMLAudioElement): Promise<void> {
    try {
      await player.play();
      this.setBlocked(false);
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.setBlocked(true);
    }
  }

  private setBlocked(blocked: boolean): void {
    if (blocked === this.blocked) return;
    this.blocked = blocked;
    this.onBlocked(blocked);
  }
}

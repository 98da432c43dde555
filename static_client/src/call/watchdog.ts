// Notices within 1.5 s that nothing arrives any more, long before ICE does (5.7 s). Pure: it is told what was counted and when.

export interface Counted {
  atMs: number;
  /** RTP and RTCP packets received on the transport. */
  packets: number;
  /** Answers to our own connectivity checks: the only sign of life when nobody speaks or shows anything. */
  checks: number;
}

/** Silence on a line that was carrying media. */
const MEDIA_SILENCE_MS = 1_500;
/** Silence on a quiet line: browsers check every 2.5 s, two may be lost. */
const QUIET_SILENCE_MS = 8_000;
/** Right after the socket came back the address has probably changed: do not wait long. */
const RETURN_SILENCE_MS = 500;
/** After a restart the path gets this long before the next one. */
const RESTART_PAUSE_MS = 3_000;
const BUSY_PACKETS_PER_S = 5;

export class Watchdog {
  private last: Counted | null = null;
  private packetsAt = 0;
  private lifeAt = 0;
  private busy = false;
  private returnedAt: number | null = null;
  private pausedUntil = 0;

  /** Forget everything: a new peer connection, or one just connected. */
  reset(atMs: number): void {
    this.last = null;
    this.packetsAt = atMs;
    this.lifeAt = atMs;
    this.busy = false;
    this.returnedAt = null;
  }

  /** The socket was away and is back. */
  socketReturned(atMs: number): void {
    this.returnedAt = atMs;
  }

  restarted(atMs: number): void {
    this.pausedUntil = atMs + RESTART_PAUSE_MS;
    this.returnedAt = null;
  }

  /** Whether the path should be restarted now. */
  isSilent(now: Counted): boolean {
    const before = this.last;
    this.last = now;
    if (!before) {
      this.packetsAt = now.atMs;
      this.lifeAt = now.atMs;
      return false;
    }
    const seconds = Math.max(0.1, (now.atMs - before.atMs) / 1000);
    const arrived = now.packets - before.packets;
    if (arrived > 0) {
      this.packetsAt = now.atMs;
      this.busy = arrived / seconds >= BUSY_PACKETS_PER_S;
    }
    if (arrived > 0 || now.checks > before.checks) {
      this.lifeAt = now.atMs;
      if (this.returnedAt !== null && now.atMs > this.returnedAt) this.returnedAt = null;
    }
    if (now.atMs < this.pausedUntil) return false;
    if (this.returnedAt !== null && now.atMs - this.returnedAt >= RETURN_SILENCE_MS && this.busy) return true;
    if (now.checks > before.checks && arrived <= 0 && now.atMs - this.packetsAt >= MEDIA_SILENCE_MS) {
      // Checks still come through: the path lives and the room has simply gone quiet.
      this.busy = false;
      return false;
    }
    const limit = this.busy ? MEDIA_SILENCE_MS : QUIET_SILENCE_MS;
    const since = this.busy ? this.packetsAt : this.lifeAt;
    return now.atMs - since >= limit;
  }
}

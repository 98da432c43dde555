// The seat a browser holds in a lesson: which session, and up to which push it has seen. Decides for each push whether it
// is new, already known, or comes after a hole.
import type { HeldSession, SeatPush } from "./protocol.gen";

export type Verdict = "new" | "known" | "hole";

export class Seat {
  private held: HeldSession | null = null;

  /** What to bring along when connecting again; null: nothing held, a ticket is needed. */
  get session(): HeldSession | null {
    return this.held;
  }

  /** Judges a push and moves on when it is new. A `joined` starts the counting afresh. */
  take(push: SeatPush): Verdict {
    if (push.t === "joined") {
      this.held = { id: push.session.id, epoch: push.session.epoch, seq: push.seq };
      return "new";
    }
    if (!this.held) return "hole";
    if (push.t === "resumed") return push.epoch === this.held.epoch ? "new" : "hole";
    if (push.seq <= this.held.seq) return "known";
    if (push.seq > this.held.seq + 1) return "hole";
    this.held = { ...this.held, seq: push.seq };
    return "new";
  }

  /** The server no longer knows the session: the next connection needs a ticket. */
  forget(): void {
    this.held = null;
  }
}

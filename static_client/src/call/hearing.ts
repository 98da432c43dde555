// Whether the lecturer is audible here: the browser's own claim, for the strip's "không nghe được". Pure.
import type { RosterEntry, SlotAssignment } from "@/wire/protocol.gen";

/** Opus with DTX still sends a pair of packets every 400 ms; three seconds without any is silence on the line. */
const SILENCE_MS = 3_000;

export class Hearing {
  private lecturers = new Map<string, boolean>();
  private slots: readonly SlotAssignment[] = [];
  private readonly heardAt = new Map<string, { packets: number; atMs: number }>();
  private claimed: boolean | null = null;
  private apart = false;

  /** `me` never has to hear itself. */
  people(entries: readonly RosterEntry[], me: string): void {
    for (const entry of entries) {
      if (entry.role !== "lecturer" || entry.participant === me) continue;
      this.lecturers.set(entry.participant, entry.presence === "present" && entry.microphone);
    }
  }

  /** In a talk aside only its two hear each other: who is out of it cannot tell how the line is. */
  aside(people: readonly string[], me: string): void {
    const apart = people.length > 0 && !people.includes(me);
    if (this.apart && !apart) this.heardAt.clear();
    this.apart = apart;
  }

  assigned(slots: readonly SlotAssignment[]): void {
    this.slots = slots;
  }

  /** The slot in which the voice of a lecturer who speaks arrives. */
  get voiceMid(): string | null {
    const voice = this.slots.find(
      ({ participant, role }) =>
        role === "microphone" && participant !== null && this.lecturers.get(participant),
    );
    return voice?.mid ?? null;
  }

  /** `packets` received so far per slot. Answers a claim when it changed, null otherwise. */
  judge(packets: ReadonlyMap<string, number>, soundBlocked: boolean, atMs: number): boolean | null {
    if (this.apart) return null;
    let speaks = false;
    let hears = false;
    for (const [participant, microphone] of this.lecturers) {
      if (!microphone) continue;
      speaks = true;
      const slot = this.slots.find((one) => one.participant === participant && one.role === "microphone");
      if (!slot) continue;
      const count = packets.get(slot.mid) ?? 0;
      const before = this.heardAt.get(slot.mid);
      if (!before || count > before.packets) this.heardAt.set(slot.mid, { packets: count, atMs });
      const since = this.heardAt.get(slot.mid)?.atMs ?? atMs;
      if (count > 0 && atMs - since < SILENCE_MS) hears = true;
    }
    const claim = hears && !soundBlocked;
    // A lecturer with the microphone off is heard by nobody, which says nothing about this line.
    if (!speaks || claim === this.claimed) return null;
    this.claimed = claim;
    return claim;
  }

  /** A new seat knows nothing of earlier claims. */
  forget(): void {
    this.claimed = null;
    this.heardAt.clear();
  }
}

/** RTP packets received so far, by slot. */
export function packetsBySlot(report: RTCStatsReport): Map<string, number> {
  const out = new Map<string, number>();
  report.forEach((entry: Record<string, unknown>) => {
    if (
      entry.type === "inbound-rtp" &&
      typeof entry.mid === "string" &&
      typeof entry.packetsReceived === "number"
    ) {
      out.set(entry.mid, entry.packetsReceived);
    }
  });
  return out;
}

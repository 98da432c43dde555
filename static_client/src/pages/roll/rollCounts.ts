// Counts of a roll as the sheet prints them; the decided mark counts where there is one, else the machine's.
import type { RollRow } from "@/wire/protocol.gen";

export interface RollCounts {
  total: number;
  present: number;
  excused: number;
  unexcused: number;
  late: number;
  early: number;
  unclear: number;
}

export function markOf(row: RollRow): string {
  return row.final_mark ?? row.machine_mark;
}

export function flagsOf(row: RollRow): readonly string[] {
  return row.final_mark === null ? row.machine_flags : row.final_flags;
}

export function isOverridden(row: RollRow): boolean {
  return row.override_reason !== "";
}

export function countRoll(rows: readonly RollRow[]): RollCounts {
  const by = (mark: string) => rows.filter((row) => markOf(row) === mark).length;
  const flagged = (flag: string) => rows.filter((row) => flagsOf(row).includes(flag)).length;
  return {
    total: rows.length,
    present: by("CM"),
    excused: by("P"),
    unexcused: by("K"),
    late: flagged("M"),
    early: flagged("S"),
    unclear: by("?"),
  };
}

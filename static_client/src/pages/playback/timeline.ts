// One clock for several files: which tracks play at a moment, where each must be, and what the person may jump to. Pure.
import type { RecordingGapShape, Track } from "@/wire/protocol.gen";

/** A file further off than this from the common clock is moved. */
export const MAX_DRIFT_S = 0.15;

export function isActive(track: Pick<Track, "start_ms" | "end_ms">, atMs: number): boolean {
  return atMs >= track.start_ms && atMs < track.end_ms;
}

/** Where the file of `track` must be, in seconds, at `atMs` of the lesson. */
export function placeIn(track: Pick<Track, "start_ms">, atMs: number): number {
  return Math.max(0, (atMs - track.start_ms) / 1000);
}

export function mustSeek(currentS: number, wantedS: number): boolean {
  return Math.abs(currentS - wantedS) > MAX_DRIFT_S;
}

const VIDEO_ORDER = ["screen", "camera"];

/** What the stage shows: a shared screen before a camera; of cameras the lecturer's (listed first by the server). */
export function stageTrack(tracks: readonly Track[], atMs: number): Track | null {
  const active = tracks.filter((track) => track.kind === "video" && isActive(track, atMs));
  for (const role of VIDEO_ORDER) {
    const found = active.find((track) => track.role === role);
    if (found) return found;
  }
  return null;
}

/** Cameras beside the stage at this moment, without the one on it. */
export function sideTracks(tracks: readonly Track[], atMs: number, stage: Track | null): Track[] {
  return tracks.filter(
    (track) =>
      track.kind === "video" && track.role === "camera" && track.url !== stage?.url && isActive(track, atMs),
  );
}

/** The gap that `atMs` lies in. */
export function gapAt(gaps: readonly RecordingGapShape[], atMs: number): RecordingGapShape | null {
  return gaps.find((gap) => atMs >= gap.from_ms && atMs < gap.to_ms) ?? null;
}

/** Lines of chat near `atMs`: the last `count` that have been said by then. */
export function chatUntil<L extends { at_ms: number }>(chat: readonly L[], atMs: number, count: number): L[] {
  return chat.filter((line) => line.at_ms <= atMs).slice(-count);
}

export function clampTo(durationMs: number, atMs: number): number {
  return Math.min(Math.max(0, atMs), durationMs);
}

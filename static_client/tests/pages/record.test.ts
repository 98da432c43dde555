import { describe, expect, it } from "vitest";
import { chatUntil, clampTo, gapAt, mustSeek, placeIn, stageTrack } from "@/pages/playback/timeline";
import { countRoll } from "@/pages/roll/rollCounts";
import type { RollRow, Track } from "@/wire/protocol.gen";

function track(role: string, start_ms: number, end_ms: number): Track {
  const kind = role === "microphone" || role === "screen_audio" ? "audio" : "video";
  return {
    url: `${role}-${start_ms}`,
    person_name: "",
    participant: "",
    role,
    kind,
    mime: "",
    start_ms,
    end_ms,
  };
}

describe("playback", () => {
  const tracks = [
    track("camera", 0, 60_000),
    track("screen", 20_000, 40_000),
    track("microphone", 0, 60_000),
  ];

  it("shows a shared screen while there is one and the camera otherwise", () => {
    expect(stageTrack(tracks, 10_000)?.role).toBe("camera");
    expect(stageTrack(tracks, 20_000)?.role).toBe("screen");
    expect(stageTrack(tracks, 40_000)?.role).toBe("camera");
    expect(stageTrack(tracks, 60_000)).toBeNull();
  });

  it("places a file that began later at its own beginning", () => {
    expect(placeIn({ start_ms: 20_000 }, 21_500)).toBe(1.5);
    expect(placeIn({ start_ms: 20_000 }, 3_000)).toBe(0);
  });

  it("moves a file only when it is audibly off", () => {
    expect(mustSeek(10, 10.1)).toBe(false);
    expect(mustSeek(10, 10.4)).toBe(true);
  });

  it("names the gap one is in and stays within the recording", () => {
    const gaps = [{ from_ms: 5_000, to_ms: 8_000, reason: "recorder_down" }];
    expect(gapAt(gaps, 6_000)?.reason).toBe("recorder_down");
    expect(gapAt(gaps, 8_000)).toBeNull();
    expect(clampTo(60_000, 70_000)).toBe(60_000);
  });

  it("shows the last lines of chat that had been said", () => {
    const chat = [{ at_ms: 1 }, { at_ms: 2 }, { at_ms: 3 }, { at_ms: 9 }];
    expect(chatUntil(chat, 3, 2)).toEqual([{ at_ms: 2 }, { at_ms: 3 }]);
  });
});

describe("the counts of a roll", () => {
  const row = (machine_mark: string, change: Partial<RollRow> = {}) =>
    ({
      machine_mark,
      machine_flags: [],
      final_mark: null,
      final_flags: [],
      override_reason: "",
      ...change,
    }) as unknown as RollRow;

  it("take the lecturer's decision over the machine's proposal", () => {
    const rows = [row("CM", { machine_flags: ["M"] }), row("K", { final_mark: "P" }), row("K"), row("?")];
    expect(countRoll(rows)).toEqual({
      total: 4,
      present: 1,
      excused: 1,
      unexcused: 1,
      late: 1,
      early: 0,
      unclear: 1,
    });
  });
});

import { describe, expect, it } from "vitest";
import { isHeard, reach } from "@/classroom/reach";
import type { RoomState } from "@/classroom/state";
import { joined, LESSON, person, push, ROSTER, stateAfter } from "./kit";

const CAMERA = person("cam", "Trần Thị Thu Hương", { role: "device", purpose: "camera" });
const seen = (change: Parameters<typeof joined>[0] = {}): RoomState =>
  stateAfter(push(joined({ roster: [...ROSTER, CAMERA], ...change })));
const why = (state: RoomState, them: string) => reach(state, them).why;

describe("who is out of reach is told why", () => {
  it("in an open lesson nobody is", () => {
    for (const them of ["gv", "an", "cam", "anh"]) expect(why(seen(), them)).toBeNull();
  });

  it("in the lobby and in test mode other students are, the lecturer and the lecturer's camera are not", () => {
    const lobby = seen({ lesson: { ...LESSON, state: "lobby" } });
    const exam = seen({ visibility: { mode: "exam", aside: [] } });
    expect([why(lobby, "an"), why(exam, "an")]).toEqual(["room.tile.apart.lobby", "room.tile.apart.exam"]);
    for (const them of ["gv", "cam", "anh"])
      expect([why(lobby, them), why(exam, them)]).toEqual([null, null]);
  });

  it("with staff-only cameras a student is heard but not seen, until they have the floor", () => {
    const hidden = seen({ visibility: { mode: "staff_cameras", aside: [] } });
    expect(reach(hidden, "an")).toMatchObject({ sees: false, hears: true });
    expect(why({ ...hidden, floor: ["an"] }, "an")).toBeNull();
  });

  it("the lecturer sees everybody in every mode", () => {
    const exam = seen({ me: "gv", role: "lecturer", visibility: { mode: "exam", aside: [] } });
    expect(why(exam, "an")).toBeNull();
  });

  it("a talk aside parts its two from the others, both ways, and shows no speaking ring to who cannot hear it", () => {
    const aside = { mode: "open", aside: ["gv", "dat"] };
    const outside = { ...seen({ visibility: aside }), speakers: ["gv"] };
    expect(why(outside, "gv")).toBe("room.tile.apart.aside");
    expect(isHeard(outside, "gv")).toBe(false);
    const inside = { ...seen({ me: "dat", visibility: aside }), speakers: ["gv"] };
    expect([why(inside, "gv"), why(inside, "an")]).toEqual([null, "room.tile.apart.outside"]);
    expect(isHeard(inside, "gv")).toBe(true);
  });
});

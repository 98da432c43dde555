import { describe, expect, test } from "vitest";
import { bringOntoPage, galleryOrder, periodAt } from "@/classroom/select";
import { joined, push, stateAfter } from "./kit";

describe("the gallery", () => {
  const state = stateAfter(push(joined()));

  test("has the lecturer first, then self, then the class by given name", () => {
    expect(galleryOrder(state, [])).toEqual(["gv", "anh", "an", "dat"]);
  });

  test("keeps everyone in place when somebody new comes", () => {
    expect(galleryOrder(state, ["gv", "anh", "dat"])).toEqual(["gv", "anh", "dat", "an"]);
  });

  test("a speaker who is off the page takes the place of somebody silent", () => {
    expect(bringOntoPage(["gv", "anh", "b", "c", "d"], 4, ["d"])).toEqual(["gv", "anh", "b", "d", "c"]);
    expect(bringOntoPage(["gv", "anh", "b", "c", "d"], 4, ["c"])).toEqual(["gv", "anh", "b", "c", "d"]);
  });
});

describe("periods", () => {
  const state = stateAfter(push(joined()));

  test("tell how long the period runs and when a break ends", () => {
    expect(periodAt(state, 9 * 60e6)).toMatchObject({ kind: "period", no: 1, total: 2, minutesLeft: 36 });
    expect(periodAt(state, 47 * 60e6)).toMatchObject({ kind: "break", no: 2, nextUs: 50 * 60e6 });
    expect(periodAt(state, 100 * 60e6)).toMatchObject({ kind: "after" });
  });
});

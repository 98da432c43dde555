import { describe, expect, it } from "vitest";
import { Hearing } from "@/call/hearing";
import { person } from "../classroom/kit";

const SLOTS = [{ mid: "1", participant: "gv", role: "microphone" }];
const packets = (n: number) => new Map([["1", n]]);

function listening(): Hearing {
  const hearing = new Hearing();
  hearing.people([person("gv", "Trần Thị Thu Hương", { role: "lecturer", microphone: true })], "an");
  hearing.assigned(SLOTS);
  expect(hearing.judge(packets(10), false, 0)).toBe(true);
  return hearing;
}

describe("whether the lecturer is audible", () => {
  it("is denied after three seconds without a packet", () => {
    const hearing = listening();
    expect(hearing.judge(packets(10), false, 2_900)).toBeNull();
    expect(hearing.judge(packets(10), false, 3_100)).toBe(false);
  });

  it("is not judged by who is out of a talk aside, nor in the first moment after it", () => {
    const hearing = listening();
    hearing.aside(["gv", "dat"], "an");
    expect(hearing.judge(packets(10), false, 60_000)).toBeNull();
    hearing.aside([], "an");
    expect(hearing.judge(packets(10), false, 61_000)).toBeNull();
    expect(hearing.judge(packets(10), false, 65_000)).toBe(false);
  });
});

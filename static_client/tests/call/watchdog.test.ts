import { describe, expect, test } from "vitest";
import { Watchdog } from "@/call/watchdog";

/** Looks every 500 ms; `packets` and `checks` say how many had arrived by then. Answers when silence was noticed, ms. */
function run(
  dog: Watchdog,
  untilMs: number,
  packets: (ms: number) => number,
  checks: (ms: number) => number,
): number[] {
  const noticed: number[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += 500) {
    if (dog.isSilent({ atMs, packets: packets(atMs), checks: checks(atMs) })) {
      noticed.push(atMs);
      dog.restarted(atMs);
    }
  }
  return noticed;
}

const every =
  (periodMs: number, until = Number.POSITIVE_INFINITY) =>
  (ms: number) =>
    Math.floor(Math.min(ms, until) / periodMs);

describe("the watchdog", () => {
  test("a line that carried media and goes dead is noticed within 2 s", () => {
    const noticed = run(new Watchdog(), 8_000, every(20, 4_000), every(2_500, 4_000));
    expect(noticed[0]).toBeGreaterThanOrEqual(5_500);
    expect(noticed[0]).toBeLessThanOrEqual(6_000);
  });

  test("it waits before it asks again", () => {
    const noticed = run(new Watchdog(), 14_000, every(20, 2_000), () => 0);
    expect(noticed.length).toBeGreaterThan(1);
    expect((noticed[1] ?? 0) - (noticed[0] ?? 0)).toBeGreaterThanOrEqual(3_000);
  });

  test("a quiet room whose checks are answered is left alone", () => {
    expect(run(new Watchdog(), 60_000, () => 0, every(2_500))).toEqual([]);
  });

  test("a line that was quiet and loses its checks too is noticed", () => {
    expect(run(new Watchdog(), 30_000, () => 0, every(2_500, 10_000)).length).toBeGreaterThan(0);
  });

  test("media that flows is never restarted", () => {
    expect(run(new Watchdog(), 60_000, every(20), every(2_500))).toEqual([]);
  });

  test("silence right after the socket came back is not waited for long: the address has changed", () => {
    const dog = new Watchdog();
    run(dog, 4_000, every(20, 3_900), every(2_500, 3_900));
    dog.socketReturned(4_100);
    const looks = [4_500, 5_000].map((atMs) => dog.isSilent({ atMs, packets: 195, checks: 1 }));
    expect(looks).toEqual([false, true]);
  });

  test("media that flows when the socket comes back is left alone", () => {
    const dog = new Watchdog();
    run(dog, 4_000, every(20), every(2_500));
    dog.socketReturned(4_100);
    const looks = [4_500, 5_000, 5_500].map((atMs) => dog.isSilent({ atMs, packets: atMs / 20, checks: 1 }));
    expect(looks).toEqual([false, false, false]);
  });
});

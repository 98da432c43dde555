import { describe, expect, test } from "vitest";
import { waitBefore } from "@/wire/lesson_socket";
import type { SeatPush } from "@/wire/protocol.gen";
import { Seat } from "@/wire/seat";
import { joined } from "../classroom/kit";

const speakers = (seq: number): SeatPush => ({ t: "speakers_changed", speakers: [], seq });

function seated(seq = 1): Seat {
  const seat = new Seat();
  seat.take({ ...joined(), seq });
  return seat;
}

describe("the seat", () => {
  test("counts pushes and brings the last one seen along when connecting again", () => {
    const seat = seated(1);
    expect(seat.take(speakers(2))).toBe("new");
    expect(seat.take(speakers(3))).toBe("new");
    expect(seat.session).toEqual({ id: "seat", epoch: 1, seq: 3 });
  });

  test("a push delivered again after a reconnect is known", () => {
    const seat = seated(5);
    expect(seat.take(speakers(5))).toBe("known");
    expect(seat.session?.seq).toBe(5);
  });

  test("a missed push is noticed by the hole it leaves", () => {
    const seat = seated(1);
    expect(seat.take(speakers(3))).toBe("hole");
    expect(seat.session?.seq).toBe(1);
  });

  test("a new epoch starts counting afresh", () => {
    const seat = seated(40);
    expect(seat.take({ ...joined({ session: { id: "s2", epoch: 2, grace_s: 90 } }), seq: 1 })).toBe("new");
    expect(seat.session).toEqual({ id: "s2", epoch: 2, seq: 1 });
  });

  test("without a joined push nothing can be placed", () => {
    expect(new Seat().take(speakers(1))).toBe("hole");
  });
});

test("attempts begin after 200 ms, grow to 2 s, and are spread", () => {
  expect(waitBefore(1, 0.5)).toBe(200);
  expect(waitBefore(3, 0.5)).toBe(800);
  expect(waitBefore(20, 0.5)).toBe(2_000);
  expect(waitBefore(1, 0)).toBe(150);
  expect(waitBefore(1, 1)).toBe(250);
});

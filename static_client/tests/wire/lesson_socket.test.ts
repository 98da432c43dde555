import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LessonSocket, type SocketEvents } from "@/wire/lesson_socket";
import { ProblemError } from "@/wire/problem";
import type { Connect } from "@/wire/protocol.gen";

/** The socket library as the test plays it: what was asked of it, and what it says. */
const fake = vi.hoisted(() => {
  type Listener = (value: unknown) => void;
  const listeners = new Map<string, Listener>();
  const state = {
    connected: false,
    connects: 0,
    auth: undefined as undefined | ((give: (auth: unknown) => void) => void),
    on: (name: string, listener: Listener) => listeners.set(name, listener),
    connect: () => {
      state.connects += 1;
    },
    disconnect: () => {
      state.connected = false;
    },
    say: (name: string, value: unknown) => listeners.get(name)?.(value),
  };
  return state;
});

vi.mock("socket.io-client", () => ({
  WebSocket: class {},
  io: (_: string, options: { auth: (give: (auth: unknown) => void) => void }) => {
    fake.auth = options.auth;
    return fake;
  },
}));

const CONNECT = { v: 1, device: "d" } as unknown as Connect;

function opened(change: Partial<SocketEvents> = {}) {
  const events: SocketEvents = {
    prepare: vi.fn(async () => CONNECT),
    push: vi.fn(),
    lost: vi.fn(),
    failed: vi.fn(() => true),
    ...change,
  };
  const socket = new LessonSocket("http://school", events);
  socket.open();
  return { socket, events };
}

const connected = () => {
  fake.connected = true;
  fake.say("push", { t: "joined", seq: 1 });
};

beforeEach(() => {
  vi.useFakeTimers();
  fake.connected = false;
  fake.connects = 0;
});
afterEach(() => vi.useRealTimers());

describe("the socket to a lesson", () => {
  test("opens its line while the offer is still being made, and sends the offer when both are there", async () => {
    let finish: (connect: Connect) => void = () => undefined;
    opened({ prepare: () => new Promise((resolve) => (finish = resolve)) });
    expect(fake.connects).toBe(1);
    const given = vi.fn();
    fake.auth?.(given);
    expect(given).not.toHaveBeenCalled();
    finish(CONNECT);
    await vi.advanceTimersByTimeAsync(0);
    expect(given).toHaveBeenCalledWith(CONNECT);
  });

  test("comes back by itself after every loss, each time with a new offer", async () => {
    const { events } = opened();
    connected();
    for (let round = 2; round <= 4; round++) {
      fake.connected = false;
      fake.say("disconnect", "transport close");
      await vi.advanceTimersByTimeAsync(2_500);
      expect(fake.connects).toBe(round);
      expect(events.prepare).toHaveBeenCalledTimes(round);
      connected();
    }
  });

  test("goes on trying while the server is away, and waits once for each attempt", async () => {
    const { events } = opened({
      prepare: vi.fn(async () => {
        throw new ProblemError("client.offline");
      }),
    });
    for (let attempt = 1; attempt <= 4; attempt++) {
      fake.say("connect_error", new Error("down"));
      await vi.advanceTimersByTimeAsync(3_000);
    }
    expect(fake.connects).toBeGreaterThanOrEqual(4);
    expect(events.failed).toHaveBeenCalled();
  });

  test("stops when it is told that trying is of no use", async () => {
    const { events } = opened({ failed: vi.fn(() => false) });
    fake.say("connect_error", Object.assign(new Error("no"), { data: { problem: { code: "room.closed" } } }));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(fake.connects).toBe(1);
    expect(events.failed).toHaveBeenCalledTimes(1);
  });
});

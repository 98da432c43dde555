import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Ahead, takeAnswer, takeLine } from "@/wire/ahead";

const ADDRESS = "ws://school/socket.io/?EIO=4&transport=websocket";

function asked(change: Partial<Ahead> = {}): Ahead {
  const ahead: Ahead = {
    atMs: performance.now(),
    answers: [{ method: "GET", path: "/me", answer: Promise.resolve(new Response("{}")) }],
    line: null,
    ...change,
  };
  vi.stubGlobal("window", { gdAhead: ahead });
  return ahead;
}

function line(readyState: number, opened = true) {
  const socket = { readyState, onopen: vi.fn(), onmessage: vi.fn() } as unknown as WebSocket;
  const said = [{ data: "0{}" } as MessageEvent];
  asked({ line: { address: ADDRESS, socket, opened, said } });
  return socket;
}

beforeEach(() => vi.stubGlobal("WebSocket", { OPEN: 1 }));
afterEach(() => vi.unstubAllGlobals());

describe("what was asked ahead", () => {
  test("an answer is taken once", async () => {
    asked();
    expect(await takeAnswer("GET", "/me")).toBeInstanceOf(Response);
    expect(await takeAnswer("GET", "/me")).toBeNull();
  });

  test("another request than the one asked is not answered by it", async () => {
    asked();
    expect(await takeAnswer("POST", "/me")).toBeNull();
    expect(await takeAnswer("GET", "/lessons/1")).toBeNull();
  });

  test("a refusal or a server out of reach is asked again the ordinary way", async () => {
    asked({
      answers: [
        { method: "GET", path: "/me", answer: Promise.resolve(new Response("", { status: 401 })) },
        { method: "GET", path: "/gone", answer: Promise.resolve(null) },
      ],
    });
    expect(await takeAnswer("GET", "/me")).toBeNull();
    expect(await takeAnswer("GET", "/gone")).toBeNull();
  });

  test("what has grown old is not taken", async () => {
    asked({ atMs: performance.now() - 60_000 });
    expect(await takeAnswer("GET", "/me")).toBeNull();
  });

  test("a line says again what it said before anybody listened", async () => {
    const socket = line(1);
    expect(takeLine(ADDRESS)).toBe(socket);
    await Promise.resolve();
    expect(socket.onopen).toHaveBeenCalledOnce();
    expect(socket.onmessage).toHaveBeenCalledWith(expect.objectContaining({ data: "0{}" }));
    expect(takeLine(ADDRESS)).toBeNull();
  });

  test("a line that closed, or leads to another node, is not taken", () => {
    line(3);
    expect(takeLine(ADDRESS)).toBeNull();
    line(1);
    expect(takeLine("ws://other/socket.io/")).toBeNull();
  });
});

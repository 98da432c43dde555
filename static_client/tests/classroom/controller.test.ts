import { describe, expect, test, vi } from "vitest";
import type { CallEvents } from "@/call/lesson_call";
import { LocalMedia } from "@/call/local_media";
import { RoomController } from "@/classroom/controller";
import { ProblemError } from "@/wire/problem";
import type { AnyCommand, AnyPush, SeatPush } from "@/wire/protocol.gen";
import { chat, joined } from "./kit";

/** A call whose line can be cut; it keeps what was sent. */
function room() {
  const sent: AnyCommand[] = [];
  let events: CallEvents | null = null;
  let line = true;
  let seq = 0;
  const local = new LocalMedia("student");
  const controller = new RoomController(local, false, (given) => {
    events = given;
    return {
      start: async () => undefined,
      do: async (command: AnyCommand) => {
        if (!line) throw new ProblemError("client.not_connected");
        sent.push(command);
      },
      tryNow: () => undefined,
      setListenOnly: () => undefined,
      wantVideoSlots: () => undefined,
      setSaving: () => undefined,
      unlockSound: () => undefined,
      leave: async () => undefined,
      close: () => undefined,
      view: null as never,
    };
  });
  return {
    controller,
    local,
    sent,
    push: (body: AnyPush) => events?.push({ ...body, seq: ++seq } as SeatPush),
    cut: () => {
      line = false;
      events?.lost();
    },
    mend: () => {
      line = true;
    },
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("devices that are still opening", () => {
  test("pressing the button meanwhile does not turn them off again", async () => {
    const { controller, local } = room();
    let opened: (stream: unknown) => void = () => undefined;
    const track = { kind: "audio", enabled: true, readyState: "live", addEventListener: () => undefined };
    const getUserMedia = () => new Promise((resolve) => (opened = resolve));
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
    const opening = controller.toggleMicrophone();
    expect(local.state.microphone).toBe("opening");
    await controller.toggleMicrophone();
    opened({ getAudioTracks: () => [track], getTracks: () => [track], getVideoTracks: () => [] });
    await opening;
    expect(local.state.microphone).toBe("on");
    vi.unstubAllGlobals();
  });
});

describe("chat without a line", () => {
  test("a message typed while disconnected waits and is sent once when the line is back", async () => {
    const { controller, sent, push, cut, mend } = room();
    push(joined());
    cut();
    controller.postChat("Em xin bổ sung ý kiến");
    await settle();
    expect(sent).toEqual([]);
    expect(controller.store.state.pendingChat).toHaveLength(1);
    mend();
    push({ t: "resumed", epoch: 1, server_time_us: 0 });
    await settle();
    expect(sent).toHaveLength(1);
    const [command] = sent;
    if (command?.t !== "post_chat") throw new Error("not a chat message");
    push({ t: "chat_posted", message: chat(command.message, "anh", command.text) });
    expect(controller.store.state.pendingChat).toEqual([]);
  });

  test("what is typed reaches the server in NFC", async () => {
    const { controller, sent, push } = room();
    push(joined());
    controller.postChat("  Ngọc Ánh ".normalize("NFD"));
    await settle();
    expect(sent[0]).toMatchObject({ t: "post_chat", text: "Ngọc Ánh".normalize("NFC") });
  });
});

describe("hands and floor", () => {
  test("the hand goes up and down with the same key", async () => {
    const { controller, sent, push } = room();
    push(joined());
    await controller.toggleHand();
    push({ t: "hands_changed", hands: [{ participant: "anh", since_us: 1 }] });
    await controller.toggleHand();
    expect(sent.map((command) => command.t)).toEqual(["raise_hand", "lower_hand"]);
  });

  test("what the server refuses is told to the person", async () => {
    const { controller, push, cut } = room();
    const told: string[] = [];
    controller.onProblem = (problem) => told.push(problem.code);
    push(joined());
    cut();
    expect(await controller.do({ t: "raise_hand" })).toBe(false);
    expect(told).toEqual(["client.not_connected"]);
  });
});

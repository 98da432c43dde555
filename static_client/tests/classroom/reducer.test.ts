import { describe, expect, test } from "vitest";
import { reduce } from "@/classroom/reducer";
import { chat, joined, LESSON, person, push, stateAfter } from "./kit";

describe("joining", () => {
  test("a joined push shows the whole class and the clock of the server", () => {
    const state = stateAfter(push(joined(), 4_000));
    expect(state.phase).toBe("in");
    expect(Object.keys(state.people)).toHaveLength(4);
    expect(state.clockOffsetMs).toBe(6_000);
  });

  test("a refusal ends it with the server's reason", () => {
    const state = stateAfter({ type: "refused", code: "room.removed", params: {}, incident: null });
    expect(state.phase).toBe("over");
    expect(state.ending).toMatchObject({ why: "refused", code: "room.removed" });
  });

  test("losing the line before the first joined push is still joining, not a lost seat", () => {
    expect(stateAfter({ type: "lost", atMs: 1 }).phase).toBe("joining");
  });

  test("joining a lesson that is already over shows its end", () => {
    const state = stateAfter(
      push(joined({ lesson: { ...LESSON, state: "sheet_open", ended_us: 7_000_000 } })),
    );
    expect(state.ending).toEqual({ why: "ended", atMs: 7_000 });
  });
});

describe("reconnecting", () => {
  const inClass = stateAfter(push(joined()), push({ t: "chat_posted", message: chat("m1", "an") }));

  test("the moment of loss stays the first one while attempts are counted", () => {
    let state = reduce(inClass, { type: "lost", atMs: 100 });
    state = reduce(state, { type: "retrying", attempt: 1, atMs: 300 });
    state = reduce(state, { type: "lost", atMs: 900 });
    state = reduce(state, { type: "retrying", attempt: 2, atMs: 1_000 });
    expect(state.phase).toBe("reconnecting");
    expect(state.lost).toEqual({ atMs: 100, attempt: 2 });
  });

  test("after a resume the missed pushes continue where they stopped", () => {
    let state = reduce(inClass, { type: "lost", atMs: 100 });
    state = reduce(state, push({ t: "resumed", epoch: 1, server_time_us: 9_000_000 }));
    state = reduce(state, push({ t: "chat_posted", message: chat("m2", "dat") }));
    expect(state.phase).toBe("in");
    expect(state.lost).toBeNull();
    expect(state.chat.map((one) => one.message)).toEqual(["m1", "m2"]);
    expect(state.unreadChat).toBe(2);
  });

  test("a new epoch replaces everything the server knows and keeps what only this browser knows", () => {
    let state = reduce(inClass, { type: "lost", atMs: 100 });
    state = reduce(state, { type: "chat_pending", message: "mine", text: "Em xin bổ sung", atMs: 150 });
    state = reduce(
      state,
      push(
        joined({
          session: { id: "seat-2", epoch: 2, grace_s: 90 },
          roster: [person("anh", "Đặng Thị Ngọc Ánh")],
          chat: [chat("m1", "an"), chat("m2", "dat")],
        }),
      ),
    );
    expect(Object.keys(state.people)).toEqual(["anh"]);
    expect(state.chat.map((one) => one.message)).toEqual(["m1", "m2"]);
    expect(state.pendingChat.map((one) => one.message)).toEqual(["mine"]);
    expect(state.unreadChat).toBe(2);
  });

  test("slots start counting afresh after a new epoch", () => {
    let state = reduce(inClass, push({ t: "slots_changed", rev: 9, slots: [] }));
    state = reduce(state, push(joined()));
    state = reduce(
      state,
      push({ t: "slots_changed", rev: 1, slots: [{ mid: "4", participant: "gv", role: "camera" }] }),
    );
    expect(state.slots).toHaveLength(1);
  });

  test("an older slot map is ignored", () => {
    let state = reduce(
      inClass,
      push({ t: "slots_changed", rev: 3, slots: [{ mid: "4", participant: "gv", role: "camera" }] }),
    );
    state = reduce(state, push({ t: "slots_changed", rev: 2, slots: [] }));
    expect(state.slots).toHaveLength(1);
  });
});

describe("chat", () => {
  test("an own message waits until it comes back by the push that everyone gets", () => {
    let state = stateAfter(push(joined()));
    state = reduce(state, { type: "chat_pending", message: "mine", text: "Chào lớp", atMs: 1 });
    expect(state.pendingChat).toHaveLength(1);
    state = reduce(state, push({ t: "chat_posted", message: chat("mine", "anh") }));
    expect(state.pendingChat).toHaveLength(0);
    expect(state.chat).toHaveLength(1);
    expect(state.unreadChat).toBe(0);
  });

  test("a message delivered twice is shown once", () => {
    const once = stateAfter(push(joined()), push({ t: "chat_posted", message: chat("m1", "an") }));
    expect(reduce(once, push({ t: "chat_posted", message: chat("m1", "an") }))).toBe(once);
  });

  test("a hidden message changes in place", () => {
    let state = stateAfter(push(joined({ chat: [chat("m1", "an"), chat("m2", "dat")] })));
    state = reduce(state, push({ t: "chat_changed", message: { ...chat("m1", "an", ""), hidden: true } }));
    expect(state.chat.map((one) => one.hidden)).toEqual([true, false]);
  });
});

describe("the floor", () => {
  test("an invitation stays until it is answered or the floor is taken", () => {
    let state = stateAfter(push(joined()), push({ t: "floor_changed", floor: ["anh"], invited_me: true }));
    expect(state.invited).toBe(true);
    state = reduce(state, push({ t: "floor_changed", floor: ["anh", "an"], invited_me: false }));
    expect(state.invited).toBe(true);
    state = reduce(state, push({ t: "floor_changed", floor: ["an"], invited_me: false }));
    expect(state.invited).toBe(false);
  });
});

describe("the end", () => {
  test("the end of the lesson is shown and later pushes still count", () => {
    let state = stateAfter(
      push(joined()),
      push({
        t: "lesson_changed",
        reason: "lecturer",
        lesson: { ...LESSON, state: "ended", ended_us: 8_000_000 },
      }),
    );
    expect(state.ending).toEqual({ why: "ended", atMs: 8_000 });
    state = reduce(state, push({ t: "removed", code: "lesson_closed", reason: "" }));
    expect(state.ending).toEqual({ why: "ended", atMs: 8_000 });
  });

  test("who was removed sees the reason, and nothing after it changes the screen", () => {
    let state = stateAfter(
      push(joined()),
      push({ t: "removed", code: "removed", reason: "Gây ồn nhiều lần" }),
    );
    expect(state.ending).toMatchObject({ why: "removed", reason: "Gây ồn nhiều lần" });
    state = reduce(state, push({ t: "chat_posted", message: chat("m9", "an") }));
    expect(state.chat).toHaveLength(0);
  });

  test("the same person on another device makes this one step aside", () => {
    const state = stateAfter(push(joined()), push({ t: "removed", code: "replaced", reason: "" }));
    expect(state.ending?.why).toBe("replaced");
  });
});

import { describe, expect, it } from "vitest";
import { format, type Params } from "@/locales/format";
import { type TextKey, vi } from "@/locales/vi";
import { emptyDesk, filterLessons, reduceDesk, tasksOf } from "@/pages/desk/deskState";
import { eventLine, sentence } from "@/pages/desk/eventWords";
import { cellState } from "@/pages/desk/PresenceCells";
import { stripShape } from "@/pages/desk/stripShape";
import type { AnyDeskPush, DeskLesson, DeskRow } from "@/wire/protocol.gen";

const MINUTE = 60_000_000;

function row(enrolment: string, name: string, change: Partial<DeskRow> = {}): DeskRow {
  return {
    enrolment,
    participant: enrolment,
    name,
    given_name: name.split(" ").at(-1) ?? "",
    code: enrolment,
    unit: "",
    state: "learning",
    first_in_us: 0,
    late: false,
    minutes: 0,
    gaps: 0,
    roll_calls_answered: 0,
    roll_calls_asked: 0,
    on_leave: false,
    path: "",
    ipv6: false,
    segments: [],
    roll_calls: [],
    ...change,
  };
}

function lesson(id: string, rows: DeskRow[], change: Partial<DeskLesson> = {}): DeskLesson {
  return {
    id,
    cohort_code: id,
    topic: "",
    lecturer: "",
    state: "live",
    start_us: 0,
    end_us: 195 * MINUTE,
    started_us: 0,
    periods: [],
    counts: { enrolled: rows.length, present: 0, cannot_hear: 0 },
    late: 0,
    absent: 0,
    lost: 0,
    recording: "recording",
    rows,
    ...change,
  };
}

const snapshot = (lessons: DeskLesson[]) =>
  ({ t: "desk_snapshot", day: "2026-10-06", lessons, server_time_us: 0 }) as const;

describe("the desk", () => {
  it("keeps students in order of their given names", () => {
    const state = reduceDesk(
      emptyDesk,
      snapshot([lesson("A", [row("1", "Ngô Thành Đạt"), row("2", "Bùi Thị An"), row("3", "Trần Dũng")])]),
      0,
    );
    expect(state.lessons[0]?.rows.map((each) => each.name)).toEqual([
      "Bùi Thị An",
      "Trần Dũng",
      "Ngô Thành Đạt",
    ]);
  });

  it("changes only the rows that a difference names", () => {
    const before = reduceDesk(emptyDesk, snapshot([lesson("A", [row("1", "An"), row("2", "Bình")])]), 0);
    const changed: AnyDeskPush = {
      t: "desk_changed",
      lesson: lesson("A", []),
      rows: [row("2", "Bình", { state: "lost" })],
    };
    const after = reduceDesk(before, changed, 0);
    expect(after.lessons[0]?.rows.map((each) => each.state)).toEqual(["learning", "lost"]);
    expect(after.lessons[0]?.rows[0]).toBe(before.lessons[0]?.rows[0]);
  });

  it("puts lost students before those who never came, and says nothing of people on leave", () => {
    const rows = [
      row("1", "An", { state: "not_joined" }),
      row("2", "Bình", { state: "not_joined", on_leave: true }),
      row("3", "Cường", { state: "lost" }),
    ];
    const tasks = tasksOf([lesson("A", rows)]);
    expect(tasks.map((task) => [task.kind, task.rows.length])).toEqual([
      ["lost", 1],
      ["missing", 1],
    ]);
  });

  it("asks nothing about a lesson that has not started", () => {
    const waiting = lesson("A", [row("1", "An", { state: "not_joined" })], { state: "lobby" });
    expect(tasksOf([waiting])).toEqual([]);
    expect(filterLessons([waiting], "not_started")).toHaveLength(1);
  });

  it("shows an approved leave as leave until the student comes", () => {
    expect(cellState({ state: "not_joined", on_leave: true })).toBe("leave");
    expect(cellState({ state: "learning", on_leave: true })).toBe("learning");
  });
});

describe("a presence strip", () => {
  const periods = [
    { no: 1, start_us: 0, end_us: 45 * MINUTE },
    { no: 2, start_us: 45 * MINUTE, end_us: 90 * MINUTE },
    { no: 3, start_us: 105 * MINUTE, end_us: 150 * MINUTE },
  ];

  it("draws an open segment up to now, breaks as breaks and adjoining periods as a notch", () => {
    const shape = stripShape(
      periods,
      [{ from_us: 15 * MINUTE, to_us: null, state: "learning" }],
      75 * MINUTE,
      0,
      150 * MINUTE,
    );
    expect(shape.segments).toEqual([{ from: 0.1, to: 0.5, state: "learning" }]);
    expect(shape.breaks).toEqual([{ from: 0.6, to: 0.7 }]);
    expect(shape.notches).toEqual([0.3]);
    expect(shape.now).toBe(0.5);
  });

  it("cuts what lies outside the scheduled time", () => {
    const shape = stripShape(
      periods,
      [{ from_us: -5 * MINUTE, to_us: 500 * MINUTE, state: "learning" }],
      600 * MINUTE,
      0,
      150 * MINUTE,
    );
    expect(shape.segments).toEqual([{ from: 0, to: 1, state: "learning" }]);
    expect(shape.now).toBeNull();
  });
});

const inVietnamese = (key: TextKey, params?: Params) => format(vi[key], params, "vi");

describe("raw events", () => {
  it("have a sentence, whatever their version", () => {
    expect(eventLine({ type: "room.person_left/7", body: { reason: "leave" } })).toMatchObject({
      key: "event.person_left",
      params: { reason: "leave" },
    });
  });

  it("name a code of the log in words, and leave what a person wrote as it is", () => {
    const lost = eventLine({ type: "room.person_lost/1", body: { reason: "heartbeat_lost" } });
    expect(sentence(inVietnamese, lost)).toBe("Mất kết nối (mất tín hiệu)");
    const removed = eventLine({ type: "room.person_removed/1", body: { reason: "leave" } });
    expect(sentence(inVietnamese, removed)).toBe("Bị mời ra: leave");
  });

  it("about lines tell means and the worst, and say of a claim that it is one", () => {
    const measured = eventLine({
      type: "room.line_measured/1",
      body: {
        at_ms: [0, 10_000, 20_000],
        loss_up_ppm: [-1, -1, -1],
        loss_down_ppm: [0, 12_000, 60_000],
        rtt_ms: [40, 50, 60],
      },
    });
    expect(measured.tone).toBe("bad");
    expect(sentence(inVietnamese, measured)).toBe(
      "Đường truyền 0,5 phút (máy chủ đo): mất gói đi – %, đến 2,4 %; cao nhất 6 %; trễ 50 ms",
    );
    const claimed = eventLine({
      type: "room.line_claimed/1",
      body: { concealed_ppm: [0, 40_000], audio_ms: [10_000, 10_000], frozen_ms: [0, 1_500] },
    });
    expect(sentence(inVietnamese, claimed)).toBe(
      "Trình duyệt tự khai, chưa kiểm chứng: tiếng phải bù 2 %; hình đứng 1,5 giây",
    );
  });

  it("of an unknown type are named as they are", () => {
    expect(eventLine({ type: "exam.opened/1", body: {} })).toMatchObject({
      key: "event.other",
      params: { type: "exam.opened/1" },
    });
  });
});

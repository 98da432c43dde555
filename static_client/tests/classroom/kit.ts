// Pushes as a server would send them, for tests of what the classroom makes of them.
import { reduce } from "@/classroom/reducer";
import { type Action, type RoomState, START } from "@/classroom/state";
import type { AnyPush, ChatMessage, Joined, LessonInfo, RosterEntry, SeatPush } from "@/wire/protocol.gen";

export const LESSON: LessonInfo = {
  id: "lesson-1",
  topic: "Kỹ năng ra quyết định",
  course_unit: "Kỹ năng lãnh đạo, quản lý",
  cohort_code: "K45.B2",
  room_code: "B2-01",
  periods: [
    { no: 1, start_us: 0, end_us: 45 * 60e6 },
    { no: 2, start_us: 50 * 60e6, end_us: 95 * 60e6 },
  ],
  state: "live",
  started_us: 0,
  ended_us: null,
};

export function person(participant: string, name: string, change: Partial<RosterEntry> = {}): RosterEntry {
  return {
    participant,
    name,
    given_name: name.split(" ").at(-1) ?? "",
    title: "",
    code: participant,
    unit: "",
    role: "student",
    presence: "present",
    state: "learning",
    since_us: 0,
    microphone: false,
    camera: false,
    screen: false,
    hears: true,
    times_spoken: 0,
    owner: null,
    purpose: "",
    line: "",
    ...change,
  };
}

export const ROSTER = [
  person("gv", "Trần Thị Thu Hương", { role: "lecturer", title: "TS.", microphone: true }),
  person("an", "Nguyễn Hoài An"),
  person("anh", "Đặng Thị Ngọc Ánh"),
  person("dat", "Ngô Thành Đạt"),
];

export function chat(message: string, participant: string, text = "Thưa cô"): ChatMessage {
  return { message, participant, at_us: 1_000_000, text, edited: false, hidden: false };
}

export function joined(change: Partial<Joined> = {}): Joined {
  return {
    t: "joined",
    session: { id: "seat", epoch: 1, grace_s: 90 },
    me: "anh",
    role: "student",
    lesson: LESSON,
    answer: null,
    visibility: { mode: "open", aside: [] },
    ice_servers: [],
    roster: ROSTER,
    slots: [],
    chat: [],
    hands: [],
    speakers: [],
    floor: [],
    recording: { state: "recording", since_us: 0, lost_ms: 0 },
    roll_call: null,
    counts: { enrolled: 50, present: 3, cannot_hear: 0 },
    policy: { recording: true, video_slots: 11, audio_slots: 5, grace_s: 90, chat_open: true },
    server_time_us: 10_000_000,
    ...change,
  };
}

let seq = 0;

export function push(body: AnyPush, atMs = 5_000): Action {
  seq += 1;
  return { type: "push", push: { ...body, seq } as SeatPush, atMs };
}

export function stateAfter(...actions: Action[]): RoomState {
  return actions.reduce(reduce, START);
}

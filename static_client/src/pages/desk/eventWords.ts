// A raw event of the ledger as one line of "Nhật ký gốc": its sentence key, parameters and icon kind.
import type { TextKey } from "@/locales/vi";
import type { EventRow } from "@/wire/protocol.gen";
import { lineClaimed, lineMeasured } from "./lineWords";

export interface EventLine {
  key: TextKey;
  params: Record<string, string | number>;
  /** Parameters that are codes of the log, and the sentence for each. */
  words?: Record<string, TextKey>;
  tone: "in" | "out" | "bad" | "ok" | "neutral";
}

const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

type Reader = (body: EventRow["body"]) => EventLine;

const plain =
  (key: TextKey, tone: EventLine["tone"] = "neutral"): Reader =>
  () => ({ key, params: {}, tone });

/** A sentence with one member of the event in it: a code of the log if `WORDS` knows it, else what somebody wrote. */
const withCode =
  (member: string, key: TextKey, tone: EventLine["tone"]): Reader =>
  (body) => {
    const code = text(body[member]);
    const word = member === "state" ? STATES[code] : WORDS[code];
    return { key, params: { [member]: code }, tone, ...(word ? { words: { [member]: word } } : {}) };
  };

const withReason = (key: TextKey, tone: EventLine["tone"]): Reader => withCode("reason", key, tone);

/** Free text: never taken for a code. */
const withWords =
  (key: TextKey, tone: EventLine["tone"]): Reader =>
  (body) => ({ key, params: { reason: text(body.reason) }, tone });

const PATHS: Record<string, TextKey> = {
  udp: "event.path_udp",
  tcp: "event.path_tcp",
  relay: "event.path_relay",
};

const WORDS: Record<string, TextKey> = {
  leave: "word.leave",
  page_close: "word.page_close",
  ice_lost: "word.ice_lost",
  heartbeat_lost: "word.heartbeat_lost",
  socket_closed: "word.socket_closed",
  removed: "word.removed",
  replaced: "word.replaced",
  server_restart: "word.server_restart",
  lesson_end: "word.lesson_end",
  failed: "word.failed",
  revoked: "word.revoked",
  lecturer: "word.lecturer",
  auto: "word.auto",
  schedule: "word.schedule",
  lecturer_lost: "word.lecturer_lost",
  server: "word.server",
  recorder_down: "word.recorder_down",
  server_down: "word.server_down",
  overflow: "word.overflow",
  disk_full: "word.disk_full",
  io: "word.io",
  loss: "word.loss",
  resumed: "word.resumed",
  rejoined: "word.rejoined",
  ice_restart: "word.ice_restart",
  microphone: "word.microphone",
  camera: "word.camera",
  screen: "word.screen",
  screen_audio: "word.screen_audio",
  open: "word.open",
  staff_cameras: "word.staff_cameras",
  exam: "word.exam",
};

const STATES: Record<string, TextKey> = {
  joining: "state.joining",
  learning: "state.learning",
  listening_only: "state.listening_only",
  weak: "state.weak",
  lost: "state.lost",
  handing_over: "state.handing_over",
  background: "state.background",
  left: "state.left",
  removed: "state.removed",
};

const onOrOff: Reader = (body) =>
  withCode("role", body.on === true ? "event.media_on" : "event.media_off", "neutral")(body);

const READERS: Record<string, Reader> = {
  "lesson.opened": plain("event.lesson_opened"),
  "lesson.started": plain("event.lesson_started", "ok"),
  "lesson.suspended": withReason("event.lesson_suspended", "neutral"),
  "lesson.resumed": plain("event.lesson_resumed", "ok"),
  "lesson.ended": withReason("event.lesson_ended", "neutral"),
  "lesson.server_outage": plain("event.server_outage", "bad"),
  "lesson.roll_call_started": (body) => ({
    key: "event.roll_call_started",
    params: { no: text(body.no) },
    tone: "neutral",
  }),
  "lesson.roll_call_closed": (body) => ({
    key: "event.roll_call_closed",
    params: { answered: text(body.answered), asked: text(body.asked) },
    tone: "neutral",
  }),
  "lesson.evidence_filed": plain("event.evidence_filed", "ok"),
  "lesson.consent_given": plain("event.consent_given", "ok"),
  "room.person_knocked": plain("event.person_knocked", "in"),
  "room.person_admitted": plain("event.person_admitted", "in"),
  "room.person_returned": withCode("how", "event.person_returned", "in"),
  "room.person_lost": withReason("event.person_lost", "bad"),
  "room.person_left": withReason("event.person_left", "out"),
  "room.person_removed": withWords("event.person_removed", "bad"),
  "room.device_changed": plain("event.device_changed"),
  "device.joined": (body) => ({
    key: body.purpose === "screen" ? "event.device_joined_screen" : "event.device_joined_camera",
    params: {},
    tone: "in",
  }),
  "device.media_changed": onOrOff,
  "device.line_measured": lineMeasured,
  "device.left": withReason("event.device_left", "out"),
  "room.connection_state_changed": withCode("state", "event.state_changed", "neutral"),
  "room.visibility_set": withCode("mode", "event.visibility_set", "neutral"),
  "room.aside_started": plain("event.aside_started"),
  "room.aside_ended": plain("event.aside_ended"),
  "room.line_measured": lineMeasured,
  "room.line_claimed": lineClaimed,
  "room.hand_raised": plain("event.hand_raised"),
  "room.hand_lowered": plain("event.hand_lowered"),
  "room.floor_given": plain("event.floor_given", "ok"),
  "room.floor_taken": plain("event.floor_taken"),
  "room.mute_asked": plain("event.mute_asked"),
  "room.media_changed": onOrOff,
  "room.path_changed": (body) => ({
    key: PATHS[text(body.path)] ?? "event.path_udp",
    params: { family: body.ipv6 === true ? "IPv6" : "IPv4" },
    tone: "neutral",
  }),
  "room.spoke": plain("event.spoke", "ok"),
  "room.roll_call_answered": plain("event.roll_call_answered", "ok"),
  "room.screenshot_asked": plain("event.screenshot_asked"),
  "room.flag_raised": (body) => ({
    key: "event.flag_raised",
    params: { code: text(body.code) },
    tone: "bad",
  }),
  "chat.message_posted": plain("event.message_posted"),
  "chat.message_edited": plain("event.message_edited"),
  "chat.message_hidden": withWords("event.message_hidden", "bad"),
  "recording.started": plain("event.recording_started", "ok"),
  "recording.failed": withReason("event.recording_failed", "bad"),
  "recording.restored": plain("event.recording_restored", "ok"),
  "recording.finished": plain("event.recording_finished", "ok"),
  "recording.segment_closed": plain("event.segment_closed"),
  "recording.gap": withReason("event.recording_gap", "bad"),
  "roll.mark_overridden": withWords("event.mark_overridden", "neutral"),
  "roll.confirmed": plain("event.roll_confirmed", "ok"),
  "sheet.text_saved": plain("event.sheet_text_saved"),
  "sheet.confirmed": plain("event.sheet_confirmed", "ok"),
  "sheet.sent": plain("event.sheet_sent", "ok"),
};

/** The line of an event; a type that this client does not know yet is named as it is. */
export function eventLine(row: Pick<EventRow, "type" | "body">): EventLine {
  const family = row.type.split("/")[0] ?? row.type;
  return READERS[family]?.(row.body) ?? { key: "event.other", params: { type: row.type }, tone: "neutral" };
}

type Text = (key: TextKey, params?: Record<string, string | number>) => string;

/** The line in words. */
export function sentence(t: Text, line: EventLine): string {
  const words = Object.entries(line.words ?? {}).map(([name, key]) => [name, t(key)]);
  return t(line.key, { ...line.params, ...Object.fromEntries(words) });
}

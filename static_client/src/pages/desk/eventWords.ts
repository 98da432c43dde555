// A raw event of the ledger as one line of "Nhật ký gốc": its sentence key, parameters and icon kind.
import type { TextKey } from "@/locales/vi";
import type { EventRow } from "@/wire/protocol.gen";

export interface EventLine {
  key: TextKey;
  params: Record<string, string | number>;
  tone: "in" | "out" | "bad" | "ok" | "neutral";
}

const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

type Reader = (body: EventRow["body"]) => EventLine;

const plain =
  (key: TextKey, tone: EventLine["tone"] = "neutral"): Reader =>
  () => ({ key, params: {}, tone });

const withReason =
  (key: TextKey, tone: EventLine["tone"]): Reader =>
  (body) => ({ key, params: { reason: text(body.reason) }, tone });

const PATHS: Record<string, TextKey> = {
  udp: "event.path_udp",
  tcp: "event.path_tcp",
  relay: "event.path_relay",
};

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
  "room.person_returned": (body) => ({
    key: "event.person_returned",
    params: { how: text(body.how) },
    tone: "in",
  }),
  "room.person_lost": withReason("event.person_lost", "bad"),
  "room.person_left": withReason("event.person_left", "out"),
  "room.person_removed": withReason("event.person_removed", "bad"),
  "room.device_changed": plain("event.device_changed"),
  "device.joined": plain("event.device_joined", "in"),
  "device.left": withReason("event.device_left", "out"),
  "room.connection_state_changed": (body) => ({
    key: "event.state_changed",
    params: { state: text(body.state) },
    tone: "neutral",
  }),
  "room.hand_raised": plain("event.hand_raised"),
  "room.hand_lowered": plain("event.hand_lowered"),
  "room.floor_given": plain("event.floor_given", "ok"),
  "room.floor_taken": plain("event.floor_taken"),
  "room.mute_asked": plain("event.mute_asked"),
  "room.media_changed": (body) => ({
    key: body.on === true ? "event.media_on" : "event.media_off",
    params: { role: text(body.role) },
    tone: "neutral",
  }),
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
  "chat.message_hidden": withReason("event.message_hidden", "bad"),
  "recording.started": plain("event.recording_started", "ok"),
  "recording.failed": withReason("event.recording_failed", "bad"),
  "recording.restored": plain("event.recording_restored", "ok"),
  "recording.finished": plain("event.recording_finished", "ok"),
  "recording.segment_closed": plain("event.segment_closed"),
  "recording.gap": withReason("event.recording_gap", "bad"),
  "roll.mark_overridden": withReason("event.mark_overridden", "neutral"),
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

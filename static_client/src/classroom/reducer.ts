// (state, what happened) → state. Pure: the same happenings in the same order always give the same classroom.
import type {
  ChatMessage,
  Joined,
  LessonInfo,
  RecordingInfo,
  RosterEntry,
  SeatPush,
} from "@/wire/protocol.gen";
import type { Action, Ending, RoomState } from "./state";

const OVER_STATES: readonly string[] = ["ended", "sheet_open", "closed"];

export function reduce(state: RoomState, action: Action): RoomState {
  switch (action.type) {
    case "push":
      return state.phase === "over" && state.ending?.why !== "ended"
        ? state
        : take(state, action.push, action.atMs);
    case "lost":
      if (state.phase === "over") return state;
      return {
        ...state,
        phase: state.phase === "joining" ? "joining" : "reconnecting",
        lost: state.lost ?? { atMs: action.atMs, attempt: 0 },
      };
    case "retrying":
      if (state.phase === "over") return state;
      return { ...state, lost: { atMs: state.lost?.atMs ?? action.atMs, attempt: action.attempt } };
    case "refused": {
      const { code, params, incident } = action;
      return over(state, { why: "refused", code, params, incident });
    }
    case "left":
      return over(state, { why: "left", atMs: action.atMs });
    case "media":
      return { ...state, media: action.media };
    case "quality":
      return { ...state, quality: action.quality };
    case "sound_blocked":
      return { ...state, soundBlocked: action.blocked };
    case "chat_pending": {
      const { message, text, atMs } = action;
      const others = state.pendingChat.filter((one) => one.message !== message);
      return { ...state, pendingChat: [...others, { message, text, atMs, failed: false }] };
    }
    case "chat_failed":
      return {
        ...state,
        pendingChat: state.pendingChat.map((one) =>
          one.message === action.message ? { ...one, failed: true } : one,
        ),
      };
    case "chat_seen":
      return state.unreadChat === 0 ? state : { ...state, unreadChat: 0 };
    case "invitation_answered":
      return { ...state, invited: false };
    case "mute_answered":
      return { ...state, muteAsked: false };
    case "listen_only":
      return { ...state, listenOnly: action.on };
    case "saving":
      return { ...state, saving: action.on };
  }
}

function over(state: RoomState, ending: Ending): RoomState {
  return { ...state, phase: "over", ending, lost: null, invited: false, muteAsked: false, rollCall: null };
}

function take(state: RoomState, push: SeatPush, atMs: number): RoomState {
  switch (push.t) {
    case "joined":
      return joined(state, push, atMs);
    case "resumed":
      return { ...state, phase: "in", lost: null, clockOffsetMs: push.server_time_us / 1000 - atMs };
    case "lesson_changed":
      return lessonChanged(state, push.lesson, atMs);
    case "roster_changed":
      return { ...state, people: withPeople(state.people, push.people), counts: push.counts };
    case "chat_posted":
      return posted(state, push.message);
    case "chat_changed":
      return {
        ...state,
        chat: state.chat.map((one) => (one.message === push.message.message ? push.message : one)),
      };
    case "hands_changed":
      return { ...state, hands: push.hands };
    case "floor_changed":
      return {
        ...state,
        floor: push.floor,
        invited: push.invited_me || (state.invited && push.floor.includes(state.me)),
      };
    case "visibility_changed":
      return { ...state, visibility: push.visibility };
    case "mute_requested":
      return { ...state, muteAsked: true };
    case "slots_changed":
      return push.rev < state.slotsRev ? state : { ...state, slots: push.slots, slotsRev: push.rev };
    case "speakers_changed":
      return { ...state, speakers: push.speakers };
    case "recording_changed":
      return { ...state, recording: runningOn(state.recording, push.recording) };
    case "roll_call_changed":
      return {
        ...state,
        rollCall: push.roll_call,
        rollCallsClosed: state.rollCallsClosed + (state.rollCall && !push.roll_call ? 1 : 0),
      };
    case "profile_changed":
      return {
        ...state,
        profile: { stills: push.profile === "audio_and_stills", automatic: push.automatic },
      };
    case "screenshot_taken":
      return { ...state, screenshots: push.count };
    case "removed":
      return removed(state, push.code, push.reason, atMs);
    case "answered":
    case "ice_answered":
    case "ice_servers_changed":
    case "layers_changed":
    case "line_changed":
      // The call's own affairs.
      return state;
  }
}

/** The whole picture: what the server says replaces what we knew; what only we know is kept. */
function joined(state: RoomState, push: Joined, atMs: number): RoomState {
  const known = new Set(push.chat.map((message) => message.message));
  const already = new Set(state.chat.map((message) => message.message));
  const missed = state.lesson ? push.chat.filter((message) => !already.has(message.message)).length : 0;
  const next: RoomState = {
    ...state,
    phase: "in",
    ending: null,
    lost: null,
    me: push.me,
    role: push.role,
    people: withPeople({}, push.roster),
    counts: push.counts,
    chat: push.chat,
    pendingChat: state.pendingChat.filter((one) => !known.has(one.message)),
    unreadChat: state.unreadChat + missed,
    hands: push.hands,
    floor: push.floor,
    visibility: push.visibility,
    speakers: push.speakers,
    slots: push.slots,
    slotsRev: 0,
    recording: push.recording,
    rollCall: push.roll_call,
    policy: push.policy,
    clockOffsetMs: push.server_time_us / 1000 - atMs,
    // A new peer begins with everything, and says so when it changes.
    profile: { stills: false, automatic: false },
    invited: state.invited && push.floor.includes(push.me),
    muteAsked: false,
    presentSinceMs: state.presentSinceMs ?? arrival(push),
  };
  return lessonChanged(next, push.lesson, atMs);
}

/** The recorder may begin new files while it records; to people it is one recording since its first moment. */
function runningOn(before: RecordingInfo | null, now: RecordingInfo): RecordingInfo {
  if (before?.state !== "recording" || now.state !== "recording") return now;
  const since =
    before.since_us === null || now.since_us === null
      ? now.since_us
      : Math.min(before.since_us, now.since_us);
  return { ...now, since_us: since };
}

function arrival(push: Joined): number {
  const since = push.roster.find((person) => person.participant === push.me)?.since_us;
  return Math.min(push.server_time_us, since ?? push.server_time_us) / 1000;
}

function lessonChanged(state: RoomState, lesson: LessonInfo, atMs: number): RoomState {
  const next = { ...state, lesson };
  if (!OVER_STATES.includes(lesson.state) || state.ending) return next;
  const endedMs = lesson.ended_us === null ? atMs + state.clockOffsetMs : lesson.ended_us / 1000;
  return over(next, { why: "ended", atMs: endedMs });
}

function removed(state: RoomState, code: string, reason: string, atMs: number): RoomState {
  if (code === "replaced") return over(state, { why: "replaced", atMs });
  if (code === "lesson_closed") return state.ending ? state : over(state, { why: "ended", atMs });
  return over(state, { why: "removed", atMs, reason });
}

function posted(state: RoomState, message: ChatMessage): RoomState {
  if (state.chat.some((one) => one.message === message.message)) return state;
  return {
    ...state,
    chat: [...state.chat, message],
    pendingChat: state.pendingChat.filter((one) => one.message !== message.message),
    unreadChat: message.participant === state.me ? state.unreadChat : state.unreadChat + 1,
  };
}

function withPeople(
  people: Readonly<Record<string, RosterEntry>>,
  entries: readonly RosterEntry[],
): Readonly<Record<string, RosterEntry>> {
  const next = { ...people };
  for (const entry of entries) next[entry.participant] = entry;
  return next;
}

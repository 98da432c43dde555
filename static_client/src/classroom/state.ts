// What the classroom knows: one value, changed only by the reducer beside it. No React, no socket, no clock.
import type { MediaState } from "@/call/media_path";
import { NO_QUALITY, type Quality } from "@/call/quality";
import type {
  ChatMessage,
  Counts,
  LessonInfo,
  RaisedHand,
  RecordingInfo,
  RollCallInfo,
  RoomPolicy,
  RosterEntry,
  SeatPush,
  SlotAssignment,
  Visibility,
} from "@/wire/protocol.gen";

/**
 * joining → in ⇄ reconnecting; every one of them → over (nothing follows but a new start).
 */
export type Phase = "joining" | "in" | "reconnecting" | "over";

/** Why it is over. `ended` may still receive pushes (the roll is being closed); the others are final. */
export type Ending =
  | { why: "ended"; atMs: number }
  | { why: "left"; atMs: number }
  | { why: "removed"; atMs: number; reason: string }
  | { why: "replaced"; atMs: number }
  | {
      why: "refused";
      code: string;
      params: Readonly<Record<string, string | number | boolean>>;
      incident: string | null;
    };

/** A message of our own that the server has not shown to all yet. */
export interface PendingChat {
  message: string;
  text: string;
  atMs: number;
  failed: boolean;
}

export interface Lost {
  atMs: number;
  attempt: number;
}

export interface Profile {
  stills: boolean;
  automatic: boolean;
}

export interface RoomState {
  phase: Phase;
  ending: Ending | null;
  me: string;
  role: string;
  lesson: LessonInfo | null;
  people: Readonly<Record<string, RosterEntry>>;
  counts: Counts;
  chat: readonly ChatMessage[];
  pendingChat: readonly PendingChat[];
  unreadChat: number;
  hands: readonly RaisedHand[];
  floor: readonly string[];
  /** Who may see whom, and who talk aside. */
  visibility: Visibility;
  speakers: readonly string[];
  slots: readonly SlotAssignment[];
  slotsRev: number;
  recording: RecordingInfo | null;
  rollCall: RollCallInfo | null;
  /** Roll-calls that closed while we looked; shown for a moment as "đã điểm danh xong". */
  rollCallsClosed: number;
  policy: RoomPolicy | null;
  /** Server clock minus this device's clock, ms. */
  clockOffsetMs: number;
  media: MediaState;
  quality: Quality;
  soundBlocked: boolean;
  lost: Lost | null;
  /** Set while the lecturer's invitation to speak waits for an answer. */
  invited: boolean;
  /** Set while the lecturer's wish to mute waits for an answer. */
  muteAsked: boolean;
  listenOnly: boolean;
  /** Sound and still pages only, by this person's own wish. */
  saving: boolean;
  /** What the server sends now, and whether it decided so because the line carries no more. */
  profile: Profile;
  screenshots: number;
  /** Since when this person is in the lesson as far as this browser saw, server ms; drops in between do not reset it. */
  presentSinceMs: number | null;
}

export type Action =
  | { type: "push"; push: SeatPush; atMs: number }
  | { type: "lost"; atMs: number }
  | { type: "retrying"; attempt: number; atMs: number }
  | {
      type: "refused";
      code: string;
      params: Readonly<Record<string, string | number | boolean>>;
      incident: string | null;
    }
  | { type: "left"; atMs: number }
  | { type: "media"; media: MediaState }
  | { type: "quality"; quality: Quality }
  | { type: "sound_blocked"; blocked: boolean }
  | { type: "chat_pending"; message: string; text: string; atMs: number }
  | { type: "chat_failed"; message: string }
  | { type: "chat_seen" }
  | { type: "invitation_answered" }
  | { type: "mute_answered" }
  | { type: "listen_only"; on: boolean }
  | { type: "saving"; on: boolean };

export const START: RoomState = {
  phase: "joining",
  ending: null,
  me: "",
  role: "",
  lesson: null,
  people: {},
  counts: { enrolled: 0, present: 0, cannot_hear: 0 },
  chat: [],
  pendingChat: [],
  unreadChat: 0,
  hands: [],
  floor: [],
  visibility: { mode: "open", aside: [] },
  speakers: [],
  slots: [],
  slotsRev: 0,
  recording: null,
  rollCall: null,
  rollCallsClosed: 0,
  policy: null,
  clockOffsetMs: 0,
  media: "none",
  quality: NO_QUALITY,
  soundBlocked: false,
  lost: null,
  invited: false,
  muteAsked: false,
  listenOnly: false,
  saving: false,
  profile: { stills: false, automatic: false },
  screenshots: 0,
  presentSinceMs: null,
};

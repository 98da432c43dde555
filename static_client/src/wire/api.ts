// The REST paths of docs/seams.md as typed functions. Nothing else in the client knows a path.
import type {
  Consent,
  DeviceKeyMade,
  DeviceKeys,
  EventPage,
  GiveConsent,
  LessonDetail,
  MakeDeviceKey,
  Me,
  OverrideMark,
  Recording,
  Roll,
  SaveSheetField,
  SheetShape,
  SignIn,
  Ticket,
  Timetable,
  Verification,
} from "./protocol.gen";
import { request } from "./rest";

const lessonPath = (lesson: string, rest = "") => `/lessons/${encodeURIComponent(lesson)}${rest}`;

export const api = {
  me: (signal?: AbortSignal) => request<Me>("GET", "/me", undefined, signal),
  signIn: (wish: SignIn) => request<Me>("POST", "/session", wish),
  signOut: () => request<null>("DELETE", "/session"),
  signOutEverywhere: () => request<null>("POST", "/session/everywhere"),

  /** `from` and `to` are days in Vietnam, YYYY-MM-DD, both included. */
  lessons: (from: string, to: string, signal?: AbortSignal) =>
    request<Timetable>("GET", `/lessons?from=${from}&to=${to}`, undefined, signal),
  lesson: (lesson: string, signal?: AbortSignal) =>
    request<LessonDetail>("GET", lessonPath(lesson), undefined, signal),
  giveConsent: (lesson: string, wish: GiveConsent) =>
    request<Consent | null>("POST", lessonPath(lesson, "/consent"), wish),
  ticket: (lesson: string, device: string) =>
    request<Ticket>("POST", lessonPath(lesson, "/ticket"), { device }),

  devices: (lesson: string, signal?: AbortSignal) =>
    request<DeviceKeys>("GET", lessonPath(lesson, "/devices"), undefined, signal),
  makeDevice: (lesson: string, wish: MakeDeviceKey) =>
    request<DeviceKeyMade>("POST", lessonPath(lesson, "/devices"), wish),
  revokeDevice: (lesson: string, device: string) =>
    request<null>("DELETE", lessonPath(lesson, `/devices/${encodeURIComponent(device)}`)),

  roll: (lesson: string, signal?: AbortSignal) =>
    request<Roll>("GET", lessonPath(lesson, "/roll"), undefined, signal),
  overrideMark: (lesson: string, wish: OverrideMark) =>
    request<Roll>("POST", lessonPath(lesson, "/roll/override"), wish),
  confirmRoll: (lesson: string) => request<Roll>("POST", lessonPath(lesson, "/roll/confirm")),

  sheet: (lesson: string, signal?: AbortSignal) =>
    request<SheetShape>("GET", lessonPath(lesson, "/sheet"), undefined, signal),
  saveSheetField: (lesson: string, wish: SaveSheetField) =>
    request<null>("PUT", lessonPath(lesson, "/sheet/fields"), wish),
  confirmSheet: (lesson: string) => request<SheetShape>("POST", lessonPath(lesson, "/sheet/confirm")),
  sendSheet: (lesson: string) => request<SheetShape>("POST", lessonPath(lesson, "/sheet/send")),
  rollXlsxUrl: (lesson: string) => `/api/v1${lessonPath(lesson, "/roll.xlsx")}`,
  /** One page as it will be printed; `stamp` changes when the content may have changed. */
  sheetPageUrl: (lesson: string, page: number, stamp: string) =>
    `/api/v1${lessonPath(lesson, `/sheet/pages/${page}.png`)}?v=${encodeURIComponent(stamp)}`,
  sheetPdfUrl: (lesson: string) => `/api/v1${lessonPath(lesson, "/sheet.pdf")}`,
  bundleUrl: (lesson: string) => `/api/v1${lessonPath(lesson, "/bundle.zip")}`,

  events: (lesson: string, query: { person?: string; after?: number } = {}, signal?: AbortSignal) => {
    const params = new URLSearchParams();
    if (query.person) params.set("person", query.person);
    if (query.after !== undefined) params.set("after", String(query.after));
    return request<EventPage>("GET", lessonPath(lesson, `/events?${params}`), undefined, signal);
  },
  recording: (lesson: string, signal?: AbortSignal) =>
    request<Recording>("GET", lessonPath(lesson, "/recording"), undefined, signal),
  verify: (code: string, signal?: AbortSignal) =>
    request<Verification>("GET", `/verify/${encodeURIComponent(code)}`, undefined, signal),

  /** Address of `bytes` random bytes for measuring the line. */
  probeUrl: (bytes: number) => `/api/v1/probe?bytes=${bytes}`,
} as const;

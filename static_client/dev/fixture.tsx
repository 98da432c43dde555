// A classroom without a server, for looking at while developing: `npm run dev`, then /dev/?role=lecturer&hands=3&state=live.
// Never part of the build (vite builds index.html only).
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import "@/ui/styles/fonts.css";
import "@/ui/styles/tokens.css";
import "@/ui/styles/base.css";
import "@/ui/styles/stage.css";
import type { CallEvents } from "@/call/lesson_call";
import { LocalMedia } from "@/call/local_media";
import { NO_QUALITY } from "@/call/quality";
import { ViewReport } from "@/call/view_report";
import { Classroom } from "@/classroom/Classroom";
import { RoomController } from "@/classroom/controller";
import { TextProvider, useText } from "@/locales/text";
import { ToastProvider } from "@/ui/Toast";
import type { AnyCommand, AnyPush, Joined, RosterEntry, SeatPush } from "@/wire/protocol.gen";

const query = new URLSearchParams(location.search);
const asks = (name: string, otherwise = "") => query.get(name) ?? otherwise;
const now = Date.now() * 1000;
const minutes = (n: number) => n * 60_000_000;

const NAMES = [
  "Nguyễn Hoài An", "Phạm Tuấn Anh", "Đặng Thị Ngọc Ánh", "Lê Hồng Ân", "Vũ Thanh Bình", "Hoàng Thị Linh Chi", "Đỗ Tiến Dũng",
  "Ngô Thành Đạt", "Lương Hải Long", "Nguyễn Phúc Bảo Ngọc", "Giàng A Sử", "Công Tằng Tôn Nữ Hoàng Uyên", "Trịnh Công Vinh",
];
const MORE = ["Kiều Thị Kim Oanh", "Đinh Mạnh Hùng", "Nguyễn Hoàng Thị Xuân Mai", "Tạ Thị Quỳnh Hoa", "Chu Thị Huyền Trang", "Hồ Nhật Minh"];
while (NAMES.length < Number(asks("people", "13"))) NAMES.push(MORE[NAMES.length % MORE.length] ?? "");

function entry(id: string, name: string, change: Partial<RosterEntry>): RosterEntry {
  return {
    participant: id, name, given_name: name.split(" ").at(-1) ?? "", title: "", code: `K45B2-${id}`, unit: "Đảng ủy xã Nậm Khòa", role: "student",
    presence: "present", state: "learning", since_us: now - minutes(54), microphone: false, camera: false, screen: false, hears: true,
    times_spoken: 0, owner: null, purpose: "", line: "", ...change,
  };
}

const roster: RosterEntry[] = [
  entry("gv", "Trần Thị Thu Hương", { role: "lecturer", title: "TS.", microphone: true, camera: true, screen: asks("screen") === "1" }),
  ...NAMES.map((name, index) =>
    entry(String(index + 1).padStart(2, "0"), name, {
      camera: index % 3 === 1,
      hears: index !== 3,
      state: index === 5 ? "weak" : index === 4 ? "listening_only" : "learning",
      presence: index === 7 ? "lost" : index === 12 ? "expected" : "present",
      since_us: index === 7 ? Date.now() * 1000 - 12_000_000 : now - minutes(54),
    }),
  ),
];

const role = asks("role", "student");
const joined: Joined = {
  t: "joined",
  session: { id: "seat", epoch: 1, grace_s: 90 },
  me: role === "lecturer" ? "gv" : "03",
  role,
  lesson: {
    id: "demo", topic: "Kỹ năng ra và tổ chức thực hiện quyết định của cán bộ cấp cơ sở", course_unit: "Kỹ năng lãnh đạo, quản lý",
    cohort_code: "K45.B2", room_code: "B2-01", state: asks("state", "live"), started_us: now - minutes(54), ended_us: asks("state") === "ended" ? now : null,
    periods: [0, 1, 2, 3].map((n) => ({ no: n + 1, start_us: now - minutes(54) + minutes(50 * n), end_us: now - minutes(9) + minutes(50 * n) })),
  },
  answer: null,
  roster,
  slots: [],
  chat: [
    ["10", "Thưa cô, bước 2 có phải lấy ý kiến nhân dân bằng văn bản không ạ?"], ["gv", "Lấy ý kiến nào cũng phải có biên bản. Xem phụ lục 2 của bài giảng."],
    ["11", "Xã tôi họp thôn rồi lập biên bản, có chữ ký của già làng và trưởng thôn."], ["12", "Tình huống ở trang 5 nên chia nhóm theo địa bàn."],
    ["03", "Em đồng ý với anh Sử, xã em cũng làm như vậy."],
  ].map(([participant = "", text = ""], index) => ({ message: `m${index}`, participant, text, at_us: now - minutes(5 - index), edited: index === 3, hidden: false })),
  hands: ["09", "12", "11"].slice(0, Number(asks("hands", "0"))).map((participant, index) => ({ participant, since_us: now - 100_000_000 + index * 44_000_000 })),
  speakers: asks("speaker") ? [asks("speaker")] : [],
  floor: asks("floor") ? [asks("floor")] : [],
  recording: { state: asks("rec", "recording"), since_us: now - minutes(54), lost_ms: 32_000 },
  roll_call: asks("roll") ? { roll_call: "r1", no: 2, opened_us: now, closes_us: now + 42_000_000, answered_by_me: asks("roll") === "answered", answered: 31, asked: 47 } : null,
  counts: { enrolled: 50, present: 47, cannot_hear: 2 },
  policy: { recording: true, video_slots: 11, audio_slots: 5, grace_s: 90, chat_open: true },
  server_time_us: now,
};

function build(): RoomController {
  const local = new LocalMedia(role === "lecturer" ? "lecturer" : "student");
  let seq = 0;
  let tell: CallEvents | null = null;
  const push = (body: AnyPush) => tell?.push({ ...body, seq: ++seq } as SeatPush);
  const controller = new RoomController(local, asks("listen") === "1", (events) => {
    tell = events;
    return {
      start: async () => {
        push(joined);
        events.media("connected");
        events.quality({
          ...NO_QUALITY, level: asks("net", "good") as "good", reason: asks("why") as "loss", loss: asks("net") ? 0.09 : 0.001, rttMs: 46, downBps: 1.8e6,
          upBps: 0.21e6, bytes: 38_000_000, facts: { protocol: "udp", relayed: asks("relayed") === "1", family: 4, picture: { width: 1280, height: 720, fps: 25 } },
        });
        if (asks("stills")) push({ t: "profile_changed", profile: "audio_and_stills", automatic: true });
        if (asks("lost")) {
          events.lost();
          events.retrying(2);
        }
        if (asks("invited")) push({ t: "floor_changed", floor: [joined.me], invited_me: true });
        if (asks("removed")) push({ t: "removed", code: asks("removed"), reason: "Gây ồn nhiều lần, đã nhắc" });
      },
      do: async (command: AnyCommand) => {
        const { me } = joined;
        if (command.t === "post_chat")
          push({ t: "chat_posted", message: { message: command.message, participant: me, at_us: Date.now() * 1000, text: command.text, edited: false, hidden: false } });
        if (command.t === "raise_hand") push({ t: "hands_changed", hands: [...joined.hands, { participant: me, since_us: Date.now() * 1000 }] });
        if (command.t === "lower_hand") push({ t: "hands_changed", hands: joined.hands });
      },
      tryNow: () => undefined,
      setListenOnly: () => undefined,
      wantVideoSlots: () => undefined,
      setSaving: () => undefined,
      unlockSound: () => undefined,
      leave: async () => undefined,
      close: () => undefined,
      view: new ViewReport(() => undefined),
    };
  });
  if (asks("camera") === "1") void local.setCamera(true);
  controller.start();
  return controller;
}

function Page() {
  const { t } = useText();
  const [controller] = useState(build);
  return (
    <ToastProvider closeLabel={t("app.close")}>
      <Classroom controller={controller} lesson="demo" onRejoin={() => location.reload()} />
    </ToastProvider>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <TextProvider>
      <BrowserRouter>
        <Page />
      </BrowserRouter>
    </TextProvider>,
  );
}

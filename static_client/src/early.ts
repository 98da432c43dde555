// Runs before everything else on a lesson's page, as a small file of its own: asks for what joining needs while the client's code
// is still on the way, and opens the line of the live room. Whoever needs something of it takes it (src/wire/ahead.ts).
import type { Ahead, AheadAnswer } from "@/wire/ahead";
import { deviceId } from "@/wire/device";

const LESSON = /^\/lessons\/([0-9a-f-]{36})(\/room)?$/;
const CSRF = /(?:^|; )gd_csrf=([^;]+)/;

function ask(path: string, post?: { csrf: string; body: unknown }): AheadAnswer {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (post) {
    headers["X-Giangduong-CSRF"] = post.csrf;
    headers["Content-Type"] = "application/json";
  }
  const answer = fetch(`/api/v1${path}`, {
    method: post ? "POST" : "GET",
    headers,
    credentials: "same-origin",
    body: post ? JSON.stringify(post.body) : null,
  }).catch(() => null);
  return { method: post ? "POST" : "GET", path, answer };
}

/** The line of the room, before anybody says over it who they are. What arrives meanwhile is kept; pings are answered. */
function open(): Ahead["line"] {
  const address = `${location.origin.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(address);
  const line: NonNullable<Ahead["line"]> = { address, socket, opened: false, said: [] };
  socket.onopen = () => {
    line.opened = true;
  };
  socket.onmessage = (message) => {
    if (message.data === "2") socket.send("3");
    else line.said.push(message);
  };
  return line;
}

const [, lesson, room] = LESSON.exec(location.pathname) ?? [];
const csrf = CSRF.exec(document.cookie)?.[1];
if (lesson && csrf) {
  const answers = [ask("/me")];
  if (!room) answers.push(ask(`/lessons/${lesson}`));
  answers.push(
    ask(`/lessons/${lesson}/ticket`, { csrf: decodeURIComponent(csrf), body: { device: deviceId() } }),
  );
  window.gdAhead = { atMs: performance.now(), answers, line: open() };
}

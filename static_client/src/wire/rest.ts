// One request to the REST edge: cookies carry who we are, the CSRF header proves the page is ours, a failure is a
// ProblemError. A session that has run out is refreshed once, behind the caller's back.
import { takeAnswer } from "./ahead";
import { asProblem, ProblemError, problemIn } from "./problem";

const BASE = "/api/v1";
const CSRF_HEADER = "X-Giangduong-CSRF";
const CSRF_COOKIE = "gd_csrf";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

function cookie(name: string): string {
  for (const part of document.cookie.split("; ")) {
    const [key, ...value] = part.split("=");
    if (key === name) return decodeURIComponent(value.join("="));
  }
  return "";
}

async function send(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers[CSRF_HEADER] = cookie(CSRF_COOKIE);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(BASE + path, {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError("client.offline");
  }
}

let refreshing: Promise<boolean> | null = null;

/** Two requests that find the session gone at once share one refresh: a refresh token is good for one use. */
function refresh(): Promise<boolean> {
  refreshing ??= send("POST", "/session/refresh", undefined)
    .then((response) => response.ok)
    .catch(() => false)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  const text = await response.text();
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ProblemError("client.bad_answer", { status: response.status }, response.status);
  }
}

/** The answer of the server as `T`, trusted to be the shape that both sides generate from. */
export async function request<T>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response = (await takeAnswer(method, path)) ?? (await send(method, path, body, signal));
  const mayRefresh = response.status === 401 && !path.startsWith("/session");
  if (mayRefresh && (await refresh())) response = await send(method, path, body, signal);
  const value = await read(response);
  if (response.ok) return value as T;
  throw problemIn(value, response.status) ?? asProblem(new Error(`HTTP ${response.status}`));
}

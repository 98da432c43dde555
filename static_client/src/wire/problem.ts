// Why something was not done: what the server answered, or what kept us from asking.
import type { ProblemInfo } from "./protocol.gen";

/** Codes of the client itself; all others come from the server. */
export type ClientProblemCode =
  | "client.offline"
  | "client.bad_answer"
  | "client.not_connected"
  | "client.timeout";

export class ProblemError extends Error {
  constructor(
    readonly code: string,
    readonly params: Readonly<Record<string, string | number | boolean>> = {},
    readonly status = 0,
    readonly incident: string | null = null,
  ) {
    super(code);
    this.name = "ProblemError";
  }

  static of(info: ProblemInfo, status = 0): ProblemError {
    return new ProblemError(info.code, info.params, status, info.incident ?? null);
  }
}

/** Any thrown value as a problem, so that pages need to know one shape only. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError("client.bad_answer", {
    detail: error instanceof Error ? error.message : String(error),
  });
}

/** Reads `{"problem": {...}}` out of an answer, an ack or a refused connection. */
export function problemIn(value: unknown, status = 0): ProblemError | null {
  if (typeof value !== "object" || value === null || !("problem" in value)) return null;
  const info = (value as { problem: unknown }).problem;
  if (typeof info !== "object" || info === null || !("code" in info) || typeof info.code !== "string")
    return null;
  const { params, incident } = info as Partial<ProblemInfo>;
  return ProblemError.of({ code: info.code, params: params ?? {}, incident: incident ?? null }, status);
}

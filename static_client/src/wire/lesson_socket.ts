// The socket to one live lesson: connects with a prepared CONNECT, hands pushes on in order, sends commands and waits for
// their ack. It comes back by itself; what a connection means to the lesson is decided in src/call.
import { io, type Socket, WebSocket as WebSocketTransport } from "socket.io-client";
import { takeLine } from "./ahead";
import { ProblemError, problemIn } from "./problem";
import type { Ack, AnyCommand, Connect, SeatPush } from "./protocol.gen";

const NONE = -1;
const ACK_WAIT_MS = 8_000;
/** A refused or half-open attempt is given up after this long. */
const CONNECT_WAIT_MS = 8_000;

/** Takes the line that was opened while the code was on the way, if there is one. */
class LineTransport extends WebSocketTransport {
  override createSocket(
    uri: string,
    protocols: string | string[] | undefined,
    opts: Record<string, unknown>,
  ) {
    return takeLine(uri) ?? super.createSocket(uri, protocols, opts);
  }
}

export interface SocketEvents {
  /** Makes the CONNECT of the next attempt; a rejection counts as a failed attempt. */
  prepare: () => Promise<Connect>;
  push: (push: SeatPush) => void;
  /** The line went away (`clean`: we closed it ourselves). */
  lost: (clean: boolean) => void;
  /** An attempt failed: no network (null), or the server's reason. Return whether to go on trying. */
  failed: (attempt: number, problem: ProblemError | null) => boolean;
}

export class LessonSocket {
  private readonly socket: Socket;
  private attempt = 0;
  /** The attempt whose failure has been acted on; none at first, and none after the server has spoken. */
  private retried = NONE;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    url: string,
    private readonly events: SocketEvents,
  ) {
    this.socket = io(`${url}/lesson`, {
      transports: [LineTransport],
      autoConnect: false,
      // Attempts are made here, so that each can bring its own fresh CONNECT and be counted.
      reconnection: false,
      timeout: CONNECT_WAIT_MS,
      forceNew: true,
      // The line opens while the offer is made: whichever is ready last sets the pace.
      auth: (give) => void this.prepared?.then(give as (auth: unknown) => void, () => undefined),
    });
    this.socket.on("push", (push: SeatPush) => {
      this.attempt = 0;
      this.retried = NONE;
      events.push(push);
    });
    this.socket.on("connect_error", (error: Error & { data?: unknown }) => this.retry(problemIn(error.data)));
    this.socket.on("disconnect", (reason) => {
      if (reason === "io client disconnect") return;
      events.lost(this.closed);
      if (!this.closed) this.retry(null);
    });
  }

  private prepared: Promise<Connect> | null = null;

  get connected(): boolean {
    return this.socket.connected;
  }

  /** Begins the first attempt. */
  open(): void {
    void this.try();
  }

  /** Tries at once instead of waiting for the next turn ("Thử ngay"). */
  tryNow(): void {
    if (this.closed || this.socket.connected) return;
    clearTimeout(this.timer);
    void this.try();
  }

  /** Drops the line and connects again, to be sent what was missed. */
  reopen(): void {
    if (this.closed) return;
    this.socket.disconnect();
    this.events.lost(false);
    void this.try();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.disconnect();
  }

  /** Sends a command; resolves when the server has done it. */
  async do(command: AnyCommand): Promise<void> {
    if (!this.socket.connected) throw new ProblemError("client.not_connected");
    let ack: Ack;
    try {
      ack = (await this.socket.timeout(ACK_WAIT_MS).emitWithAck("do", command)) as Ack;
    } catch {
      throw new ProblemError(this.socket.connected ? "client.timeout" : "client.not_connected");
    }
    const problem = problemIn(ack);
    if (problem) throw problem;
  }

  private async try(): Promise<void> {
    const mine = ++this.attempt;
    this.socket.disconnect();
    this.prepared = this.events.prepare();
    this.socket.connect();
    try {
      await this.prepared;
    } catch (error) {
      if (this.closed || mine !== this.attempt) return;
      this.socket.disconnect();
      this.retry(error instanceof ProblemError ? error : null);
    }
  }

  private retry(problem: ProblemError | null): void {
    // The line and the CONNECT of one attempt may both fail: one wait is enough, but a reason is heard.
    if (this.closed || (problem === null && this.retried === this.attempt)) return;
    this.retried = this.attempt;
    clearTimeout(this.timer);
    if (!this.events.failed(this.attempt, problem)) return;
    this.timer = setTimeout(() => void this.try(), waitBefore(this.attempt));
  }
}

/** ms before the attempt after `attempt`: 200, 400, … up to 2 s, spread so that a class does not come back at once. */
export function waitBefore(attempt: number, random = Math.random()): number {
  const base = Math.min(2_000, 200 * 2 ** Math.max(0, attempt - 1));
  return Math.round(base * (0.75 + random * 0.5));
}

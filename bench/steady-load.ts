/**
 * Requests at a steady rate, however long responses take, so that a pause of the server shows in everything it delays.
 */

import { type AnswerEnd, endOf, HEAD_END } from "./answer-end.ts";

/** Connections kept alive: more than are ever busy at the same time while responses take milliseconds. */
const CONNECTIONS = 64;

/** Requests sent together, once per tick. */
const TICK_MS = 2;

/** What is requested: a target, or one with additional header lines. */
export type RequestLine =
  string | { readonly target: string; readonly headers: Readonly<Record<string, string>> };

/**
 * Sends `requests` in turn. Latency of each request in ms, from when it was due to the last byte of its response;
 * `onAnswer` receives the size of each in bytes, including its head.
 */
export async function steadyLoad(
  port: number,
  requests: readonly RequestLine[],
  load: { readonly perSecond: number; readonly seconds: number },
  onAnswer: (bytes: number) => void = () => {},
): Promise<number[]> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.open(port)),
  );
  const bytes = requests.map(requestOf);
  const latencies: number[] = [];
  const idle = [...connections];
  const due: number[] = [];
  const count = load.perSecond * load.seconds;
  const startedMs = performance.now();
  let planned = 0;
  let sent = 0;
  const finished = Promise.withResolvers<void>();
  const sendDue = (): void => {
    while (due.length > 0) {
      // Round robin: a connection that is never used would be closed.
      const connection = idle.shift();
      const dueMs = due[0];
      const request = bytes[sent % bytes.length];
      if (connection === undefined || dueMs === undefined || request === undefined) return;
      due.shift();
      sent += 1;
      connection.ask(request, (size) => {
        onAnswer(size);
        latencies.push(performance.now() - dueMs);
        idle.push(connection);
        if (latencies.length === count) finished.resolve();
        else sendDue();
      });
    }
  };
  const ticking = setInterval(() => {
    const untilMs = performance.now() - startedMs;
    while (planned < count && (planned * 1000) / load.perSecond <= untilMs) {
      due.push(startedMs + (planned * 1000) / load.perSecond);
      planned += 1;
    }
    sendDue();
  }, TICK_MS);
  try {
    await Promise.race([finished.promise, ...connections.map((connection) => connection.lost)]);
  } finally {
    clearInterval(ticking);
    for (const connection of connections) connection.close();
  }
  return latencies;
}

function requestOf(request: RequestLine): Buffer {
  const { target, headers } =
    typeof request === "string" ? { target: request, headers: {} } : request;
  const lines = Object.entries({ Host: "bench", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.from(`GET ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

/** The value that `share` of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

interface Socket {
  write(bytes: Buffer): number;
  end(): void;
}

/** How much of the current response has arrived. */
interface Progress {
  received: number;
  /** Null until its head is complete. */
  end: AnswerEnd | null;
  head: Buffer;
  done: ((bytes: number) => void) | null;
}

/** Throws for an unexpected response. */
function take(state: Progress, chunk: Buffer): void {
  state.received += chunk.byteLength;
  let body = chunk;
  if (state.end === null) {
    state.head = Buffer.concat([state.head, chunk]);
    const headEnd = state.head.indexOf(HEAD_END);
    if (headEnd < 0) return;
    state.end = endOf(state.head.subarray(0, headEnd).toString("latin1"));
    body = state.head.subarray(headEnd + HEAD_END.length);
  }
  if (!state.end(body)) return;
  const { done, received } = state;
  state.received = 0;
  state.end = null;
  state.head = Buffer.alloc(0);
  state.done = null;
  done?.(received);
}

/** One persistent connection with at most one request in progress. */
class Connection {
  readonly #socket: Socket;
  readonly #state: Progress;
  /** Rejects if the server closes it, or responds with anything but 200. */
  readonly lost: Promise<never>;

  private constructor(socket: Socket, state: Progress, lost: Promise<never>) {
    this.#socket = socket;
    this.#state = state;
    this.lost = lost;
  }

  static async open(port: number): Promise<Connection> {
    const state: Progress = {
      received: 0,
      end: null,
      head: Buffer.alloc(0),
      done: null,
    };
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data(_, chunk) {
          try {
            take(state, chunk);
          } catch (error) {
            lost.reject(error);
          }
        },
        close: () => lost.reject(new Error("a connection was closed")),
        error: (_socket, error) => lost.reject(error),
      },
    });
    return new Connection(socket, state, lost.promise);
  }

  ask(request: Buffer, done: (bytes: number) => void): void {
    this.#state.done = done;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.end();
  }
}

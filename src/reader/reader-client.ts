import { pathToFileURL } from "node:url";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import { threadScript } from "../lib/project-files.ts";
import {
  type HistoryQuestions,
  type HistoryReader,
  HistoryUnavailable,
  type QuestionKind,
} from "../services/history/history-reader.ts";
import {
  type Answer,
  type FromReader,
  type Question,
  type ReaderSettings,
  type ToReader,
  transferOf,
} from "./protocol.ts";

/** Questions that may be open at once. The HTTP side builds two answers at a time; the rest is for other users. */
export const MAX_OPEN = 32;

/**
 * A question that takes longer is given up: a table of 50,000 instruments takes a second or two on two free cores, and
 * several times as long on a busy machine.
 */
export const ANSWER_WITHIN_MS = 20_000;

/** The thread costs some 10 MB: it ends when no question was asked for this long. */
export const QUIET_MS = 60_000;

/** A thread that ended before it had answered anything is not started again at once. */
export const RESTART_AFTER_MS = 1_000;

/** The part of a Worker that the client uses. */
export interface ReaderHandle {
  postMessage(message: ToReader, transfer: ArrayBuffer[]): void;
  terminate(): void;
}

/** Starts a thread; `close` is called however it ends, possibly more than once. */
export type StartReader = (on: {
  readonly message: (message: FromReader) => void;
  readonly close: (reason: string) => void;
}) => ReaderHandle;

/** The real thread. */
export const startReaderThread: StartReader = (on) => {
  const worker = new Worker(pathToFileURL(threadScript("reader", "reader-thread")).href);
  worker.onmessage = (event: MessageEvent<FromReader>) => on.message(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    on.close(`error: ${event.message}`);
  };
  worker.addEventListener("close", () => on.close("closed"));
  return worker;
};

export interface ReaderDeps {
  readonly settings: ReaderSettings;
  readonly startReader: StartReader;
  readonly clock: Clock;
  readonly log: Log;
}

interface Open {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread from its start to its end. */
interface Running {
  readonly handle: ReaderHandle;
  readonly open: Map<number, Open>;
  /** Received so far. */
  messages: number;
  /** Set while nothing is open. */
  endQuiet: CancelTimer;
}

/** Asks a thread that is started by the first question and ends after a quiet minute. */
export class ReaderClient implements HistoryReader {
  readonly #deps: ReaderDeps;
  #running: Running | null = null;
  #lastId = 0;
  /** When a thread ended without having answered anything, on the monotonic clock. */
  #failedAtMs: number | null = null;
  #isUnreadable = false;
  #isClosed = false;
  #starts = 0;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  /** Threads started so far. */
  get starts(): number {
    return this.#starts;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  async ask<Kind extends QuestionKind>(
    kind: Kind,
    query: HistoryQuestions[Kind]["query"],
    signal: AbortSignal,
  ): Promise<HistoryQuestions[Kind]["answer"]> {
    // The pairs of kinds and queries are those of the interface, which the compiler does not follow into a union.
    const answer = await this.#ask({ kind, query } as Question, signal);
    return answer as HistoryQuestions[Kind]["answer"];
  }

  /** Ends the thread; what is open is rejected, and no other is started. */
  close(): void {
    this.#isClosed = true;
    this.#end("the service is shutting down");
  }

  async #ask(question: Question, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) throw new HistoryUnavailable("cancelled", "The client has disconnected.");
    const running = this.#running ?? this.#start();
    if (running.open.size >= MAX_OPEN)
      throw new HistoryUnavailable(
        "busy",
        `${MAX_OPEN} questions about the past are open already.`,
      );
    running.endQuiet();
    const id = (this.#lastId += 1);
    const before = running.messages;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    running.open.set(id, { resolve, reject });
    const giveUp = (error: HistoryUnavailable): void => {
      if (!running.open.has(id)) return;
      running.handle.postMessage({ type: "cancel", id }, []);
      this.#settle(running, id, ({ reject: refuse }) => refuse(error));
    };
    const cancelTimeout = this.#deps.clock.after(ANSWER_WITHIN_MS, () => {
      giveUp(new HistoryUnavailable("timeout", `No answer within ${ANSWER_WITHIN_MS / 1000} s.`));
      // A thread that has answered nothing meanwhile may be stuck.
      if (this.#running === running && running.messages === before) this.#end("it does not answer");
    });
    const leave = (): void =>
      giveUp(new HistoryUnavailable("cancelled", "The client has disconnected."));
    signal.addEventListener("abort", leave, { once: true });
    running.handle.postMessage({ type: "ask", id, question }, transferOf(question.query));
    try {
      return await promise;
    } finally {
      cancelTimeout();
      signal.removeEventListener("abort", leave);
    }
  }

  #start(): Running {
    const { clock, settings, startReader } = this.#deps;
    if (this.#isClosed) throw new HistoryUnavailable("ended", "The service is shutting down.");
    const failedAgoMs =
      this.#failedAtMs === null ? RESTART_AFTER_MS : clock.monotonicMs() - this.#failedAtMs;
    if (failedAgoMs < RESTART_AFTER_MS)
      throw new HistoryUnavailable("ended", "The reader of the history has just failed.");
    this.#starts += 1;
    const handle = startReader({
      message: (message) => this.#take(running, message),
      close: (reason) => {
        if (this.#running === running) this.#end(reason);
      },
    });
    const running: Running = {
      handle,
      open: new Map(),
      messages: 0,
      endQuiet: () => {},
    };
    handle.postMessage({ type: "start", settings }, []);
    this.#running = running;
    return running;
  }

  #take(running: Running, message: FromReader): void {
    running.messages += 1;
    if (message.type === "answer") this.#isUnreadable = false;
    this.#settle(running, message.id, ({ resolve, reject }) => {
      if (message.type === "answer") resolve(message.answer);
      else if (message.isUnreadable) {
        // Once, not with every question.
        if (!this.#isUnreadable)
          this.#deps.log.error("history_unreadable", { reason: message.reason });
        this.#isUnreadable = true;
        reject(new HistoryUnavailable("unreadable", `The history file: ${message.reason}.`));
      } else reject(new Error(`reader: ${message.reason}`));
    });
  }

  /** Settles a question; after the last one the thread ends, unless another one comes. */
  #settle(running: Running, id: number, settle: (open: Open) => void): void {
    const open = running.open.get(id);
    if (open === undefined) return;
    running.open.delete(id);
    settle(open);
    if (running.open.size > 0 || this.#running !== running) return;
    running.endQuiet = this.#deps.clock.after(QUIET_MS, () => this.#end(null));
  }

  /** Ends the running thread; a reason is logged, and those who wait get it. */
  #end(reason: string | null): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    running.endQuiet();
    if (reason !== null && !this.#isClosed) {
      this.#deps.log.error("history_reader_ended", { reason });
      if (running.messages === 0) this.#failedAtMs = this.#deps.clock.monotonicMs();
    }
    try {
      running.handle.terminate();
    } catch (error) {
      this.#deps.log.error("history_reader_not_ended", { reason: errorText(error) });
    }
    const words = `The reader of the history ended: ${reason ?? "it was not needed"}.`;
    for (const { reject } of running.open.values()) reject(new HistoryUnavailable("ended", words));
    running.open.clear();
  }
}

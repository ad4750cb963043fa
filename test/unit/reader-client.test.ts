import { expect, test } from "bun:test";
import {
  ANSWER_WITHIN_MS,
  MAX_OPEN,
  QUIET_MS,
  ReaderClient,
  RESTART_AFTER_MS,
  type StartReader,
} from "../../src/reader/reader-client.ts";
import type { FromReader, ToReader } from "../../src/reader/protocol.ts";
import type { PointsQuery } from "../../src/services/history/history-query.ts";
import { HistoryUnavailable } from "../../src/services/history/history-reader.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

const QUERY: PointsQuery = {
  filter: { names: null, exchanges: null, quotes: null, assetClasses: null },
  range: { fromMs: 0, toMs: 1 },
  asOfMs: 1,
  limit: 1,
  after: null,
  total: null,
};

const STAYS = new AbortController().signal;

/** A thread that records what it is sent; the test speaks for it. */
class FakeThread {
  readonly received: ToReader[] = [];
  isTerminated = false;
  readonly on: Parameters<StartReader>[0];

  constructor(on: Parameters<StartReader>[0]) {
    this.on = on;
  }

  postMessage(message: ToReader): void {
    this.received.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** The ids of the questions, oldest first. */
  get asked(): readonly number[] {
    return this.received.flatMap((message) => (message.type === "ask" ? [message.id] : []));
  }

  get cancelled(): readonly number[] {
    return this.received.flatMap((message) => (message.type === "cancel" ? [message.id] : []));
  }

  send(message: FromReader): void {
    this.on.message(message);
  }

  answer(id: number): void {
    const answer = { total: id } as Extract<FromReader, { type: "answer" }>["answer"];
    this.send({ type: "answer", id, answer });
  }
}

function client() {
  const clock = new ManualClock();
  const log = memoryLog();
  const threads: FakeThread[] = [];
  const reader = new ReaderClient({
    settings: { databasePath: "x.db", withHistory: ["okx"] },
    startReader: (on) => {
      const thread = new FakeThread(on);
      threads.push(thread);
      return thread;
    },
    clock,
    log,
  });
  /** What became of a question: the number in its answer, or why there is none. */
  const ask = async (signal = STAYS): Promise<string> => {
    try {
      return String((await reader.ask("settled", QUERY, signal)).total);
    } catch (error) {
      return error instanceof HistoryUnavailable ? error.kind : String(error);
    }
  };
  return { clock, log, threads, reader, ask };
}

test("the thread starts with the first question, with its settings, and answers by id", async () => {
  const { threads, ask } = client();
  expect(threads).toHaveLength(0);
  const answers = [ask(), ask(), ask()];
  expect(threads).toHaveLength(1);
  const [thread] = threads;
  expect(thread?.received[0]).toEqual({
    type: "start",
    settings: { databasePath: "x.db", withHistory: ["okx"] },
  });
  for (const id of [3, 1, 2]) thread?.answer(id);
  expect(await Promise.all(answers)).toEqual(["1", "2", "3"]);
});

test("it ends after a quiet minute, which each question begins anew; the next one starts another", async () => {
  const { clock, threads, ask, log } = client();
  const first = ask();
  threads[0]?.answer(1);
  await first;
  await clock.advance(QUIET_MS - 1);
  const second = ask();
  await clock.advance(ANSWER_WITHIN_MS - 1);
  expect(threads[0]?.isTerminated).toBe(false);
  threads[0]?.answer(2);
  await second;
  await clock.advance(QUIET_MS - 1);
  expect(threads[0]?.isTerminated).toBe(false);
  await clock.advance(1);
  expect(threads[0]?.isTerminated).toBe(true);
  const third = ask();
  expect(threads).toHaveLength(2);
  threads[1]?.answer(3);
  expect(await third).toBe("3");
  expect(log.events()).toEqual([]);
});

test("more than a fixed number of open questions are refused, until one is answered", async () => {
  const { threads, ask } = client();
  const open = Array.from({ length: MAX_OPEN }, () => ask());
  expect(await ask()).toBe("busy");
  expect(threads[0]?.asked).toHaveLength(MAX_OPEN);
  threads[0]?.answer(1);
  const other = ask();
  for (const id of threads[0]?.asked ?? []) threads[0]?.answer(id);
  expect((await Promise.all([...open, other])).includes("busy")).toBe(false);
});

test("a question without an answer in time is cancelled; the thread continues if it has answered others", async () => {
  const { clock, threads, ask } = client();
  const slow = ask();
  const quick = ask();
  threads[0]?.answer(2);
  expect(await quick).toBe("2");
  await clock.advance(ANSWER_WITHIN_MS);
  expect(await slow).toBe("timeout");
  expect(threads[0]?.cancelled).toEqual([1]);
  expect(threads[0]?.isTerminated).toBe(false);
  // An answer that comes nevertheless is ignored.
  threads[0]?.answer(1);
});

test("a thread that answers nothing in time is stuck: it ends, and the next question starts another", async () => {
  const { clock, threads, ask, log } = client();
  const first = ask();
  await clock.advance(ANSWER_WITHIN_MS - 1);
  const second = ask();
  await clock.advance(1);
  expect([await first, await second]).toEqual(["timeout", "ended"]);
  expect(threads[0]?.isTerminated).toBe(true);
  expect(log.events()).toEqual(["history_reader_ended"]);
  await clock.advance(RESTART_AFTER_MS);
  const third = ask();
  threads[1]?.answer(3);
  expect(await third).toBe("3");
});

test("when the thread ends, those who wait are refused, and the next question starts another", async () => {
  const { threads, ask, log } = client();
  const [first, second] = [ask(), ask()];
  threads[0]?.answer(1);
  threads[0]?.on.close("closed");
  threads[0]?.on.close("closed");
  expect([await first, await second]).toEqual(["1", "ended"]);
  expect(log.events()).toEqual(["history_reader_ended"]);
  const third = ask();
  threads[1]?.answer(3);
  expect(await third).toBe("3");
});

test("a thread that ended before it answered anything is not started again at once", async () => {
  const { clock, threads, ask } = client();
  const first = ask();
  threads[0]?.on.close("error: no memory");
  expect(await first).toBe("ended");
  expect(await ask()).toBe("ended");
  expect(threads).toHaveLength(1);
  await clock.advance(RESTART_AFTER_MS);
  const third = ask();
  expect(threads).toHaveLength(2);
  threads[1]?.answer(2);
  expect(await third).toBe("2");
});

test("the question of a client that leaves is cancelled; one that has left is not asked", async () => {
  const { threads, ask } = client();
  const leaving = new AbortController();
  const left = ask(leaving.signal);
  leaving.abort();
  expect(await left).toBe("cancelled");
  expect(threads[0]?.cancelled).toEqual([1]);
  expect(await ask(AbortSignal.abort())).toBe("cancelled");
  expect(threads[0]?.asked).toEqual([1]);
});

test("a file that cannot be read is reported once, until it can be read again", async () => {
  const { threads, ask, log } = client();
  const unreadable = async (id: number): Promise<void> => {
    const asked = ask();
    threads[0]?.send({ type: "failed", id, isUnreadable: true, reason: "it is damaged" });
    expect(await asked).toBe("unreadable");
  };
  await unreadable(1);
  await unreadable(2);
  expect(log.events()).toEqual(["history_unreadable"]);
  const third = ask();
  threads[0]?.answer(3);
  expect(await third).toBe("3");
  await unreadable(4);
  expect(log.events()).toEqual(["history_unreadable", "history_unreadable"]);
});

test("an error of the program is no state of the file", async () => {
  const { threads, ask } = client();
  const asked = ask();
  threads[0]?.send({ type: "failed", id: 1, isUnreadable: false, reason: "x is undefined" });
  expect(await asked).toBe("Error: reader: x is undefined");
});

test("after closing, nothing is answered and no thread is started", async () => {
  const { threads, ask, reader, log } = client();
  const open = ask();
  reader.close();
  expect([await open, await ask()]).toEqual(["ended", "ended"]);
  expect(threads).toHaveLength(1);
  expect(threads[0]?.isTerminated).toBe(true);
  expect(log.events()).toEqual([]);
});

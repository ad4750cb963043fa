import { describe, expect, test } from "bun:test";
import type { CollectorSettings, FromWorker, ToWorker } from "../../src/collector/protocol.ts";
import { type StartWorker, superviseCollector } from "../../src/collector/supervisor.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

const SETTINGS: CollectorSettings = {
  databasePath: "unused.db",
  exchanges: ["okx"],
  periodMs: 60_000,
  exchangeOrigin: null,
  logLevel: "silent",
};

/** A worker that does what the test says. */
interface FakeWorker {
  readonly got: ToWorker[];
  readonly say: (message: FromWorker) => void;
  readonly die: (reason: string) => void;
  terminated: boolean;
}

function setUp(onMessage: (message: FromWorker) => void = () => {}) {
  const clock = new ManualClock();
  const log = memoryLog();
  const workers: FakeWorker[] = [];
  const heard: FromWorker[] = [];
  const startWorker: StartWorker = (on) => {
    const worker: FakeWorker = { got: [], say: on.message, die: on.close, terminated: false };
    workers.push(worker);
    return {
      postMessage: (message) => worker.got.push(message),
      terminate: () => {
        worker.terminated = true;
      },
    };
  };
  const supervisor = superviseCollector({
    settings: SETTINGS,
    startWorker,
    clock,
    random: () => 0.5,
    log,
    onMessage: (message) => {
      heard.push(message);
      onMessage(message);
    },
  });
  /** Lets time pass while the newest worker says each second that it lives. */
  const live = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n += 1) {
      workers.at(-1)?.say({ type: "heartbeat" });
      await clock.advance(1_000);
    }
  };
  return { clock, log, workers, heard, supervisor, live };
}

describe("the supervisor", () => {
  test("starts one worker with the settings and passes on what it says", async () => {
    const { workers, heard, live } = setUp();
    await live(30);
    expect(workers).toHaveLength(1);
    expect(workers[0]?.got).toEqual([{ type: "start", settings: SETTINGS }]);
    workers[0]?.say({ type: "collecting", epoch: 3 });
    expect(heard.at(-1)).toEqual({ type: "collecting", epoch: 3 });
  });

  test("what a listener throws is logged and ends nothing", async () => {
    const { log, workers, live } = setUp((message) => {
      if (message.type === "heartbeat") throw new Error("disk I/O error");
    });
    await live(2);
    expect(workers).toHaveLength(1);
    expect(log.events()).toEqual(["collector_message_failed", "collector_message_failed"]);
  });

  test("starts another however it ends: an error, or a close with code 0", async () => {
    const { workers, live, log } = setUp();
    await live(100);
    workers[0]?.die("closed");
    await live(2);
    expect(workers).toHaveLength(2);
    expect(workers[0]?.terminated).toBe(true);
    workers[1]?.die("error: out of memory");
    await live(2);
    expect(workers).toHaveLength(3);
    expect(log.events()).toEqual(["collector_ended", "collector_ended"]);
  });

  test("ends and replaces a worker that has been silent for 15 seconds", async () => {
    const { workers, clock, live } = setUp();
    await live(5);
    await clock.advance(14_000);
    expect(workers).toHaveLength(1);
    await clock.advance(4_000);
    expect(workers[0]?.terminated).toBe(true);
    expect(workers).toHaveLength(2);
  });

  test("waits longer while workers die young, half a minute at most", async () => {
    const { workers, clock } = setUp();
    const started: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      started.push(clock.monotonicMs());
      workers.at(-1)?.die("closed");
      const before = workers.length;
      while (workers.length === before) await clock.advance(100);
    }
    const gaps = started.slice(1).map((at, index) => at - (started[index] ?? 0));
    expect(gaps.slice(0, 3)).toEqual([200, 400, 800]);
    expect(Math.max(...gaps)).toBe(15_000);
  });

  test("stop asks the worker to end, waits for it, and starts no other", async () => {
    const { workers, supervisor, clock, live } = setUp();
    await live(3);
    const stopped = supervisor.stop();
    await clock.advance(0);
    expect(workers[0]?.got.at(-1)).toEqual({ type: "stop" });
    workers[0]?.say({ type: "stopped" });
    await stopped;
    await clock.advance(60_000);
    expect(workers).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  test("stop gives up on a worker that does not end within three seconds", async () => {
    const { supervisor, clock, workers } = setUp();
    await clock.advance(0);
    let done = false;
    void supervisor.stop().then(() => {
      done = true;
    });
    await clock.advance(2_900);
    expect(done).toBe(false);
    await clock.advance(200);
    expect(done).toBe(true);
    expect(workers.map((worker) => worker.terminated)).toEqual([true]);
  });
});

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

/** The clock of an overloaded machine: each sleep takes longer by `lateMs`. */
class BusyClock extends ManualClock {
  lateMs = 0;

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms + this.lateMs, signal);
  }
}

/** A worker controlled by the test. */
interface FakeWorker {
  readonly got: ToWorker[];
  readonly say: (message: FromWorker) => void;
  readonly die: (reason: string) => void;
  terminated: boolean;
}

function setUp(onMessage: (message: FromWorker) => void = () => {}) {
  const clock = new BusyClock();
  const log = memoryLog();
  const workers: FakeWorker[] = [];
  const received: FromWorker[] = [];
  let failing = false;
  const startWorker: StartWorker = (on) => {
    if (failing) throw new Error("no thread");
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
      received.push(message);
      onMessage(message);
    },
  });
  /** Lets time pass while the newest worker sends a heartbeat each second. */
  const live = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n += 1) {
      workers.at(-1)?.say({ type: "heartbeat" });
      await clock.advance(1_000);
    }
  };
  /** Lets the newest worker stay silent until it is replaced; returns how long that took, in ms. */
  const silence = async (): Promise<number> => {
    const count = workers.length;
    const fromMs = clock.monotonicMs();
    while (!workers[count - 1]?.terminated) await clock.advance(1_000);
    const silentMs = clock.monotonicMs() - fromMs;
    while (workers.length === count) await clock.advance(1_000);
    return silentMs;
  };
  const fail = (now: boolean): void => {
    failing = now;
  };
  return { clock, log, workers, received, supervisor, live, silence, fail };
}

describe("the supervisor", () => {
  test("starts one worker with the settings and passes on its messages", async () => {
    const { workers, received, live } = setUp();
    await live(30);
    expect(workers).toHaveLength(1);
    expect(workers[0]?.got).toEqual([{ type: "start", settings: SETTINGS }]);
    workers[0]?.say({ type: "collecting", epoch: 3 });
    expect(received.at(-1)).toEqual({ type: "collecting", epoch: 3 });
  });

  test("an exception of a listener is logged and ends nothing", async () => {
    const { log, workers, live } = setUp((message) => {
      if (message.type === "heartbeat") throw new Error("disk I/O error");
    });
    await live(2);
    expect(workers).toHaveLength(1);
    expect(log.events()).toEqual(["collector_message_failed", "collector_message_failed"]);
  });

  test("restarts it however it ends: with an error, or by closing with code 0", async () => {
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

  test("terminates and replaces a worker that has been silent for 15 seconds", async () => {
    const { workers, clock, live } = setUp();
    await live(5);
    await clock.advance(14_000);
    expect(workers).toHaveLength(1);
    await clock.advance(4_000);
    expect(workers[0]?.terminated).toBe(true);
    expect(workers).toHaveLength(2);
  });

  test("waits two minutes for a worker's first message, and then replaces it", async () => {
    const { workers, clock, log } = setUp();
    await clock.advance(119_000);
    expect([workers.length, log.events()]).toEqual([1, []]);
    await clock.advance(4_000);
    expect(workers[0]?.terminated).toBe(true);
    expect(workers).toHaveLength(2);
  });

  test("considers no worker silent while its own checks are delayed: messages may be delayed as well", async () => {
    const { workers, clock, log, live } = setUp();
    await live(5);
    clock.lateMs = 2_000;
    await clock.advance(600_000);
    expect([workers.length, log.events()]).toEqual([1, []]);
    clock.lateMs = 100;
    await clock.advance(30_000);
    expect(workers[0]?.terminated).toBe(true);
  });

  test("gives each new worker twice the time of the last one, at most two minutes", async () => {
    const { live, silence } = setUp();
    const silences: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      await live(2);
      silences.push(Math.floor((await silence()) / 15_000) * 15);
    }
    expect(silences).toEqual([15, 30, 60, 120, 120, 120]);
  });

  test("starts with the short time-out again after a worker that has lived for an hour", async () => {
    const { live, silence } = setUp();
    for (let n = 0; n < 4; n += 1) {
      await live(2);
      await silence();
    }
    await live(3_700);
    await silence();
    await live(2);
    expect(await silence()).toBeLessThan(45_000);
  });

  test("tries again when a worker cannot be started at all", async () => {
    const { workers, clock, log, fail } = setUp();
    fail(true);
    workers[0]?.die("closed");
    await clock.advance(30_000);
    expect(workers).toHaveLength(1);
    fail(false);
    await clock.advance(60_000);
    expect(workers).toHaveLength(2);
    expect(log.lines.at(-1)?.fields["reason"]).toBe("not started: Error: no thread");
  });

  test("waits longer while workers die young, at most half a minute", async () => {
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

  test("stop waits fifteen seconds for a worker to finish its transaction, not longer", async () => {
    const { supervisor, clock, workers } = setUp();
    await clock.advance(0);
    let done = false;
    void supervisor.stop().then(() => {
      done = true;
    });
    await clock.advance(14_900);
    expect([done, workers[0]?.terminated]).toEqual([false, false]);
    await clock.advance(200);
    expect(done).toBe(true);
    expect(workers.map((worker) => worker.terminated)).toEqual([true]);
  });

  test("reports what the worker is doing, in one line", async () => {
    const { supervisor, workers, clock } = setUp();
    await clock.advance(0);
    expect(supervisor.doing).toBe("starting the collector");
    const sinceMs = Date.UTC(2026, 10, 2, 12, 0, 5);
    const standby = { type: "standby", lock: "/x.collector-lock", sinceMs } as const;
    workers[0]?.say({ ...standby, heartbeatAtMs: sinceMs - 60_000 });
    workers[0]?.say({ type: "heartbeat" });
    expect(supervisor.doing).toBe(
      "waiting for /x.collector-lock since 2026-11-02T12:00:05Z; last heartbeat of its holder: 2026-11-02T11:59:05Z",
    );
    workers[0]?.say({ ...standby, heartbeatAtMs: null });
    expect(supervisor.doing).toEndWith("last heartbeat of its holder: none");
    workers[0]?.say({ type: "collecting", epoch: 3 });
    expect(supervisor.doing).toBe("collecting 1 exchanges, epoch 3");
    workers[0]?.die("closed");
    await clock.advance(1_000);
    expect(supervisor.doing).toBe("starting the collector");
  });
});

describe("the collector is alive, for the process's watchdog,", () => {
  test("while its worker sends messages, and while a dead or hung one can be replaced", async () => {
    const { supervisor, workers, clock, live, silence } = setUp();
    await live(300);
    workers[0]?.die("closed");
    await clock.advance(1_000);
    expect(supervisor.isAlive).toBe(true);
    await live(5);
    // Silent, terminated, and ended when terminated.
    await silence();
    workers[1]?.die("closed");
    await live(300);
    expect([workers.length, supervisor.isAlive]).toEqual([3, true]);
  });

  test("not when a terminated worker remains: it may hold the lock its successor waits for", async () => {
    const { supervisor, workers, live, silence } = setUp();
    await live(5);
    await silence();
    await live(25);
    expect(supervisor.isAlive).toBe(true);
    await live(10);
    expect([workers.length, supervisor.isAlive]).toEqual([2, false]);
    workers[0]?.die("closed");
    expect(supervisor.isAlive).toBe(true);
  });

  test("not when no worker has sent anything for four minutes, whatever the reason", async () => {
    const { supervisor, clock, live } = setUp();
    await live(5);
    clock.lateMs = 2_000;
    await clock.advance(235_000);
    expect(supervisor.isAlive).toBe(true);
    await clock.advance(10_000);
    expect(supervisor.isAlive).toBe(false);
  });
});

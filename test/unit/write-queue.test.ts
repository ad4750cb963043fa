import { describe, expect, test } from "bun:test";
import { WriteAbandoned, WriteQueue } from "../../src/db/write-queue.ts";
import { databaseError } from "../support/faulty-database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";

/** A queue whose database refuses every write until `code` is null again. */
function setUp() {
  const clock = new ManualClock();
  const log = memoryLog();
  const end = new AbortController();
  const done: string[] = [];
  const state = { code: null as string | null, tries: 0 };
  const queue = new WriteQueue({ clock, log, until: end.signal });
  const work = (name: string) => (): string => {
    state.tries += 1;
    if (state.code !== null) throw databaseError(state.code);
    done.push(name);
    return name;
  };
  return { clock, log, end, done, state, queue, work };
}

describe("an unobstructed write", () => {
  test("is executed before run returns, and resolves to its result", async () => {
    const { queue, work, done } = setUp();
    const result = queue.run(work("a"));
    expect(done).toEqual(["a"]);
    expect(await result).toBe("a");
  });
});

describe("a write blocked by another program", () => {
  test.each(["SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_FULL", "SQLITE_IOERR_WRITE"])(
    "by %s is retried four times a second, and later ones stay in order behind it",
    async (code) => {
      const { queue, work, done, state, clock } = setUp();
      state.code = code;
      const first = queue.run(work("a"));
      state.code = null;
      const others = [queue.run(work("b")), queue.run(work("c"))];
      expect([done, state.tries]).toEqual([[], 1]);
      state.code = code;
      await clock.advance(10_000);
      expect([done, state.tries]).toEqual([[], 41]);
      state.code = null;
      await clock.advance(250);
      expect(await Promise.all([first, ...others])).toEqual(["a", "b", "c"]);
      expect(done).toEqual(["a", "b", "c"]);
      expect(clock.sleeping).toBe(0);
    },
  );

  test("is logged once after a second, and once when it is over", async () => {
    const { queue, work, state, clock, log } = setUp();
    state.code = "SQLITE_BUSY";
    void queue.run(work("a"));
    await clock.advance(500);
    expect(log.lines).toEqual([]);
    await clock.advance(60_000);
    state.code = null;
    await clock.advance(250);
    expect(log.lines).toEqual([
      {
        level: "error",
        event: "database_not_writable",
        fields: {
          code: "SQLITE_BUSY",
          reason: "another program holds its lock; stop that program or end its transaction",
          effect: "writes wait",
        },
      },
      { level: "info", event: "database_writable_again", fields: { after_ms: 60_750 } },
    ]);
  });

  test("is over when nothing has failed for a while; writes of nothing do not count", async () => {
    const { queue, work, state, clock, log } = setUp();
    for (let second = 0; second < 10; second += 1) {
      state.code = "SQLITE_FULL";
      queue.attempt(work("alert"));
      state.code = null;
      void queue.run(work("nothing to send"));
      await clock.advance(1_000);
    }
    expect(log.events()).toEqual(["database_not_writable"]);
    await clock.advance(5_000);
    void queue.run(work("nothing to send"));
    expect(log.events()).toEqual(["database_not_writable", "database_writable_again"]);
  });

  test("is not logged for a few milliseconds; a full disk is logged immediately", async () => {
    const { queue, work, state, clock, log } = setUp();
    state.code = "SQLITE_BUSY";
    void queue.run(work("a"));
    state.code = null;
    await clock.advance(250);
    expect(log.events()).toEqual([]);
    state.code = "SQLITE_FULL";
    void queue.run(work("b"));
    expect(log.events()).toEqual(["database_not_writable"]);
  });
});

describe("a write that would always fail", () => {
  test.each(["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CONSTRAINT_NOTNULL"])(
    "by %s is thrown to its caller and blocks no other",
    async (code) => {
      const { queue, work, state, done } = setUp();
      state.code = code;
      const failed = queue.run(work("a"));
      await expect(failed).rejects.toMatchObject({ code });
      expect(() => queue.attempt(work("a"))).toThrow();
      state.code = null;
      await queue.run(work("b"));
      expect(done).toEqual(["b"]);
    },
  );
});

describe("an attempt", () => {
  test("is null if it fails for a temporary reason, and is not made before pending writes", async () => {
    const { queue, work, state, clock, done } = setUp();
    expect(queue.attempt(work("a"))).toBe("a");
    state.code = "SQLITE_BUSY";
    expect(queue.attempt(work("b"))).toBeNull();
    void queue.run(work("c"));
    state.code = null;
    expect(queue.attempt(work("d"))).toBeNull();
    await clock.advance(250);
    expect(done).toEqual(["a", "c"]);
    expect(queue.attempt(work("e"))).toBe("e");
  });
});

describe("bounds", () => {
  test("a full queue abandons the newest write", async () => {
    const { queue, work, state } = setUp();
    state.code = "SQLITE_BUSY";
    for (let n = 0; n < 500; n += 1) void queue.run(work(String(n)));
    const refused = await queue.run(work("one more")).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WriteAbandoned);
    expect(state.tries).toBe(1);
  });

  test("at the end, possible writes are made, the others are abandoned after one attempt for all", async () => {
    const { queue, work, state, clock, end, done } = setUp();
    state.code = "SQLITE_BUSY";
    const waiting = ["a", "b"].map((name) => queue.run(work(name)));
    state.code = null;
    end.abort();
    await clock.advance(0);
    expect(await Promise.all(waiting)).toEqual(["a", "b"]);
    state.code = "SQLITE_FULL";
    const failed = [queue.run(work("c")), queue.run(work("d"))];
    const results = await Promise.allSettled(failed);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect([done, state.tries]).toEqual([["a", "b"], 4]);
  });
});

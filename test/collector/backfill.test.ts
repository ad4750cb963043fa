import { describe, expect, test } from "bun:test";
import { historyFile } from "../../src/db/history/file.ts";
import { openDb } from "../../src/db/open.ts";
import type { Quote } from "../../src/domain/quote.ts";
import type { HistoryPaging } from "../../src/exchanges/history.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { start, storedState } from "../support/collecting.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type PastSource, paymentsEvery, withPast } from "../support/past-exchange.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { storedSeries } from "../support/stored-history.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LISTED_MS = NOON_MS - 50 * DAY_MS;

/** Instruments by volume; each was listed 50 days ago. */
const BASES = ["BTC", "ETH", "SOL"];

interface Scene {
  readonly source: Partial<PastSource>;
  readonly row?: (base: string, nowMs: number) => Partial<Quote>;
  readonly database?: TestDatabase;
  readonly clock?: ManualClock;
}

/** okx with three instruments and a past of payments every eight hours; the last is far from noon. */
function collecting({
  source,
  row,
  database = testDatabase(),
  clock = new ManualClock(NOON_MS + 30 * MINUTE_MS),
}: Scene) {
  const okx = withPast(
    scriptedExchange("okx", () =>
      // In another order than by volume.
      batchOf(
        ["SOL", "BTC", "ETH"].map((base) =>
          quoteOf(base, {
            receivedAtMs: clock.nowMs(),
            listedAtMs: LISTED_MS,
            nextFundingAtMs: null,
            volume24hUsd: 1e9 / (BASES.indexOf(base) + 1),
            ...row?.(base, clock.nowMs()),
          }),
        ),
      ),
    ),
    {
      paging: { by: "time", sends: "newest" },
      rows: 20,
      payments: () => paymentsEvery(8, LISTED_MS, clock.nowMs()),
      ...source,
    },
  );
  const run = start(database, [okx], clock, () => 0);
  return { okx, run, clock, database };
}

const expected = (untilMs = NOON_MS) =>
  paymentsEvery(8, LISTED_MS, untilMs).map(({ atMs, rate }) => [atMs, rate]);

/** What is stored of one instrument. */
function storedOf(database: TestDatabase, base: string) {
  const found = storedSeries(database.path).find(({ series }) => series.base === base);
  return {
    rows: found?.settlements.map(({ slotMs, rate }) => [slotMs, rate]),
    origins: new Set(found?.settlements.map(({ origin }) => origin)),
    progress: found?.backfill,
  };
}

const PAGINGS: readonly (readonly [string, HistoryPaging])[] = [
  ["by time, the newest", { by: "time", sends: "newest" }],
  ["by time, the oldest", { by: "time", sends: "oldest" }],
  ["by page", { by: "page" }],
  ["by cursor", { by: "cursor" }],
  ["in one reply", { by: "nothing" }],
];

describe.each(PAGINGS)("a past that is read %s", (_name, paging) => {
  test("is stored whole, from the newest page to the oldest, the largest volume first", async () => {
    const { okx, run, clock, database } = collecting({ source: { paging } });
    using _ = database;
    await clock.advance(10_000);
    for (const base of BASES) {
      const { rows, progress, origins } = storedOf(database, base);
      expect(rows).toEqual(expected());
      expect(origins).toEqual(new Set(["exchange"]));
      expect(progress).toMatchObject({ complete: true, availableFromMs: null, page: null });
      expect(progress?.readFromMs).toBe(LISTED_MS);
    }
    const symbols = okx.requests.map(({ instrument }) => instrument.exchangeSymbol);
    expect([...new Set(symbols)]).toEqual(["BTCUSDT", "ETHUSDT", "SOLUSDT"]);
    const sent = storedSeries(database.path).reduce(
      (sum, { backfill }) => sum + (backfill?.requests ?? 0),
      0,
    );
    // The profile of this source sends nothing over the network.
    expect(sent).toBe(0);
    await run.stop();
  });

  test("goes on after any interruption, and has every payment once", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS + 30 * MINUTE_MS);
    for (let interruption = 0; interruption < 40; interruption += 1) {
      const stopping: Promise<void>[] = [];
      const { run } = collecting({
        database,
        clock,
        source: {
          paging,
          before: (_request, nth) => {
            if (nth === 2 + interruption) stopping.push(run.stop());
          },
        },
      });
      await clock.advance(10_000);
      await Promise.all(stopping);
      if (stopping.length > 0) continue;
      await run.stop();
      break;
    }
    for (const base of BASES) {
      const { rows, progress } = storedOf(database, base);
      expect(rows).toEqual(expected());
      expect(progress?.complete).toBe(true);
    }
  });
});

describe("an interrupted walk by page numbers", () => {
  test("continues with its page, although new payments have moved the older ones", async () => {
    using database = testDatabase();
    const first = collecting({
      database,
      source: {
        paging: { by: "page" },
        before: (_request, nth) => {
          if (nth === 4) stopping.push(first.run.stop());
        },
      },
    });
    const stopping: Promise<void>[] = [];
    await first.clock.advance(10_000);
    await Promise.all(stopping);
    expect(storedOf(database, "BTC").progress).toMatchObject({ page: 3, complete: false });
    await first.clock.advance(3 * DAY_MS);
    const { okx, run, clock } = collecting({
      database,
      clock: first.clock,
      source: { paging: { by: "page" } },
    });
    await clock.advance(10_000);
    expect(okx.requests[0]?.page).toBe(3);
    // The newest payments are read once the past is complete.
    await clock.advance(10 * MINUTE_MS);
    expect(storedOf(database, "BTC").rows).toEqual(expected(NOON_MS + 3 * DAY_MS));
    await run.stop();
  });
});

describe("an interrupted walk by numbered pages of a range", () => {
  test.each([2, 3, 4, 5])(
    "begins with the first page of what is left, after %p requests",
    async (requests) => {
      using database = testDatabase();
      const stopping: Promise<void>[] = [];
      const source = { paging: { by: "page" }, hasRanges: true } as const;
      const first = collecting({
        database,
        source: {
          ...source,
          before: (_request, nth) => {
            if (nth === requests) stopping.push(first.run.stop());
          },
        },
      });
      await first.clock.advance(10_000);
      await Promise.all(stopping);
      const { okx, run, clock } = collecting({ database, clock: first.clock, source });
      await clock.advance(10_000);
      expect(okx.requests[0]?.page).toBe(1);
      expect(storedOf(database, "BTC")).toMatchObject({
        rows: expected(),
        progress: { complete: true, availableFromMs: null },
      });
      await run.stop();
    },
  );
});

test("one empty reply declares no past absent", async () => {
  using database = testDatabase();
  const clock = new ManualClock(NOON_MS + 30 * MINUTE_MS);
  let replies = 0;
  const { run } = collecting({
    database,
    clock,
    source: {
      // One of each instrument.
      payments: () =>
        (replies += 1) <= BASES.length ? [] : paymentsEvery(8, LISTED_MS, clock.nowMs()),
    },
  });
  await clock.advance(10_000);
  expect(storedOf(database, "BTC").progress).toMatchObject({
    complete: false,
    failure: "its history is empty",
    failuresInRow: 1,
  });
  await clock.advance(8 * HOUR_MS);
  const { rows, progress } = storedOf(database, "BTC");
  expect(rows?.length).toBeGreaterThan(100);
  expect(progress).toMatchObject({ complete: true, availableFromMs: null, failure: null });
  await run.stop();
});

test("a payment read in its first ten minutes is not the last word", async () => {
  using database = testDatabase();
  const [slotMs = 0, rate] = expected().at(-1) ?? [];
  const clock = new ManualClock(Number(slotMs) + 5 * MINUTE_MS);
  let isFinal = false;
  const { run } = collecting({
    database,
    clock,
    source: {
      payments: () =>
        paymentsEvery(8, LISTED_MS, clock.nowMs()).map((payment) =>
          isFinal || payment.atMs !== slotMs ? payment : { ...payment, rate: "0.0001" },
        ),
    },
  });
  await clock.advance(10_000);
  const stored = () => storedOf(database, "BTC").rows?.find(([atMs]) => atMs === slotMs)?.[1];
  expect(stored()).toBe("0.0001");
  isFinal = true;
  await clock.advance(26 * HOUR_MS);
  expect(stored()).toBe(String(rate));
  await run.stop();
});

describe("an exchange that keeps 300 rows", () => {
  test("leaves a past that says from when on it is available", async () => {
    const { run, clock, database } = collecting({
      source: { depthRows: 30, paging: { by: "page" } },
    });
    using _ = database;
    await clock.advance(10_000);
    const { rows, progress } = storedOf(database, "BTC");
    expect(rows).toEqual(expected().slice(-30));
    expect(progress).toMatchObject({ complete: true, readFromMs: LISTED_MS });
    expect(progress?.availableFromMs).toBe(Number(rows?.[0]?.[0]));
    await run.stop();
  });
});

describe("a complete past", () => {
  test("is read on once a day", async () => {
    const { okx, run, clock, database } = collecting({ source: {} });
    using _ = database;
    await clock.advance(6 * MINUTE_MS);
    const before = okx.requests.length;
    clock.setWall(clock.nowMs() + 23.5 * HOUR_MS);
    await clock.advance(6 * MINUTE_MS);
    expect(okx.requests).toHaveLength(before);
    clock.setWall(clock.nowMs() + 0.5 * HOUR_MS);
    await clock.advance(6 * MINUTE_MS);
    expect(okx.requests.length).toBeLessThanOrEqual(before + 2 * BASES.length);
    expect(storedOf(database, "ETH").rows).toEqual(expected(NOON_MS + DAY_MS));
    await run.stop();
  });

  test("is read on after four hours if its newest payment is an estimate, which is confirmed", async () => {
    const slotMs = NOON_MS + 4 * HOUR_MS;
    const { run, clock, database } = collecting({
      source: {},
      row: (_base, nowMs) => ({
        fundingRate: 0.00021,
        nextFundingAtMs: nowMs < slotMs ? slotMs : slotMs + 8 * HOUR_MS,
      }),
    });
    using _ = database;
    await clock.advance(4 * HOUR_MS);
    const stored = () => storedSeries(database.path)[0]?.settlements.at(-1);
    expect(stored()).toMatchObject({ slotMs, origin: "estimated", rate: "0.00021" });
    await clock.advance(HOUR_MS);
    const [charged] = paymentsEvery(8, slotMs - 1, slotMs);
    expect(stored()).toMatchObject({
      slotMs,
      origin: "exchange",
      rate: charged?.rate,
      estimate: 0.00021,
      intervalHours: 8,
    });
    await run.stop();
  });
});

describe("a payment that is published late", () => {
  test.each([5.5, 20])("(%p hours) confirms its estimate", async (lateHours) => {
    const slotMs = NOON_MS + 4 * HOUR_MS;
    const { run, clock, database } = collecting({
      clock: new ManualClock(slotMs - 30 * MINUTE_MS),
      source: {
        payments: () => paymentsEvery(8, LISTED_MS, clock.nowMs() - lateHours * HOUR_MS),
      },
      row: (_base, nowMs) => ({
        nextFundingAtMs: nowMs < slotMs ? slotMs : slotMs + 8 * HOUR_MS,
      }),
    });
    using _ = database;
    await clock.advance(40 * MINUTE_MS);
    const stored = () =>
      storedSeries(database.path)[0]?.settlements.find((paid) => paid.slotMs === slotMs);
    expect(stored()?.origin).toBe("estimated");
    for (let hours = 0; hours < 30; hours += 2) {
      clock.setWall(clock.nowMs() + 2 * HOUR_MS - 6 * MINUTE_MS);
      await clock.advance(6 * MINUTE_MS);
    }
    expect(stored()?.origin).toBe("exchange");
    await run.stop();
  });

  test("is found within a day if nothing was estimated", async () => {
    const slotMs = NOON_MS + 4 * HOUR_MS;
    const { run, clock, database } = collecting({
      clock: new ManualClock(slotMs + 15 * MINUTE_MS),
      source: { payments: () => paymentsEvery(8, LISTED_MS, clock.nowMs() - 30 * MINUTE_MS) },
    });
    using _ = database;
    await clock.advance(10_000);
    const slots = () => storedOf(database, "BTC").rows?.map(([atMs]) => atMs);
    expect(slots()).not.toContain(slotMs);
    clock.setWall(clock.nowMs() + DAY_MS);
    await clock.advance(6 * MINUTE_MS);
    expect(slots()).toContain(slotMs);
    await run.stop();
  });
});

describe("an exchange that charges every hour, whose rows do not say what was charged", () => {
  test.each([
    ["page by page, is asked every four hours", { by: "time", sends: "newest" }, 6],
    ["as a whole in each reply, is asked once a day", { by: "nothing" }, 1],
  ] as const)("and sends a past %s", async (_name, paging, readingsADay) => {
    const { okx, run, clock, database } = collecting({
      clock: new ManualClock(NOON_MS - 3 * MINUTE_MS),
      source: {
        paging,
        rows: 100,
        payments: () => paymentsEvery(1, LISTED_MS, clock.nowMs() - 2 * MINUTE_MS),
      },
      row: (_base, nowMs) => ({
        fundingIntervalHours: 1,
        nextFundingAtMs: Math.ceil((nowMs + 1) / HOUR_MS) * HOUR_MS,
      }),
    });
    using _ = database;
    // The minutes around each hour are observed, for a day and a reading.
    for (let hours = 0; hours < 28; hours += 1) {
      await clock.advance(6 * MINUTE_MS);
      clock.setWall(clock.nowMs() + 54 * MINUTE_MS);
    }
    // Each reading begins now and goes back.
    const ends = okx.requests
      .filter(({ instrument }) => instrument.exchangeSymbol === "BTCUSDT")
      .map(({ toMs }) => toMs);
    const readings = ends.filter((toMs, nth) => nth > 0 && toMs > (ends[nth - 1] ?? 0));
    expect(readings).toHaveLength(readingsADay);
    // All that is older than a day and a reading is confirmed.
    const settled = storedSeries(database.path)[0]?.settlements ?? [];
    const old = settled.filter(({ slotMs }) => slotMs < clock.nowMs() - 25 * HOUR_MS);
    expect(settled.some(({ origin }) => origin === "estimated")).toBe(true);
    expect(new Set(old.map(({ origin }) => origin))).toEqual(new Set(["exchange"]));
    await run.stop();
  });
});

describe("a history that refuses", () => {
  test.each([
    ["rate_limited", 7 * MINUTE_MS, 7],
    ["rate_limited", null, 1],
    ["banned", null, 2],
  ] as const)(
    "(%s, Retry-After %p) is left alone for %i minutes; the refreshes go on, and their status is good",
    async (kind, retryAfterMs, minutes) => {
      let isRefused = true;
      const { okx, run, clock, database } = collecting({
        source: {
          before: () => {
            if (isRefused) throw new RequestFailure(kind, "no", { retryAfterMs });
          },
        },
      });
      using _ = database;
      await clock.advance(5_000);
      expect(okx.requests).toHaveLength(1);
      isRefused = false;
      await clock.advance(minutes * MINUTE_MS - 6_000);
      expect(okx.requests).toHaveLength(1);
      expect(storedState(database, "okx")).toMatchObject({ failureKind: null, failuresInRow: 0 });
      expect(okx.refreshes).toBeGreaterThanOrEqual(minutes);
      await clock.advance(10_000);
      expect(storedOf(database, "SOL").rows).toEqual(expected());
      expect(run.log.lines.filter(({ event }) => event === "history_paused")).toHaveLength(1);
      await run.stop();
    },
  );

  test("for one instrument is tried again after an hour; the others are read at once", async () => {
    let isBroken = true;
    const { okx, run, clock, database } = collecting({
      source: {
        before: ({ instrument }) => {
          if (isBroken && instrument.exchangeSymbol === "BTCUSDT")
            throw new RequestFailure("http", "HTTP 400", { status: 400 });
        },
      },
    });
    using _ = database;
    await clock.advance(30 * MINUTE_MS);
    expect(storedOf(database, "SOL").rows).toEqual(expected());
    expect(storedOf(database, "BTC")).toMatchObject({
      rows: [],
      progress: { failuresInRow: 1, failure: "it returned an error", complete: false },
    });
    const before = okx.requests.length;
    isBroken = false;
    await clock.advance(20 * MINUTE_MS);
    expect(okx.requests).toHaveLength(before);
    await clock.advance(20 * MINUTE_MS);
    expect(storedOf(database, "BTC")).toMatchObject({
      rows: expected(),
      progress: { failuresInRow: 0, failure: null, complete: true },
    });
    await run.stop();
  });

  test("for every instrument is left alone as a failing exchange is", async () => {
    const { okx, run, clock, database } = collecting({
      source: {
        before: () => {
          throw new RequestFailure("network", "the connection failed");
        },
      },
    });
    using _ = database;
    await clock.advance(6 * HOUR_MS);
    // Each instrument after 1, 2 and 4 hours.
    expect(okx.requests.length).toBeLessThanOrEqual(3 * BASES.length);
    expect(storedState(database, "okx")?.failuresInRow).toBe(0);
    await run.stop();
  });
});

test("progress is reported in counts", async () => {
  const { run, clock, database } = collecting({ source: {} });
  using _ = database;
  await clock.advance(6 * MINUTE_MS);
  const counts = run.posted.filter((message) => message.type === "backfill");
  expect(counts.at(-1)).toEqual({
    type: "backfill",
    exchange: "okx",
    counts: { instruments: 3, complete: 3, failing: 0, requests: 0 },
  });
  await run.stop();
});

test("a page that cannot be stored at once is stored later, and nothing is requested meanwhile", async () => {
  const database = testDatabase();
  using other = openDb(historyFile(database.path));
  const { okx, run, clock } = collecting({
    database,
    source: {
      before: (_request, nth) => {
        if (nth === 2) other.run("BEGIN IMMEDIATE");
      },
    },
  });
  using _ = database;
  await clock.advance(4_000);
  expect(okx.requests).toHaveLength(2);
  expect(storedOf(database, "BTC").rows).toEqual(expected().slice(-20));
  other.run("ROLLBACK");
  await clock.advance(4_000);
  expect(storedOf(database, "SOL").rows).toEqual(expected());
  await run.stop();
});

import { describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import type { SettledListSchema, SettledPointRow } from "../../src/http/api/history/schema.ts";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import {
  type HistoryReader,
  HistoryUnavailable,
} from "../../src/services/history/history-reader.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { seriesOf } from "../support/history.ts";
import { historyInMemory, HistoryWriter, type Paid, readerOn } from "../support/history-db.ts";
import { cellsOf, nextOf } from "../support/lists.ts";
import { parquetRows } from "../support/parquet.ts";
import { NOON_MS } from "../support/quote.ts";

type Body = Omit<z.infer<typeof SettledListSchema>, "rows"> & {
  readonly rows: readonly SettledPointRow[];
};

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;
const PATH = "/api/funding/history/BTC";

/** Payments every eight hours up to noon, the newest last. */
function everyEight(count: number, rate = "0.00010000"): Paid[] {
  return Array.from({ length: count }, (_, n) => ({
    slot: NOON - (count - 1 - n) * 8 * HOUR,
    rate,
  }));
}

function listed(base: string, more: Partial<SeriesDescription> = {}): SeriesDescription {
  const exchange = more.exchange ?? "okx";
  const uid = `${exchange}:${base}USDT:1`;
  return seriesOf(base, {
    uid,
    exchangeSymbol: `${base}USDT`,
    firstSeen: NOON_MS - 60 * DAY * 1000,
    ...more,
  });
}

function appWith(write: (writer: HistoryWriter) => void, asOfMs = NOON_MS) {
  const db = historyInMemory();
  write(new HistoryWriter(db));
  const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC"), rowOf("okx", "ETH")];
  const board = new TestBoard(snapshotOf("1-1", rows, asOfMs));
  return testApp(board, { history: readerOn(db, ["okx"]) });
}

const bodyOf = async (app: ReturnType<typeof appWith>, target: string): Promise<Body> => {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as Body;
};

const problemOf = async (app: ReturnType<typeof appWith>, target: string) => {
  const response = await app.get(target);
  return {
    status: response.status,
    headers: response.headers,
    ...((await response.json()) as object),
  };
};

describe(PATH, () => {
  test("has the payments of the last seven days, each as it was charged", async () => {
    const app = appWith((writer) => {
      const last = {
        rate: "-0.000250",
        offset: 3,
        mark: 68_000.5,
        origin: "row",
        estimate: -0.0002,
      } as const;
      writer.add(listed("BTC"), [...everyEight(30).slice(0, -1), { slot: NOON, ...last }]);
    });
    const { rows, ...body } = await bodyOf(app, PATH);
    expect(body).toMatchObject({ count: 21, total: 21, to_at: NOON + 1, next_cursor: null });
    expect(rows.map(({ slot_at }) => slot_at)).toEqual(
      Array.from({ length: 21 }, (_, n) => NOON - (20 - n) * 8 * HOUR),
    );
    expect(rows.at(-1)).toEqual({
      uid: "okx:BTCUSDT:1",
      exchange: "okx",
      exchange_symbol: "BTCUSDT",
      symbol: "BTCUSDT",
      asset_id: "BTC",
      base: "BTC",
      quote: "USDT",
      accrual: "periodic",
      slot_at: NOON,
      settled_at: NOON + 3,
      funding_rate: -0.00025,
      funding_rate_pct: -0.025,
      funding_interval_hours: 8,
      annualized_pct: -27.375,
      rate_8h_pct: -0.025,
      accrued_amount: null,
      accrued_unit: null,
      amount_text: "-0.000250",
      mark_price: 68_000.5,
      origin: "row",
      estimated_rate: -0.0002,
    });
    expect(rows[0]).toMatchObject({
      amount_text: "0.00010000",
      origin: "exchange",
      mark_price: null,
    });
  });

  test("the range is half-open, and nothing after the snapshot is in it", async () => {
    const app = appWith((writer) => writer.add(listed("BTC"), everyEight(30)), NOON_MS - 1);
    const slotsOf = async (query: string) =>
      (await bodyOf(app, `${PATH}?${query}`)).rows.map(({ slot_at }) => (slot_at - NOON) / HOUR);
    expect(await slotsOf(`from=${NOON - 16 * HOUR}&to=${NOON - 8 * HOUR}`)).toEqual([-16]);
    expect(await slotsOf(`from=${NOON - 16 * HOUR + 1}&to=${NOON - 8 * HOUR + 1}`)).toEqual([-8]);
    expect(await slotsOf(`from=${NOON - 8 * HOUR}&to=${NOON + DAY}`)).toEqual([-8]);
    expect(await slotsOf(`from=${NOON}&to=${NOON}`)).toEqual([]);
    expect(await slotsOf(`from=${NOON + DAY}`)).toEqual([]);
    expect((await slotsOf(`to=${NOON - 8 * HOUR}`)).length).toBe(21);
  });

  test("says what is not there, per series and in all", async () => {
    const app = appWith((writer) => {
      const id = writer.add(
        listed("BTC"),
        everyEight(60).filter((_, n) => n !== 55),
      );
      writer.backfilled(id, NOON - 60 * DAY, NOON, true);
      writer.add(listed("BTC", { exchange: "bybit" }), [
        ...everyEight(60).slice(0, -1),
        { slot: NOON, rate: 0.0001, origin: "estimated" },
      ]);
    });
    const { complete, series } = await bodyOf(app, PATH);
    expect(complete).toBe(false);
    expect(series).toMatchObject([
      {
        uid: "okx:BTCUSDT:1",
        points: 20,
        complete: false,
        lacking: [
          {
            state: "missing",
            first_slot_at: NOON - 32 * HOUR,
            last_slot_at: NOON - 32 * HOUR,
            funding_interval_hours: 8,
            slots: 1,
          },
        ],
      },
      { uid: "bybit:BTCUSDT:1", lacking: [{ state: "estimated", first_slot_at: NOON, slots: 1 }] },
    ]);
    expect((await app.get(`${PATH}?format=csv`)).headers.get("x-complete")).toBe("false");
    const complet = `${PATH}?exchange=bybit&to=${NOON}`;
    expect((await bodyOf(app, complet)).complete).toBe(true);
    expect((await app.get(`${complet}&format=ndjson`)).headers.get("x-complete")).toBe("true");
  });

  test("a reused ticker is two series, and an instrument delisted long ago is found by its ticker", async () => {
    const app = appWith((writer) => {
      const old = { uid: "okx:BTCUSDT:0", endedAt: (NOON - 4 * DAY) * 1000 };
      writer.add(listed("BTC", old), everyEight(60).slice(0, 46));
      writer.add(listed("BTC", { firstSeen: (NOON - 3 * DAY) * 1000 }), everyEight(8));
      writer.add(listed("ETH"), everyEight(8));
    });
    const { series, rows } = await bodyOf(app, PATH);
    expect(series.map(({ uid, points, asset_id }) => [uid, points, asset_id])).toEqual([
      ["okx:BTCUSDT:0", 7, null],
      ["okx:BTCUSDT:1", 8, "BTC"],
    ]);
    expect(new Set(rows.map(({ base }) => base))).toEqual(new Set(["BTC"]));
  });

  test("continuous funding has what accrued in each hour, and no rate", async () => {
    const app = appWith((writer) => {
      const id = writer.add(listed("BTC", { exchange: "deribit", accrual: "continuous" }));
      writer.accrue(id, NOON - HOUR, "0.000040037341082362756", "fraction");
      writer.accrue(id, NOON, "-0.25", "quote_per_unit");
    });
    const { rows } = await bodyOf(app, `${PATH}?from=${NOON - HOUR}`);
    expect(rows).toMatchObject([
      {
        accrual: "continuous",
        funding_rate: null,
        accrued_amount: 0.000040037341082362756,
        accrued_unit: "fraction",
        amount_text: "0.000040037341082362756",
        funding_interval_hours: 1,
        annualized_pct: 35.0727107881498,
        origin: null,
      },
      { accrued_amount: -0.25, accrued_unit: "quote_per_unit", annualized_pct: null },
    ]);
  });

  test("a resolution gives sums, means and numbers per length of time from midnight UTC on", async () => {
    const app = appWith((writer) => {
      writer.add(listed("BTC"), [...everyEight(6).slice(0, 5), { slot: NOON, rate: "-0.0004" }]);
    });
    // Noon is the middle of a day: payments at 20:00, 04:00 and 12:00.
    const { rows, ...body } = await bodyOf(app, `${PATH}?resolution=1d`);
    expect(body).toMatchObject({ resolution: "1d", total: 3, count: 3 });
    const midnight = NOON - 12 * HOUR;
    expect(rows).toMatchObject([
      { start_at: midnight - 2 * DAY, settlements: 1, sum_text: "0.0001", mean_pct: 0.01 },
      {
        start_at: midnight - DAY,
        settlements: 3,
        sum_text: "0.0003",
        sum_pct: 0.03,
        mean_pct: 0.01,
      },
      { start_at: midnight, settlements: 2, sum_text: "-0.0003", sum_pct: -0.03, mean_pct: -0.015 },
    ]);
    const years = `${PATH}?resolution=1d&from=${NOON - 900 * DAY}`;
    expect((await bodyOf(app, years)).total).toBe(3);
    const clipped = `${PATH}?resolution=1d&from=${NOON - 8 * HOUR}&to=${NOON}`;
    expect((await bodyOf(app, clipped)).rows).toMatchObject([
      { start_at: midnight, settlements: 1, sum_text: "0.0001" },
    ]);
    const parquet = await app.get(`${PATH}?resolution=8h&format=parquet`);
    const file = await parquetRows(new Uint8Array(await parquet.arrayBuffer()));
    expect(file.map((row) => row["settlements"])).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("names resolve as everywhere; unknown ones are a 404, other mistakes a 400 that names the rule", async () => {
    const app = appWith((writer) => writer.add(listed("BTC"), everyEight(3)));
    for (const name of ["btc", "XBT", "BTCUSDT"])
      expect((await bodyOf(app, `/api/funding/history/${name}`)).count).toBe(3);
    expect(await problemOf(app, "/api/funding/history/NOSUCH")).toMatchObject({
      status: 404,
      code: "unknown_base",
    });
    for (const [query, errors] of [
      [
        `from=${NOON}&to=${NOON - 1}`,
        [
          { parameter: "from", rule: "must not be after to" },
          { parameter: "to", rule: "must not be before from" },
        ],
      ],
      [
        `from=${NOON - 367 * DAY}`,
        [
          {
            parameter: "from",
            rule: "must not be more than 366 days before to; choose a resolution for more",
          },
        ],
      ],
      [
        "exchange=okex",
        [{ parameter: "exchange", rule: expect.stringContaining("must be one of binance") }],
      ],
      [
        "limit=10001",
        [{ parameter: "limit", rule: '"10001" must be a whole number from 1 to 10000' }],
      ],
      ["cursor=x", [{ parameter: "cursor", rule: "is not a cursor of this service" }]],
    ] as const)
      expect(await problemOf(app, `${PATH}?${query}`)).toMatchObject({ status: 400, errors });
    const year = `from=${NOON - 400 * DAY}&to=${NOON - 34 * DAY}`;
    expect((await app.get(`${PATH}?${year}`)).status).toBe(200);
  });

  test("a cursor continues after its point when later payments were stored, and belongs to its query", async () => {
    const db = historyInMemory();
    const writer = new HistoryWriter(db);
    writer.add(listed("BTC"), everyEight(6).slice(0, 5));
    const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")], NOON_MS - 1000));
    const app = testApp(board, { history: readerOn(db) });
    const first = await app.get(`${PATH}?limit=2&format=csv`);
    const next = nextOf(first) ?? "";
    writer.add(listed("BTC"), [{ slot: NOON, rate: 1 }]);
    board.publish(snapshotOf("1-2", [rowOf("okx", "BTC")], NOON_MS + DAY * 1000));
    const slots: (string | undefined)[] = [];
    for (let at: string | null = next; at !== null;) {
      const page: Response = await app.get(at);
      const [header = [], ...cells] = cellsOf(await page.text());
      slots.push(...cells.map((line) => line[header.indexOf("slot_at")]));
      at = nextOf(page);
    }
    expect(slots).toEqual([3, 2, 1].map((ago) => String(NOON - ago * 8 * HOUR)));
    const cursor = new URLSearchParams(next.slice(next.indexOf("?"))).get("cursor") ?? "";
    const moved = await problemOf(app, `/api/funding/history/XBTC?limit=2&cursor=${cursor}`);
    expect(moved).toMatchObject({ status: 404 });
    expect(await problemOf(app, `${PATH}?exchange=okx&cursor=${cursor}`)).toMatchObject({
      status: 400,
      code: "bad_cursor",
    });
  });

  test("is cached with a strong entity tag for the time of a snapshot", async () => {
    let asked = 0;
    const reader = readerOn(historyInMemory());
    const history: HistoryReader = {
      ask: (kind, query, signal) => {
        asked += 1;
        return reader.ask(kind, query, signal);
      },
    };
    const app = testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])), { history });
    const first = await app.get(PATH);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"/);
    expect(first.headers.get("cache-control")).toContain("max-age");
    expect((await app.get(PATH, { "if-none-match": etag })).status).toBe(304);
    expect((await app.get("/api/funding/history/xbt?_=1")).headers.get("etag")).toBe(etag);
    expect(asked).toBe(1);
  });

  test("looks the same in any time zone", async () => {
    const zone = process.env["TZ"];
    const bodies: unknown[] = [];
    for (const name of ["UTC", "America/New_York", "Asia/Kathmandu"]) {
      process.env["TZ"] = name;
      const app = appWith((writer) => writer.add(listed("BTC"), everyEight(120)));
      bodies.push(await bodyOf(app, `${PATH}?from=${NOON - 30 * DAY}&time=iso`));
    }
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });
});

describe("a history that cannot be read", () => {
  const failing = (error: Error) =>
    testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])), {
      history: {
        async ask() {
          throw error;
        },
      },
    });

  test.each([
    ["unreadable", "history_unavailable", "60"],
    ["timeout", "history_unavailable", "10"],
    ["ended", "history_unavailable", "2"],
    ["busy", "busy", "2"],
    ["cancelled", "busy", "2"],
  ] as const)("%s is the 503 %s with its reason", async (kind, code, retryAfter) => {
    const app = failing(new HistoryUnavailable(kind, "For this reason."));
    const { status, headers, ...problem } = await problemOf(app, PATH);
    expect([status, headers.get("retry-after"), headers.get("cache-control")]).toEqual([
      503,
      retryAfter,
      "no-store",
    ]);
    expect(problem).toMatchObject({ code, detail: "For this reason." });
    expect((await app.get("/api/funding/symbol/BTC")).status).toBe(200);
    expect((await app.get("/api/health")).status).toBe(200);
    expect(app.log.events()).not.toContain("request_failed");
  });

  test("for another reason is an error of this program, with its text in the log only", async () => {
    const app = failing(new Error("reader: secret"));
    const { status, ...problem } = await problemOf(app, PATH);
    expect(status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(app.log.events()).toContain("request_failed");
  });
});

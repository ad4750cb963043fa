import { afterEach, describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { LinePointItem } from "../../src/http/api/history/line-schema.ts";
import type { SettledListSchema } from "../../src/http/api/history/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { HistoryWriter, readerOn } from "../support/history-db.ts";
import { cellsOf, nextOf } from "../support/lists.ts";
import { parquetRows } from "../support/parquet.ts";
import { NOON_MS } from "../support/quote.ts";
import { plainSample, samplingInto } from "../support/sampled-market.ts";

type Body = Omit<z.infer<typeof SettledListSchema>, "rows"> & {
  readonly rows: readonly LinePointItem[];
};

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const PATH = "/api/funding/history/BTC";

const files: HistoryInFolder[] = [];
afterEach(() => {
  for (const file of files.splice(0)) file[Symbol.dispose]();
});

/** What one instrument has: payments up to noon, and a sample each half-hour of the last day. */
interface Past {
  readonly exchange: ExchangeId;
  readonly base?: string;
  /** "LIT~2" for another asset called LIT; null: not identified. */
  readonly assetId?: string | null;
  readonly everyHours: number;
  /** What is paid, and what the live rate is. */
  readonly rate: number;
  /** Hours before noon of the oldest payment. */
  readonly hours?: number;
  readonly openInterestUsd?: number | null;
  /** Whether more of its past is still to be read. */
  readonly isReading?: boolean;
  readonly flags?: (at: number) => number;
  /** Hours before noon of payments that are not there. */
  readonly holes?: readonly number[];
  /** Hours before noon from which on the open interest and the volume are unknown. */
  readonly weighedUntil?: number;
  readonly more?: Partial<SeriesDescription>;
}

function appWith(pasts: readonly Past[]) {
  const file = new HistoryInFolder();
  files.push(file);
  const sampling = samplingInto(file.db);
  const writer = new HistoryWriter(file.db);
  const described = pasts.map((past) => {
    const { exchange, base = "BTC", more = {} } = past;
    const uid = `${exchange}:${more.exchangeSymbol ?? base}:1`;
    const series = seriesOf(base, { uid, exchange, exchangeSymbol: base, firstSeen: 0, ...more });
    return { ...past, base, series };
  });
  for (const { series, everyHours, rate, hours = 48, holes = [], isReading } of described) {
    const payments = Array.from({ length: hours / everyHours + 1 }, (_, n) => ({
      slot: NOON - (hours - n * everyHours) * HOUR,
      rate,
    })).filter(({ slot }) => !holes.includes((NOON - slot) / HOUR));
    const id = writer.add(series, payments);
    writer.backfilled(id, NOON - hours * HOUR, NOON, isReading !== true);
  }
  for (let at = NOON - 24 * HOUR; at <= NOON; at += HOUR / 2) {
    for (const { series, ...past } of described) {
      const { assetId = past.base, everyHours, rate, flags, weighedUntil = -1 } = past;
      const isWeighed = (NOON - at) / HOUR >= weighedUntil;
      const openInterestUsd = isWeighed ? (past.openInterestUsd ?? null) : null;
      const volume24hUsd = openInterestUsd === null ? null : 1e9 - openInterestUsd;
      const amounts = { openInterestUsd, volume24hUsd };
      const sample = plainSample({ rate, intervalHours: everyHours, ...amounts });
      const instrument = { series, sample, flags: flags?.(at) ?? 0, assetId };
      expect(sampling.write(past.exchange, at, [instrument])).toBe("stored");
    }
  }
  const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC"), rowOf("okx", "LIT")];
  const withHistory = described.map(({ exchange }) => exchange);
  const board = new TestBoard(snapshotOf("1-1", rows));
  return testApp(board, { history: readerOn(file.db, withHistory) });
}

/** 0.01, 0.02 and 0.03 % an hour; a quarter, a quarter and a half of the open interest. */
const THREE: readonly Past[] = [
  { exchange: "okx", everyHours: 8, rate: 0.0008, openInterestUsd: 1e8 },
  { exchange: "bybit", everyHours: 1, rate: 0.0002, openInterestUsd: 1e8 },
  { exchange: "gate", everyHours: 4, rate: 0.0012, openInterestUsd: 2e8 },
];

async function bodyOf(app: ReturnType<typeof appWith>, query: string): Promise<Body> {
  const response = await app.get(`${PATH}?${query}`);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as Body;
}

const yearly = (pctPerHour: number) => Math.round(pctPerHour * 8760 * 1e6) / 1e6;

describe("one line over all exchanges", () => {
  test("has a point an hour, each the mean of what was charged for it", async () => {
    const app = appWith(THREE);
    const { rows, ...body } = await bodyOf(app, `weighting=none&from=${NOON - 12 * HOUR}`);
    expect(body).toMatchObject({
      kind: "settled",
      resolution: "1h",
      line: { weighting: "none", asset_id: "BTC", left_out: 0, unreadable_periods: 0 },
      complete: true,
      total: 13,
    });
    expect(body.series.map(({ uid, points }) => [uid, points])).toEqual([
      ["okx:BTC:1", 12],
      ["bybit:BTC:1", 12],
      ["gate:BTC:1", 12],
    ]);
    expect(rows.slice(0, 12)).toEqual(
      Array.from({ length: 12 }, (_, n) => ({
        asset_id: "BTC",
        start_at: NOON - (12 - n) * HOUR,
        annualized_pct: yearly(0.02),
        rate_8h_pct: 0.16,
        reason: null,
        instruments: 3,
        exchanges: 3,
        weight_usd: null,
        without_weight: 0,
      })),
    );
    // Nothing has been charged yet for the time from noon on.
    expect(rows[12]).toMatchObject({
      start_at: NOON,
      annualized_pct: null,
      reason: "not_charged_yet",
    });
  });

  test("is weighted by open interest or volume, where that was known", async () => {
    const app = appWith(THREE);
    const query = `from=${NOON - 28 * HOUR}&to=${NOON}&resolution=4h`;
    const oi = await bodyOf(app, `${query}&weighting=oi`);
    // (0.01 + 0.02 + 2 x 0.03) / 4; there are no samples in the first four hours.
    expect(oi.rows.map(({ rate_8h_pct: pct, weight_usd: usd }) => [pct, usd])).toEqual([
      [null, 0],
      ...Array.from({ length: 6 }, () => [0.18, 4e8]),
    ]);
    expect(oi.rows[0]).toMatchObject({
      reason: "open_interest_unknown",
      instruments: 0,
      exchanges: 0,
      without_weight: 3,
    });
    const { rows } = await bodyOf(app, `${query}&weighting=volume`);
    expect(rows[0]?.reason).toBe("volume_unknown");
    // (0.01 x 9 + 0.02 x 9 + 0.03 x 8) / 26 x 8.
    expect(rows[1]?.rate_8h_pct).toBeCloseTo(0.156923, 6);
    expect(rows[1]?.weight_usd).toBe(2.6e9);
  });

  test("of live rates leaves out those that a flag refused", async () => {
    const suspectUntil = NOON - 2 * HOUR;
    const suspect = (at: number) => (at < suspectUntil ? flagBit("suspect") : flagBit("thin"));
    const wrong: Past = { exchange: "mexc", everyHours: 8, rate: 0.5, flags: suspect };
    const app = appWith([...THREE, wrong]);
    const { rows, kind, series } = await bodyOf(
      app,
      `kind=live&weighting=none&from=${NOON - 4 * HOUR}&to=${NOON}`,
    );
    expect(kind as string).toBe("live");
    expect(rows.map(({ rate_8h_pct: pct, instruments }) => [pct, instruments])).toEqual([
      [0.16, 3],
      [0.16, 3],
      [12.62, 4],
      [12.62, 4],
    ]);
    expect(series.find(({ exchange }) => exchange === "mexc")).toMatchObject({ points: 2 });
    const before = await bodyOf(
      app,
      `kind=live&weighting=none&from=${NOON - 4 * HOUR}&to=${NOON - 3 * HOUR}`,
    );
    expect(before.series.find(({ exchange }) => exchange === "mexc")).toMatchObject({ points: 0 });
  });

  test.each(["settled", "live"])(
    "%s rates weigh what was last sampled, up to two hours before",
    async (kind) => {
      const app = appWith(THREE.map((past) => ({ ...past, weighedUntil: 5 })));
      const query = `kind=${kind}&weighting=oi&from=${NOON - 4 * HOUR}&to=${NOON}`;
      const { rows } = await bodyOf(app, query);
      expect(rows.map(({ rate_8h_pct: pct, without_weight: without }) => [pct, without])).toEqual([
        [0.18, 0],
        [0.18, 0],
        [null, 3],
        [null, 3],
      ]);
    },
  );

  test("says nothing about fewer exchanges than three, unless they are asked for", async () => {
    const app = appWith(THREE.slice(0, 2));
    const query = `weighting=none&from=${NOON - 2 * HOUR}&to=${NOON}`;
    expect((await bodyOf(app, query)).rows).toMatchObject([
      { annualized_pct: null, rate_8h_pct: null, instruments: 2, exchanges: 2 },
      { annualized_pct: null, reason: "too_few_exchanges" },
    ]);
    const two = await bodyOf(app, `${query}&exchange=okx,bybit`);
    expect(two.rows).toMatchObject([{ rate_8h_pct: 0.12, exchanges: 2 }, { rate_8h_pct: 0.12 }]);
    expect((await bodyOf(app, `${query}&exchange=okx`)).rows).toMatchObject([
      { rate_8h_pct: 0.08, exchanges: 1 },
      { rate_8h_pct: 0.08 },
    ]);
  });

  test("begins with the first thing known, and names what it lacks", async () => {
    const [okx, bybit, gate] = THREE;
    if (okx === undefined || bybit === undefined || gate === undefined) throw new Error("three");
    const app = appWith([okx, { ...bybit, holes: [5, 4] }, gate]);
    const begun = await bodyOf(app, "weighting=none&resolution=1d&from=0");
    // The oldest payments, two days before noon, were charged for the hour before at least.
    expect(begun.rows.map(({ start_at: at }) => (at - NOON) / HOUR)).toEqual([-60, -36, -12]);
    expect(begun.complete).toBe(false);
    expect(begun.series.filter(({ complete }) => !complete)).toMatchObject([
      { uid: "bybit:BTC:1", lacking: [{ state: "missing", slots: 2 }] },
    ]);
    const hours = await bodyOf(app, "weighting=none&from=0&limit=1");
    expect(hours.rows).toMatchObject([{ start_at: NOON - 49 * HOUR, instruments: 3 }]);
    const hole = await bodyOf(app, `weighting=none&from=${NOON - 5 * HOUR}&to=${NOON - 4 * HOUR}`);
    expect(hole.series.map(({ points, complete }) => [points, complete])).toEqual([
      [1, true],
      [0, false],
      [1, true],
    ]);
    const before = await bodyOf(app, `weighting=oi&from=0&to=${NOON - 100 * HOUR}`);
    expect(before).toMatchObject({ rows: [], total: 0, next_cursor: null });
  });

  test("counts what was paid after the range for a time in it, across what is judged at once", async () => {
    const app = appWith(THREE.map((past) => ({ ...past, hours: 240 })));
    // Blocks of eight days begin at midnight, 180 hours before noon; all pay at four.
    const to = NOON - 181 * HOUR;
    const { rows, complete } = await bodyOf(app, `weighting=none&from=${to - HOUR}&to=${to}`);
    expect(rows).toMatchObject([{ rate_8h_pct: 0.16, instruments: 3 }]);
    expect(complete).toBe(true);
  });

  test("pages join to the points of one page, and all formats have the same", async () => {
    const app = appWith(THREE);
    const query = `weighting=oi&from=${NOON - 30.5 * HOUR}`;
    const whole = await bodyOf(app, query);
    expect(whole.total).toBe(32);
    const joined: LinePointItem[] = [];
    for (let at: string | null = `${PATH}?${query}&limit=7`; at !== null;) {
      const response: Response = await app.get(at);
      const page = (await response.json()) as Body;
      expect(page.total).toBe(32);
      joined.push(...page.rows);
      at = nextOf(response);
    }
    expect(joined).toEqual([...whole.rows]);
    const text = async (format: string) =>
      (await app.get(`${PATH}?${query}&format=${format}`)).text();
    const lines = (await text("ndjson")).trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([...whole.rows]);
    expect(cellsOf(await text("csv"))).toHaveLength(33);
    const file = await app.get(`${PATH}?${query}&format=parquet`);
    const parquet = await parquetRows(new Uint8Array(await file.arrayBuffer()));
    expect(parquet).toEqual(whole.rows.map((row) => ({ ...row })));
  });
});

describe("a name of several assets", () => {
  const lit = (exchange: ExchangeId, assetId: string | null, symbol = "LIT"): Past => ({
    exchange,
    base: "LIT",
    assetId,
    everyHours: 8,
    rate: assetId === "LIT" ? 0.0008 : 0.08,
    more: { exchangeSymbol: symbol },
  });
  const query = `weighting=none&from=${NOON - 8 * HOUR}&to=${NOON}&resolution=8h`;
  const get = (app: ReturnType<typeof appWith>) => app.get(`/api/funding/history/LIT?${query}`);

  test("is a line of the one that is called so; the others are left out", async () => {
    const conflict = () => flagBit("identity_conflict");
    const app = appWith([
      lit("mexc", "LIT~2"),
      lit("okx", "LIT"),
      lit("bybit", "LIT"),
      lit("gate", "LIT"),
      lit("htx", null),
      { ...lit("xt", "LIT"), flags: conflict },
    ]);
    const body = (await (await get(app)).json()) as Body;
    expect(body.line).toEqual({
      weighting: "none",
      asset_id: "LIT",
      left_out: 3,
      unreadable_periods: 0,
    });
    expect(body.rows).toMatchObject([
      { start_at: NOON - 12 * HOUR, rate_8h_pct: 0.08, instruments: 3 },
      { start_at: NOON - 4 * HOUR, rate_8h_pct: 0.08, instruments: 3 },
    ]);
    expect(body.series.map(({ exchange }) => exchange as string)).toEqual(["okx", "bybit", "gate"]);
  });

  test("is refused if none is called so", async () => {
    const response = await get(appWith([lit("okx", "LIT~2"), lit("mexc", "LIT~3")]));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: "bad_parameter",
      detail:
        'weighting needs one asset, but "LIT" is a name of LIT~2, LIT~3: ask for one of these.',
    });
  });

  test("without any identified instrument has no line", async () => {
    const body = (await (await get(appWith([lit("okx", null)]))).json()) as Body;
    expect(body).toMatchObject({
      rows: [],
      series: [],
      line: { asset_id: null, left_out: 1 },
    });
  });
});

test("a line has no single points", async () => {
  const app = appWith(THREE);
  const response = await app.get(`${PATH}?weighting=oi&resolution=raw`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ parameter: "resolution" }] });
  const other = await app.get(`${PATH}?weighting=equal`);
  expect(await other.json()).toMatchObject({
    errors: [{ parameter: "weighting", rule: '"equal" must be one of none, oi, volume' }],
  });
});

describe("the newest time of a line of payments", () => {
  const often = (exchange: ExchangeId): Past => ({ exchange, everyHours: 1, rate: 0 });
  const seldom = (exchange: ExchangeId, hours?: number): Past => ({
    exchange,
    everyHours: 8,
    rate: 0.0004,
    ...(hours === undefined ? {} : { hours }),
  });

  test("is not known until every instrument has been charged for it", async () => {
    // Eight-hourly payments at noon and before; now four hours later, with hourly ones in between.
    const shift = { holes: [0, 8, 16, 24, 32, 40, 48] };
    const app = appWith([
      often("okx"),
      often("bybit"),
      often("gate"),
      { ...seldom("mexc", 52), ...shift },
    ]);
    const { rows } = await bodyOf(app, `weighting=none&from=${NOON - 12 * HOUR}`);
    const known = rows.filter(({ annualized_pct: pct }) => pct !== null);
    expect(known.every(({ instruments }) => instruments === 4)).toBe(true);
    expect(
      rows.filter(({ reason }) => reason === "not_charged_yet").map(({ start_at: at }) => at),
    ).toEqual([4, 3, 2, 1, 0].map((hours) => NOON - hours * HOUR));
  });
});

test("what was cut off or is missing beyond the range is lacking", async () => {
  // Three days are read of thirty.
  const app = appWith(THREE.map((past) => ({ ...past, isReading: true })));
  const cut = await bodyOf(app, `weighting=none&resolution=1d&from=${NOON - 30 * 24 * HOUR}`);
  expect(cut.complete).toBe(false);
  // The payment at noon was charged for the hours before: without it they have no rate of that exchange.
  const [okx, ...others] = THREE;
  if (okx === undefined) throw new Error("three");
  const hole = appWith([{ ...okx, holes: [8] }, ...others]);
  const range = `from=${NOON - 14 * HOUR}&to=${NOON - 10 * HOUR}`;
  const body = await bodyOf(hole, `weighting=none&${range}`);
  expect(body.rows.map(({ instruments }) => instruments)).toEqual([2, 2, 2, 2]);
  expect(body).toMatchObject({
    complete: false,
    series: [
      { uid: "okx:BTC:1", complete: false, points: 0 },
      { complete: true },
      { complete: true },
    ],
  });
  const before = await bodyOf(
    hole,
    `weighting=none&from=${NOON - 22 * HOUR}&to=${NOON - 18 * HOUR}`,
  );
  expect(before.complete).toBe(true);
});

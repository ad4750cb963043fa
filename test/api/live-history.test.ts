import { afterEach, describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import type { Sample } from "../../src/domain/sample.ts";
import type { LiveBucketItem, LivePointItem } from "../../src/http/api/history/live-schema.ts";
import type { LiveListSchema } from "../../src/http/api/history/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { readerOn } from "../support/history-db.ts";
import { cellsOf, nextOf } from "../support/lists.ts";
import { parquetRows } from "../support/parquet.ts";
import { NOON_MS } from "../support/quote.ts";
import { samplingInto } from "../support/sampled-market.ts";

type Body<Row> = Omit<z.infer<typeof LiveListSchema>, "rows"> & { readonly rows: readonly Row[] };

const NOON = NOON_MS / 1000;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;
const PATH = "/api/funding/history/BTC?kind=live";

const files: HistoryInFolder[] = [];
afterEach(() => {
  for (const file of files.splice(0)) file[Symbol.dispose]();
});

function listed(more: Partial<SeriesDescription> = {}): SeriesDescription {
  const exchange = more.exchange ?? "okx";
  const firstSeen = NOON_MS - 60 * DAY * 1000;
  const uid = `${exchange}:BTCUSDT:1`;
  return seriesOf("BTC", { uid, exchange, exchangeSymbol: "BTCUSDT", firstSeen, ...more });
}

function sampleOf(rate: number, more: Partial<Sample> = {}): Sample {
  return {
    rate,
    intervalHours: 8,
    nextFundingAtMs: NOON_MS + 4 * HOUR * 1000,
    markPrice: 68_000.5,
    indexPrice: 67_990.25,
    openInterestUsd: 4.2e9,
    volume24hUsd: null,
    ...more,
  };
}

/** Writes one refresh of one instrument. */
type Write = (at: number, sample: Sample, series?: SeriesDescription) => void;

/** An app at noon, on a history file that was filled by the collector's own writer. */
function appWith(fill: (write: Write) => void) {
  const file = new HistoryInFolder();
  files.push(file);
  const sampling = samplingInto(file.db);
  fill((at, sample, series = listed()) =>
    expect(sampling.write(series.exchange, at, [{ series, sample, flags: 0, assetId: null }])).toBe(
      "stored",
    ),
  );
  const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC")];
  return testApp(new TestBoard(snapshotOf("1-1", rows)), { history: readerOn(file.db) });
}

async function bodyOf<Row = LivePointItem>(
  app: ReturnType<typeof appWith>,
  target: string,
): Promise<Body<Row>> {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as Body<Row>;
}

/** A rate each minute of the hours before noon, except for half an hour; another exchange each five minutes. */
function twoExchanges(write: Write): void {
  for (let at = NOON - 3 * HOUR; at <= NOON; at += MINUTE) {
    const minute = (at - NOON) / MINUTE;
    if (minute < -100 || minute >= -70) write(at, sampleOf((minute % 17) / 1e5));
    if (minute % 5 === 0) write(at, sampleOf(minute / 1e6), listed({ exchange: "bybit" }));
  }
}

describe(PATH, () => {
  test("has the live rates of the last seven days as they were sampled", async () => {
    const app = appWith((write) => {
      write(NOON - 8 * DAY, sampleOf(0.5));
      write(NOON - 2 * MINUTE, sampleOf(0.0001));
      write(NOON - MINUTE, sampleOf(-0.000_250_000_04, { nextFundingAtMs: null }));
      write(NOON, sampleOf(0.0002, { intervalHours: null }));
    });
    const { rows, ...body } = await bodyOf(app, PATH);
    expect(body).toMatchObject({
      kind: "live",
      resolution: "raw",
      count: 3,
      total: 3,
      from_at: NOON - 7 * DAY + 1,
      to_at: NOON + 1,
      next_cursor: null,
      series: [
        { uid: "okx:BTCUSDT:1", points: 3, samples_from_at: NOON - 8 * DAY, asset_id: "BTC" },
      ],
    });
    const instrument = {
      uid: "okx:BTCUSDT:1",
      exchange: "okx" as const,
      exchange_symbol: "BTCUSDT",
      symbol: "BTCUSDT",
      asset_id: "BTC",
      base: "BTC",
      quote: "USDT",
    };
    const unsampled = {
      mark_price: null,
      index_price: null,
      premium_pct: null,
      open_interest_usd: null,
      volume_24h_usd: null,
    };
    expect(rows).toEqual([
      {
        ...instrument,
        sampled_at: NOON - 2 * MINUTE,
        funding_rate: 0.0001,
        funding_rate_pct: 0.01,
        funding_interval_hours: 8,
        annualized_pct: 10.95,
        rate_8h_pct: 0.01,
        next_funding_time: NOON + 4 * HOUR,
        mark_price: 68_000.5,
        index_price: 67_990.25,
        // 10.25 / 67990.25.
        premium_pct: 0.0150756909998125,
        open_interest_usd: 4.2e9,
        volume_24h_usd: null,
      },
      {
        ...instrument,
        sampled_at: NOON - MINUTE,
        funding_rate: -0.00025,
        funding_rate_pct: -0.025,
        funding_interval_hours: 8,
        annualized_pct: -27.375,
        rate_8h_pct: -0.025,
        next_funding_time: null,
        ...unsampled,
      },
      {
        ...instrument,
        sampled_at: NOON,
        funding_rate: 0.0002,
        funding_rate_pct: 0.02,
        funding_interval_hours: null,
        annualized_pct: null,
        rate_8h_pct: null,
        next_funding_time: NOON + 4 * HOUR,
        // The first sample of an hour has all of it.
        mark_price: 68_000.5,
        index_price: 67_990.25,
        // 10.25 / 67990.25.
        premium_pct: 0.0150756909998125,
        open_interest_usd: 4.2e9,
        volume_24h_usd: null,
      },
    ]);
    // What was charged is another kind.
    expect(await bodyOf(app, "/api/funding/history/BTC")).toMatchObject({
      kind: "settled",
      rows: [],
    });
  });

  test("the range is half-open, and nothing after the snapshot is in it", async () => {
    const app = appWith((write) => {
      for (let at = NOON - 5 * MINUTE; at <= NOON + 5 * MINUTE; at += MINUTE)
        write(at, sampleOf(0.0001));
    });
    const minutesOf = async (query: string) =>
      (await bodyOf(app, `${PATH}&${query}`)).rows.map(
        ({ sampled_at: at }) => (at - NOON) / MINUTE,
      );
    expect(await minutesOf(`from=${NOON - 3 * MINUTE}&to=${NOON - MINUTE}`)).toEqual([-3, -2]);
    expect(await minutesOf(`from=${NOON - 3 * MINUTE + 1}&to=${NOON - MINUTE + 1}`)).toEqual([
      -2, -1,
    ]);
    expect(await minutesOf(`from=${NOON - MINUTE}&to=${NOON + DAY}`)).toEqual([-1, 0]);
    expect(await minutesOf(`from=${NOON}&to=${NOON}`)).toEqual([]);
  });

  test("pages join to the rows of one page, and CSV, NDJSON and Parquet have the same", async () => {
    const app = appWith(twoExchanges);
    const whole = await bodyOf(app, PATH);
    expect(whole.count).toBe(151 + 37);
    const joined: LivePointItem[] = [];
    for (let at: string | null = `${PATH}&limit=19`; at !== null;) {
      const response: Response = await app.get(at);
      const page = (await response.json()) as Body<LivePointItem>;
      expect(page.total).toBe(whole.total);
      joined.push(...page.rows);
      at = nextOf(response);
    }
    expect(joined).toEqual([...whole.rows]);
    for (const resolution of ["raw", "1h"]) {
      const target = `${PATH}&resolution=${resolution}`;
      const { rows } = await bodyOf<Record<string, unknown>>(app, target);
      const values = rows.map((row) =>
        Object.values(row).map((value) => (value === null ? "" : String(value))),
      );
      const [header, ...cells] = cellsOf(await (await app.get(`${target}&format=csv`)).text());
      expect(header).toEqual(Object.keys(rows[0] ?? {}));
      expect(cells).toEqual(values);
      const lines = (await (await app.get(`${target}&format=ndjson`)).text()).trimEnd().split("\n");
      expect<unknown>(lines.map((line) => JSON.parse(line))).toEqual(rows);
      const file = await app.get(`${target}&format=parquet`);
      expect(await parquetRows(new Uint8Array(await file.arrayBuffer()))).toEqual([...rows]);
    }
  });

  test("buckets equal those collected one by one; a gap stays a gap", async () => {
    const app = appWith((write) => {
      twoExchanges((at, ...more) => write(at - 5 * HOUR, ...more));
      write(NOON - HOUR, sampleOf(0.0004));
      write(NOON - 30 * MINUTE, sampleOf(0.0001, { intervalHours: 4 }));
      write(NOON, sampleOf(-0.0002));
    });
    const { rows: samples } = await bodyOf(app, PATH);
    for (const [resolution, seconds] of [
      ["1h", HOUR],
      ["4h", 4 * HOUR],
      ["8h", 8 * HOUR],
      ["1d", DAY],
    ] as const) {
      const groups = Map.groupBy(
        samples,
        ({ uid, sampled_at: at }) => `${at - (at % seconds)} ${uid}`,
      );
      const { rows, ...body } = await bodyOf<LiveBucketItem>(
        app,
        `${PATH}&resolution=${resolution}`,
      );
      expect(body).toMatchObject({ resolution, total: groups.size });
      expect(new Set(rows.map(({ uid, start_at: at }) => `${at} ${uid}`))).toEqual(
        new Set(groups.keys()),
      );
      for (const { uid, start_at: at, ...bucket } of rows) {
        const rates = (groups.get(`${at} ${uid}`) ?? []).map((row) => row.funding_rate);
        expect(bucket).toMatchObject({
          samples: rates.length,
          open: rates[0],
          high: Math.max(...rates),
          low: Math.min(...rates),
          close: rates.at(-1),
        });
      }
    }
    const { rows: hours } = await bodyOf<LiveBucketItem>(app, `${PATH}&resolution=1h&exchange=okx`);
    const shown = hours.map(({ start_at: at, samples: count, funding_interval_hours: every }) => [
      (at - NOON) / HOUR,
      count,
      every,
    ]);
    // Half an hour is missing, and three hours after 8:00.
    expect(shown).toEqual([
      [-8, 60, 8],
      [-7, 30, 8],
      [-6, 60, 8],
      [-5, 1, 8],
      [-1, 2, null],
      [0, 1, 8],
    ]);
  });

  test("an instrument without a sample in the range is named, and since when it has any", async () => {
    const app = appWith((write) => {
      write(NOON - 9 * DAY, sampleOf(0.0001));
      write(NOON - HOUR, sampleOf(0.0001), listed({ exchange: "bybit" }));
      const endedAt = NOON_MS - 20 * DAY * 1000;
      write(NOON - 30 * DAY, sampleOf(0.0001), listed({ exchange: "gate", endedAt }));
    });
    const seriesIn = async (query: string) =>
      (await bodyOf(app, `${PATH}&${query}`)).series.map((one) => [
        one.exchange,
        one.points,
        one.samples_from_at,
      ]);
    expect(await seriesIn("")).toEqual([
      ["okx", 0, NOON - 9 * DAY],
      ["bybit", 1, NOON - HOUR],
    ]);
    expect(await seriesIn(`from=${NOON - 40 * DAY}&exchange=gate&resolution=1d`)).toEqual([
      ["gate", 1, NOON - 30 * DAY],
    ]);
    const iso = await bodyOf<unknown>(app, `${PATH}&time=iso&exchange=okx`);
    expect(iso.series).toMatchObject([{ samples_from_at: "2026-10-24T12:00:00Z" }]);
  });

  test("single samples are bounded as payments are: 366 days, 1,000 of a series on a page", async () => {
    const app = appWith((write) => {
      for (let n = 1_100; n > 0; n -= 1) write(NOON - n * MINUTE, sampleOf(n / 1e6));
    });
    const first = await bodyOf(app, PATH);
    expect([first.count, first.total, first.series[0]?.points]).toEqual([1000, 1100, 1000]);
    const rest = await bodyOf(app, `${PATH}&cursor=${first.next_cursor}`);
    expect([rest.count, rest.next_cursor]).toEqual([100, null]);
    expect(rest.rows[0]?.sampled_at).toBe((first.rows.at(-1)?.sampled_at ?? 0) + MINUTE);
    const settled = await app.get(`/api/funding/history/BTC?cursor=${first.next_cursor}`);
    expect([settled.status, await settled.json()]).toMatchObject([400, { code: "bad_cursor" }]);
    for (const [query, parameter, rule] of [
      ["kind=lively", "kind", '"lively" must be one of settled, live; did you mean live?'],
      [
        `kind=live&from=${NOON - 367 * DAY}`,
        "from",
        "must not be more than 366 days before to; choose a resolution for more",
      ],
    ] as const) {
      const response = await app.get(`/api/funding/history/BTC?${query}`);
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { errors: [{ parameter, rule }] },
      ]);
    }
    const years = `${PATH}&resolution=1d&from=${NOON - 2000 * DAY}`;
    expect((await bodyOf(app, years)).total).toBe(2);
  });
});

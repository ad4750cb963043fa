import { afterEach, describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import { SettlementRepository } from "../../src/db/history/settlement-repository.ts";
import { openReadOnly } from "../../src/db/open.ts";
import type { SettlementOrigin } from "../../src/domain/settlement.ts";
import type { ForecastErrorListSchema } from "../../src/http/api/forecast-error/schema.ts";
import type { HistoryReader } from "../../src/services/history/history-reader.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { readerOn } from "../support/history-db.ts";
import { cellsOf } from "../support/lists.ts";
import { parquetRows } from "../support/parquet.ts";
import { NOON_MS } from "../support/quote.ts";
import { samplingInto } from "../support/sampled-market.ts";

type Body = z.infer<typeof ForecastErrorListSchema>;

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;
const PATH = "/api/funding/forecast-error";

/** An instrument with its payments (hours before noon) and the live rates of its exchange (likewise). */
interface Scripted {
  readonly series: SeriesDescription;
  readonly paid?: readonly (readonly [number, string, SettlementOrigin?])[];
  readonly live?: readonly (readonly [number, number, { hours?: number; next?: number }?])[];
}

function listed(base: string, changes: Partial<SeriesDescription> = {}): SeriesDescription {
  const exchange = changes.exchange ?? "okx";
  const names = { uid: `${exchange}:${base}USDT:1`, exchangeSymbol: `${base}USDT` };
  return seriesOf(base, { ...names, firstSeen: NOON_MS - 60 * DAY * 1000, ...changes });
}

class Scene implements Disposable {
  readonly history = new HistoryInFolder();
  readonly board = new TestBoard(
    snapshotOf("1-1", [rowOf("okx", "BTC"), rowOf("okx", "ETH")], NOON_MS + 30_000),
  );
  readonly app: TestApp;
  asked = 0;

  constructor(scripts: readonly Scripted[], rolledUpAt: number | null = null) {
    const { db } = this.history;
    const sampling = samplingInto(db);
    const settlements = new SettlementRepository(db);
    for (const { series, paid = [] } of scripts) {
      const { id } = sampling.series.ensure(series);
      for (const [ago, rate, origin = "exchange"] of paid) {
        const atMs = (NOON - ago * HOUR) * 1000;
        settlements.put(id, { atMs, rate, intervalHours: null, markPrice: null }, origin);
      }
    }
    // A refresh has all instruments of its exchange.
    const exchanges = Map.groupBy(scripts, ({ series }) => series.exchange);
    for (const [exchange, own] of exchanges) {
      const times = new Set(own.flatMap(({ live = [] }) => live.map(([ago]) => ago)));
      for (const ago of [...times].toSorted((one, other) => other - one))
        sampling.write(
          exchange,
          NOON - ago * HOUR,
          own.flatMap(({ series, live = [] }) =>
            live
              .filter(([at]) => at === ago)
              .map(([, rate, { hours = 8, next } = {}]) => ({
                series,
                sample: sampleOf(rate, hours, next === undefined ? null : NOON - next * HOUR),
                flags: 0,
                assetId: null,
              })),
          ),
        );
    }
    if (rolledUpAt !== null) sampling.rollUpAll(rolledUpAt);
    const reader = readerOn(openReadOnly(this.history.file));
    const history: HistoryReader = {
      ask: (kind, query, signal) => {
        if (kind === "forecast") this.asked += 1;
        return reader.ask(kind, query, signal);
      },
    };
    this.app = testApp(this.board, { history });
  }

  async body(target: string): Promise<Body> {
    const response = await this.app.get(target);
    if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
    return (await response.json()) as Body;
  }

  [Symbol.dispose](): void {
    this.history[Symbol.dispose]();
  }
}

function sampleOf(rate: number, intervalHours: number, next: number | null) {
  return {
    rate,
    intervalHours,
    nextFundingAtMs: next === null ? null : next * 1000,
    markPrice: null,
    indexPrice: null,
    openInterestUsd: null,
    volume24hUsd: null,
  };
}

let scenes: Scene[] = [];

function sceneOf(...args: ConstructorParameters<typeof Scene>): Scene {
  const scene = new Scene(...args);
  scenes.push(scene);
  return scene;
}

afterEach(() => {
  for (const scene of scenes) scene[Symbol.dispose]();
  scenes = [];
});

/** Payments of 0.01 % every eight hours, the newest four hours before noon. */
const PAID = Array.from({ length: 12 }, (_, n) => [4 + 8 * n, "0.0001"] as const);

/** An hour before the slots at 4, 12, 20 and 28 hours before noon; four hours before the first of them. */
const LIVE = [
  [5, 0.0002],
  [8, 0.0005],
  [13, 0.0003],
  [21, 0],
  [29, 0.0001],
] as const;

const BTC: Scripted = { series: listed("BTC"), paid: PAID, live: LIVE };

const FIGURES: Body["rows"] = [
  // Differences of 0.01, 0.02, -0.01 and 0 %: sorted -0.01, 0, 0.01, 0.02; places 0.3, 1.5 and 2.7.
  {
    exchange: "okx",
    funding_interval_hours: 8,
    horizon_hours: 1,
    settlements: 4,
    bias_pct: 0.005,
    p10_pct: -0.007,
    p50_pct: 0.005,
    p90_pct: 0.017,
  },
  {
    exchange: "okx",
    funding_interval_hours: 8,
    horizon_hours: 4,
    settlements: 1,
    bias_pct: 0.04,
    p10_pct: 0.04,
    p50_pct: 0.04,
    p90_pct: 0.04,
  },
];

describe("/api/funding/forecast-error", () => {
  test("compares by hand the live rates before settlements with what was charged", async () => {
    const body = await sceneOf([BTC]).body(`${PATH}?exchange=okx`);
    expect(body).toMatchObject({
      fetched_at: NOON,
      from_at: NOON - 7 * DAY,
      to_at: NOON,
      instruments: 1,
      continuous_instruments: 0,
      unreadable_periods: 0,
      total: 2,
    });
    expect(body.rows).toEqual(FIGURES);
  });

  test("is the same once samples are stored by hour and by day", async () => {
    for (const hours of [1, 40]) {
      const body = await sceneOf([BTC], NOON + hours * HOUR).body(`${PATH}?base=BTC`);
      expect([body.rows, body.unreadable_periods]).toEqual([FIGURES, 0]);
    }
  });

  test("leaves out estimates, continuous contracts, and rates for another settlement", async () => {
    const own: Scripted[] = [
      { series: listed("BTC"), paid: PAID.map(([ago, rate]) => [ago, rate, "row"]), live: LIVE },
      { series: listed("ETH"), paid: PAID.map(([ago]) => [ago, "9", "estimated"]), live: LIVE },
      { series: listed("SOL", { accrual: "continuous" }), live: LIVE },
      {
        series: listed("XRP"),
        paid: PAID,
        live: [
          [5, 0.0009, { next: 0 }],
          [13, 0.0002, { hours: 4 }],
          [21, 0.0003, { next: 20 }],
        ],
      },
    ];
    const scene = sceneOf(own);
    const body = await scene.body(`${PATH}?exchange=okx&base=BTC,ETH,SOL`);
    expect(body).toMatchObject({ instruments: 2, continuous_instruments: 1 });
    expect(body.rows).toEqual(FIGURES);
    const xrp = await scene.body(`${PATH}?base=XRP`);
    expect(xrp.rows).toMatchObject([{ horizon_hours: 1, settlements: 1, bias_pct: 0.02 }]);
  });

  test("takes a sample of up to five minutes before the moment", async () => {
    // Four hours before the oldest slot, and some minutes.
    for (const [minutes, found] of [
      [4, [[4, 1, 0.02]]],
      [6, []],
    ] as const) {
      const live = [[96 + minutes / 60, 0.0003]] as const;
      const { rows } = await sceneOf([{ series: listed("BTC"), paid: PAID, live }]).body(
        `${PATH}?base=BTC`,
      );
      expect(rows.map((row) => [row.horizon_hours, row.settlements, row.bias_pct])).toEqual(
        found.map((row) => [...row]),
      );
    }
  });

  test("takes only the days asked for, up to the last full hour", async () => {
    const day = await sceneOf([BTC]).body(`${PATH}?base=BTC&days=1`);
    expect(day.from_at).toBe(NOON - DAY);
    expect(day.rows.map((row) => row.settlements)).toEqual([3, 1]);
    // A slot at noon is not in a range that ends at noon.
    const paid = [[0, "0.0001"], ...PAID.map(([ago, rate]) => [ago + 4, rate] as const)] as const;
    const atNoon = sceneOf([{ series: listed("BTC"), paid, live: [[1, 0.0002]] }]);
    expect((await atNoon.body(`${PATH}?base=BTC`)).rows).toEqual([]);
    atNoon.board.publish(snapshotOf("1-2", [rowOf("okx", "BTC")], NOON_MS + HOUR * 1000));
    expect((await atNoon.body(`${PATH}?base=BTC`)).rows).toMatchObject([{ settlements: 1 }]);
  });

  test("leaves out damaged samples and says so", async () => {
    const scene = sceneOf([BTC], NOON + HOUR);
    const { db } = scene.history;
    const { hour } = db
      .query<{ hour: number }, []>("SELECT max(hour) AS hour FROM sample_hours")
      .get() ?? { hour: 0 };
    db.run("UPDATE sample_hours SET blob = x'00112233' WHERE hour = ?", [hour]);
    const body = await scene.body(`${PATH}?base=BTC`);
    expect(body.unreadable_periods).toBe(1);
    expect(body.rows).not.toEqual(FIGURES);
  });

  test("is about BTC unless it is narrowed, and is refused where it is too large, by names", async () => {
    const scene = sceneOf([BTC]);
    const { app } = scene;
    const { rows } = await scene.body(PATH);
    expect(rows).not.toEqual([]);
    expect(rows).toEqual((await scene.body(`${PATH}?base=BTC`)).rows);
    expect((await scene.body(`${PATH}?base=ETH`)).rows).toEqual([]);
    for (const days of [0, 31])
      expect((await app.get(`${PATH}?base=BTC&days=${days}`)).status).toBe(400);
    const many = Array.from({ length: 201 }, (_, n) => ({ series: listed(`A${n}`) }));
    const large = sceneOf(many);
    const response = await large.app.get(`${PATH}?exchange=okx&days=30`);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      {
        errors: [
          {
            parameter: "days",
            rule: "covers too much: 6030 days of all instruments together; choose fewer, or fewer exchanges or assets",
          },
        ],
      },
    ]);
    expect((await large.app.get(`${PATH}?exchange=okx&days=29`)).status).toBe(200);
  });

  test("is computed once an hour, and the same in all formats", async () => {
    const scene = sceneOf([BTC]);
    const target = `${PATH}?exchange=okx`;
    const { rows } = await scene.body(target);
    scene.board.publish(snapshotOf("1-2", [rowOf("okx", "BTC")], NOON_MS + 59 * 60_000));
    const lines = await (await scene.app.get(`${target}&format=ndjson`)).text();
    expect(
      lines
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
    const [header = [], ...cells] = cellsOf(
      await (await scene.app.get(`${target}&format=csv`)).text(),
    );
    const texts = rows.map((row) => Object.values(row).map(String));
    expect([header, cells]).toEqual([Object.keys(rows[0] ?? {}), texts]);
    const parquet = await scene.app.get(`${target}&format=parquet`);
    expect(await parquetRows(new Uint8Array(await parquet.arrayBuffer()))).toEqual(rows);
    expect(scene.asked).toBe(1);
  });
});

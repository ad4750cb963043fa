import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { SentimentRow } from "../../src/http/api/sentiment/schema.ts";
import { SENTIMENT_SORTS } from "../../src/services/finder/sentiment.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const PATH = "/api/funding/sentiment";

const AT_BASELINE = flagBit("pinned_baseline");

/** BTC at 10.95 (baseline), 21.9 and -10.95 % a year; ETH on two exchanges and a stale third; SOL at its baseline. */
const ROWS = [
  rowOf("binance", "BTC", { volume24hUsd: 1e6, openInterestUsd: 4e6 }, AT_BASELINE),
  rowOf("okx", "BTC", { fundingRate: 0.0002, volume24hUsd: 3e6, openInterestUsd: 3e6 }),
  rowOf("kraken", "BTC", { fundingRate: -0.0001, volume24hUsd: null, openInterestUsd: 4e6 }),
  rowOf("binance", "ETH", { fundingRate: 0.0004, quote: "USDC" }),
  rowOf("okx", "ETH", { fundingRate: 0.0004, assetClass: null }),
  rowOf("kraken", "ETH", { fundingRate: 0.0004 }, flagBit("stale")),
  ...(["bybit", "gate", "okx", "kraken"] as const).map((id) => rowOf(id, "SOL", {}, AT_BASELINE)),
];

const app = () => testApp(new TestBoard(snapshotOf("7-9", ROWS)));

interface SentimentList {
  readonly count: number;
  readonly total: number;
  readonly snapshot: string;
  readonly rows: readonly SentimentRow[];
  readonly next_cursor: string | null;
}

async function list(query = "", of: TestApp = app()): Promise<SentimentList> {
  const response = await of.get(PATH + query);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as SentimentList;
}

/** Equal except for rounding. */
const close = (value: number): number => expect.closeTo(value, 9) as unknown as number;

const assets = ({ rows }: SentimentList): string[] => rows.map(({ asset_id }) => asset_id);

describe("/api/funding/sentiment", () => {
  test("counts a contradicted listing under its row's asset, like asset_id", async () => {
    const conflict = flagBit("identity_conflict");
    const odd = { identity: "conflict", fundingRate: 0.0001 } as const;
    const rows = [
      rowOf("gate", "BTC", { ...odd, assetId: "BTC~2" }, conflict),
      rowOf("mexc", "BTC", { ...odd, assetId: "BTC" }, conflict),
      rowOf("htx", "BTC", { assetId: null, identity: "probable" }),
    ];
    const of = testApp(new TestBoard(snapshotOf("7-9", [...ROWS, ...rows])));
    const found = await list("?base=BTC", of);
    const counts = found.rows.map((row) => [
      row.asset_id,
      row.base,
      row.instruments,
      row.untrusted_instruments,
    ]);
    expect(counts).toEqual([
      ["BTC", "BTC", 3, 1],
      ["BTC~2", "BTC", 0, 1],
    ]);
    expect((await list("?asset_id=BTC~2", of)).rows).toEqual(found.rows.slice(1));
    expect(assets(await list("?asset_id=BTC~2&min_exchanges=1", of))).toEqual([]);
  });

  test("has means, shares and a label per asset, with listings at the baseline counted separately", async () => {
    const { rows } = await list("?base=btc");
    expect(rows).toEqual([
      {
        base: "BTC",
        asset_id: "BTC",
        exchanges: 3,
        of_exchanges: 5,
        instruments: 3,
        untrusted_instruments: 0,
        unverified_instruments: 0,
        open_interest_usd: 11e6,
        open_interest_unknown: 0,
        volume_24h_usd: 4e6,
        volume_unknown: 1,
        at_baseline: 1,
        at_zero: 0,
        mean_annualized_pct: close(7.3),
        median_annualized_pct: close(10.95),
        oi_weighted_annualized_pct: close((10.95 * 4 + 21.9 * 3 - 10.95 * 4) / 11),
        // Two exchanges with a volume are not a market.
        volume_weighted_annualized_pct: null,
        positive_share: 0.5,
        label: "mixed",
        reason: null,
      },
    ]);
  });

  test("has a reason instead of figures for an asset on two fresh exchanges", async () => {
    const { rows } = await list("?base=ETH");
    expect(rows).toEqual([
      {
        base: "ETH",
        asset_id: "ETH",
        exchanges: 2,
        of_exchanges: 5,
        instruments: 2,
        untrusted_instruments: 1,
        unverified_instruments: 0,
        open_interest_usd: 10e6,
        open_interest_unknown: 0,
        volume_24h_usd: 18e6,
        volume_unknown: 0,
        at_baseline: 0,
        at_zero: 0,
        mean_annualized_pct: null,
        median_annualized_pct: null,
        oi_weighted_annualized_pct: null,
        volume_weighted_annualized_pct: null,
        positive_share: null,
        label: null,
        reason: "too_few_exchanges",
      },
    ]);
  });

  test("is ordered by the number of exchanges, descending", async () => {
    const whole = await list();
    expect(assets(whole)).toEqual(["SOL", "BTC", "ETH"]);
    expect([whole.count, whole.total, whole.next_cursor]).toEqual([3, 3, null]);
    expect(whole.rows[0]).toMatchObject({ label: "resting", positive_share: null, at_baseline: 4 });
  });

  test("a baseline rate of 0 counts as at the baseline, not at zero", async () => {
    const still = (exchange: "okx" | "gate" | "bybit", flags: number) =>
      rowOf(exchange, "NIL", { fundingRate: 0 }, flags);
    const rows = [still("okx", AT_BASELINE), still("gate", AT_BASELINE), still("bybit", 0)];
    const of = testApp(new TestBoard(snapshotOf("7-9", rows)));
    expect((await list("", of)).rows).toMatchObject([{ at_baseline: 2, at_zero: 1 }]);
  });

  test.each([
    ["sort=base", ["BTC", "ETH", "SOL"]],
    ["sort=base&order=desc", ["SOL", "ETH", "BTC"]],
    ["sort=median_annualized_pct", ["BTC", "SOL", "ETH"]],
    ["sort=mean_annualized_pct&order=asc", ["BTC", "SOL", "ETH"]],
    ["sort=positive_share&order=asc", ["BTC", "ETH", "SOL"]],
    ["sort=volume_24h_usd&order=asc", ["BTC", "ETH", "SOL"]],
    ["sort=open_interest_usd&order=asc", ["ETH", "BTC", "SOL"]],
    ["min_exchanges=3", ["SOL", "BTC"]],
    ["min_exchanges=4", ["SOL"]],
    ["label=mixed", ["BTC"]],
    ["label=longs_pay,resting", ["SOL"]],
    ["asset_class=stock", []],
    ["quote=USDC", ["ETH"]],
  ])("%s", async (query, expected) => {
    expect(assets(await list(`?${query}`))).toEqual(expected);
  });

  test.each(["exchange=bybit,okx", "min_volume=2000000", "min_open_interest=3500000"])(
    "filters choose the listings that count: %s leaves too few of BTC",
    async (filter) => {
      const { rows } = await list(`?base=BTC&${filter}`);
      expect(rows).toMatchObject([{ label: null, reason: "too_few_exchanges" }]);
      expect(rows[0]?.exchanges).toBeLessThan(3);
    },
  );

  test("an asset with only stale rows is unknown, neither resting nor absent", async () => {
    const stale = ROWS.map((row) => ({ ...row, flags: row.flags | flagBit("stale") }));
    const of = testApp(new TestBoard(snapshotOf("7-9", stale)));
    const { rows } = await list("", of);
    expect(rows).toHaveLength(3);
    for (const row of rows)
      expect(row).toMatchObject({ exchanges: 0, label: null, reason: "too_few_exchanges" });
    expect(assets(await list("?min_exchanges=1", of))).toEqual([]);
  });

  test.each([
    ["sort=reason", "sort"],
    ["label=calm", "label"],
    ["min_exchanges=42", "min_exchanges"],
    ["min_exchanges=1.5", "min_exchanges"],
    ["interval=8", "interval"],
  ])("refuses %s", async (query, parameter) => {
    const response = await app().get(`${PATH}?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ parameter }] });
  });

  test("in CSV has units in its header line, and empty cells for unknown values", async () => {
    const response = await app().get(`${PATH}?format=csv&base=ETH`);
    expect((await response.text()).split("\r\n")).toEqual([
      "base,asset_id,exchanges,of_exchanges,instruments,untrusted_instruments,unverified_instruments,open_interest_usd,open_interest_unknown,volume_24h_usd,volume_unknown,at_baseline,at_zero,mean_annualized_pct,median_annualized_pct,oi_weighted_annualized_pct,volume_weighted_annualized_pct,positive_share,label,reason",
      "ETH,ETH,2,5,2,1,0,10000000,0,18000000,0,0,0,,,,,,,too_few_exchanges",
      "",
    ]);
  });

  test("a query has one answer, however it is spelled", async () => {
    const served = app();
    const etag = async (query: string) => (await served.get(PATH + query)).headers.get("etag");
    // If another page follows, the answer contains its cursor, which contains the query.
    const plain = await etag("?base=BTC,SOL&label=mixed,resting&limit=1");
    const spelled =
      "?label=resting&label=mixed&base=sol,xbt&sort=exchanges&order=desc&min_exchanges=0&min_volume=0&limit=1";
    expect(await etag(spelled)).toBe(plain);
    expect(await etag("?base=BTC,SOL&label=longs_pay,mixed,resting&limit=1")).not.toBe(plain);
    expect(await etag("?base=BTC,SOL&label=mixed,resting&order=asc&limit=1")).not.toBe(plain);
  });

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get(PATH)).status).toBe(503);
  });
});

const MARKET = fc
  .uniqueArray(
    fc.record({
      exchange: fc.constantFrom(...EXCHANGE_IDS.slice(0, 5)),
      base: fc.constantFrom("BTC", "ETH", "SOL", "PEPE", "TSLA"),
      rate: fc.constantFrom(-2, 0, 1, 3),
      volume: fc.option(fc.integer({ min: 0, max: 1000 })),
    }),
    { maxLength: 25, selector: ({ exchange, base }) => `${exchange} ${base}` },
  )
  .map((rows) =>
    rows.map(({ exchange, base, rate, volume }) =>
      rowOf(exchange, base, { fundingRate: rate * 1e-4, volume24hUsd: volume }),
    ),
  );

test("pages of a cursor chain join to the unpaged list, though the board moves on", async () => {
  const sort = fc.constantFrom(...SENTIMENT_SORTS);
  const limit = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(MARKET, MARKET, sort, limit, async (rows, later, by, size) => {
      const of = testApp(new TestBoard(snapshotOf("1-1", rows)));
      const whole = await list(`?sort=${by}`, of);
      const pages: SentimentList[] = [];
      let cursor: string | null = null;
      do {
        const next: string = cursor === null ? "" : `&cursor=${cursor}`;
        const page: SentimentList = await list(`?sort=${by}&limit=${size}${next}`, of);
        expect([page.snapshot, page.total]).toEqual(["1-1", whole.total]);
        pages.push(page);
        cursor = page.next_cursor;
        of.board.publish(snapshotOf(`1-${pages.length + 1}`, later));
      } while (cursor !== null);
      expect(pages.flatMap((page) => page.rows)).toEqual([...whole.rows]);
    }),
    { numRuns: 40 },
  );
});

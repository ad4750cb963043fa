import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { z } from "@hono/zod-openapi";
import { flagBit } from "../../src/domain/flags.ts";
import type { FundingList, FundingRow } from "../../src/http/lists/funding-schema.ts";
import type { MarketRateListSchema } from "../../src/http/api/market/schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { allCollected, rowOf, snapshotOf, TestBoard, withStatuses } from "../support/board.ts";
import { appOf, market, marketOf } from "../support/lists.ts";

const PATH = "/api/funding/market";
type MarketRates = z.infer<typeof MarketRateListSchema>;

/** 0.01 % every 8 h is 10.95 % a year; weights are millions. */
const listing = (
  exchange: Parameters<typeof rowOf>[0],
  base: string,
  bps: number,
  openInterestUsd: number | null,
  extra: Parameters<typeof rowOf>[2] = {},
  flags = 0,
) => rowOf(exchange, base, { fundingRate: bps / 10_000, openInterestUsd, ...extra }, flags);

const ROWS = [
  listing("okx", "BTC", 1, 6e6),
  listing("bybit", "BTC", 4, 3e6),
  listing("gate", "ETH", -2, 1e6),
  listing("gate", "SOL", 9, null),
  listing("okx", "TSLA", 2, 5e6, { assetClass: "stock" }),
  listing("bybit", "NONE", 3, 0, { assetClass: null }),
  listing("okx", "OLD", 90, 9e9, {}, flagBit("stale")),
  listing("mexc", "WHO", 90, 9e9, { assetId: null }),
];

const app = (rows = ROWS) =>
  testApp(new TestBoard(withStatuses(allCollected(snapshotOf("7-9", rows)), { htx: "down" })));

async function rates(query = "", of: TestApp = app()): Promise<MarketRates> {
  const response = await of.get(PATH + query);
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json()) as MarketRates;
}

/** Rows by what they are about: "market", "stock", "okx". */
const named = ({ rows }: MarketRates) =>
  new Map(rows.map((row) => [row.exchange ?? row.asset_class ?? row.group, row]));

describe(PATH, () => {
  test("weights every trusted listing by its open interest", async () => {
    const all = await rates();
    const whole = named(all).get("market");
    // (1 x 6 + 4 x 3 - 2 x 1 + 2 x 5) / 15 = 26 / 15 bps every 8 h.
    expect(whole).toEqual({
      group: "market",
      asset_class: null,
      exchange: null,
      exchanges: 3,
      of_exchanges: all.rows[0]?.of_exchanges ?? 0,
      instruments: 6,
      untrusted_instruments: 2,
      open_interest_usd: 15e6,
      open_interest_unknown: 1,
      oi_weighted_annualized_pct: expect.closeTo((26 / 15) * 10.95, 9),
      oi_weighted_rate_8h_pct: expect.closeTo(26 / 1500, 12),
      reason: null,
    });
    expect(whole?.of_exchanges).toBeGreaterThan(30);
    expect(all.missing).toMatchObject([{ exchange: "htx", status: "down" }]);
  });

  test("comes first, then the classes with the unknown one last, then the exchanges by id", async () => {
    const { rows } = await rates();
    expect(rows.map((row) => [row.group, row.asset_class, row.exchange])).toEqual([
      ["market", null, null],
      ["asset_class", "crypto", null],
      ["asset_class", "stock", null],
      ["asset_class", null, null],
      ["exchange", null, "bybit"],
      ["exchange", null, "gate"],
      ["exchange", null, "mexc"],
      ["exchange", null, "okx"],
    ]);
  });

  test("reports a class on fewer than three exchanges as too few, like sentiment", async () => {
    expect(named(await rates()).get("stock")).toMatchObject({
      exchanges: 1,
      instruments: 1,
      open_interest_usd: 5e6,
      oi_weighted_annualized_pct: null,
      oi_weighted_rate_8h_pct: null,
      reason: "too_few_exchanges",
    });
    // There are three exchanges, but only two report an open interest above 0.
    const rows = [...ROWS.slice(0, 2), listing("gate", "BTC", 1, 0)];
    expect(named(await rates("", app(rows))).get("market")).toMatchObject({
      exchanges: 3,
      oi_weighted_annualized_pct: null,
      reason: "open_interest_unknown",
    });
  });

  test("has an exchange's own mean, or the reason why there is none", async () => {
    const of = named(await rates());
    // (1 x 6 + 2 x 5) / 11 bps.
    expect(of.get("okx")).toMatchObject({
      exchanges: 1,
      of_exchanges: 1,
      instruments: 2,
      untrusted_instruments: 1,
      oi_weighted_annualized_pct: expect.closeTo((16 / 11) * 10.95, 9),
      reason: null,
    });
    expect(of.get("mexc")).toMatchObject({ instruments: 0, reason: "no_trusted_instrument" });
    const { rows } = await rates("?base=SOL");
    expect(rows.at(-1)).toMatchObject({ exchange: "gate", reason: "open_interest_unknown" });
  });

  test.each([
    ["exchange=okx,bybit,gate&asset_class=crypto", 4, 16 / 10],
    ["base=BTC", 2, null],
    ["min_open_interest=1000000", 4, 26 / 15],
    ["min_volume=9010000", null, null],
    ["quote=USDC", null, null],
  ])("filters choose the listings that count: %s", async (query, instruments, bps) => {
    const { rows } = await rates(`?${query}`);
    expect(rows[0]?.instruments ?? null).toBe(instruments);
    const pct = rows[0]?.oi_weighted_annualized_pct ?? null;
    if (bps === null) expect(pct).toBeNull();
    else expect(pct).toBeCloseTo(bps * 10.95, 9);
  });

  test.each(["sort=base", "limit=1", "group=market", "asset_class=coins"])(
    "refuses %s",
    async (query) => {
      const response = await app().get(`${PATH}?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ parameter: query.split("=")[0] }],
      });
    },
  );

  test("is a file like every list", async () => {
    const csv = await (await app().get(`${PATH}?format=csv&exchange=okx&base=TSLA`)).text();
    expect(csv.split("\r\n")[0]).toStartWith("group,asset_class,exchange,exchanges,of_exchanges,");
    expect(csv.split("\r\n")).toHaveLength(5);
    const lines = (await (await app().get(`${PATH}?format=ndjson`)).text()).trim().split("\n");
    expect(lines).toHaveLength(8);
  });
});

const BLOCKING = ["stale", "expired", "interval_unknown", "identity_conflict", "suspect"];

/** Recomputed from the rows of /api/funding/current: weighted percent per year, null under three exchanges. */
function weighted(rows: readonly FundingRow[], minExchanges: number): number | null {
  const reporting = rows.filter(({ open_interest_usd: usd }) => (usd ?? 0) > 0);
  if (new Set(reporting.map(({ exchange }) => exchange)).size < minExchanges) return null;
  const total = reporting.reduce((sum, row) => sum + (row.open_interest_usd ?? 0), 0);
  const sum = reporting.reduce(
    (so, row) => so + (row.open_interest_usd ?? 0) * (row.annualized_pct ?? NaN),
    0,
  );
  return sum / total;
}

test("every figure follows from the rows of /api/funding/current", async () => {
  await fc.assert(
    fc.asyncProperty(market, async (rows) => {
      const served = appOf(new TestBoard(marketOf(rows)));
      const { rows: groups } = await rates("", served);
      const current = (await (await served.get("/api/funding/current")).json()) as FundingList;
      for (const group of groups) {
        const ofGroup = current.rows.filter(
          (row) =>
            group.group === "market" ||
            (group.group === "exchange"
              ? row.exchange === group.exchange
              : row.asset_class === group.asset_class),
        );
        const trusted = ofGroup.filter(
          ({ flags, asset_id: asset, annualized_pct: pct }) =>
            asset !== null && pct !== null && !flags.some((flag) => BLOCKING.includes(flag)),
        );
        const reckoned = weighted(trusted, group.group === "exchange" ? 1 : 3);
        expect(group.instruments).toBe(trusted.length);
        expect(group.open_interest_unknown).toBe(
          trusted.filter(({ open_interest_usd: usd }) => usd === null).length,
        );
        expect(group.reason === null).toBe(reckoned !== null);
        const figure = group.oi_weighted_annualized_pct;
        if (reckoned === null) expect(figure).toBeNull();
        else
          expect(Math.abs((figure ?? NaN) - reckoned)).toBeLessThan(
            1e-9 + 1e-9 * Math.abs(reckoned),
          );
      }
      expect(groups.filter(({ group }) => group === "market")).toHaveLength(1);
    }),
    { numRuns: 25 },
  );
});

import { describe, expect, test } from "bun:test";
import { flagBit } from "../../src/domain/flags.ts";
import type { VolumeRankRow } from "../../src/http/api/by-volume/schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const PATH = "/api/funding/by_volume";

/** BTC turns over 8 M on three exchanges, PEPE 9 M on one, SOL and ADA an unknown amount, DOGE is stale. */
const ROWS = [
  rowOf("binance", "BTC", { volume24hUsd: 2e6, openInterestUsd: 1e6 }),
  rowOf("okx", "BTC", { fundingRate: -0.0001, volume24hUsd: 3e6, openInterestUsd: null }),
  rowOf("okx", "BTC", {
    quote: "USDC",
    exchangeSymbol: "BTC-USDC-SWAP",
    fundingRate: 0.0001,
    volume24hUsd: 1e6,
    openInterestUsd: 5e5,
  }),
  rowOf("kraken", "BTC", {
    exchangeSymbol: "PF_XBTUSD",
    fundingRate: 0.00005,
    fundingIntervalHours: 1,
    volume24hUsd: 2e6,
    openInterestUsd: 1e6,
  }),
  rowOf("bybit", "BTC", { volume24hUsd: 9e9 }, flagBit("stale")),
  rowOf("gate", "PEPE", { volume24hUsd: 9e6, assetClass: null }),
  rowOf("gate", "SOL", { volume24hUsd: null, fundingRate: -0.0003 }),
  rowOf("gate", "ADA", { volume24hUsd: null, fundingRate: 0.0003 }),
  rowOf("okx", "ADA", { volume24hUsd: null }),
  rowOf("gate", "DOGE", { volume24hUsd: 9e9 }, flagBit("stale")),
];

const app = () => testApp(new TestBoard(snapshotOf("7-9", ROWS)));

interface VolumeRankList {
  readonly count: number;
  readonly total: number;
  readonly rows: readonly VolumeRankRow[];
  readonly next_cursor: string | null;
}

async function list(query = "", of: TestApp = app()): Promise<VolumeRankList> {
  const response = await of.get(PATH + query);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as VolumeRankList;
}

/** Equal except for rounding. */
const close = (value: number): number => expect.closeTo(value, 9) as unknown as number;

const ranks = ({ rows }: VolumeRankList): string[] =>
  rows.map(({ rank, asset_id }) => `${rank} ${asset_id}`);

describe("/api/funding/by_volume", () => {
  test("ranks assets by the total volume of their trusted listings, unknown last", async () => {
    const whole = await list();
    expect(ranks(whole)).toEqual(["1 PEPE", "2 BTC", "3 ADA", "4 SOL"]);
    expect([whole.count, whole.total, whole.next_cursor]).toEqual([4, 4, null]);
  });

  test("shows where an asset is traded, and at which rates", async () => {
    const { rows } = await list("?base=BTC");
    expect(rows).toEqual([
      {
        rank: 1,
        base: "BTC",
        asset_id: "BTC",
        exchanges: 3,
        of_exchanges: 5,
        instruments: 4,
        untrusted_instruments: 1,
        unverified_instruments: 0,
        open_interest_usd: 2.5e6,
        open_interest_unknown: 1,
        volume_24h_usd: 8e6,
        volume_unknown: 0,
        volume_weighted_annualized_pct: close((10.95 * 2 - 10.95 * 3 + 10.95 + 43.8 * 2) / 8),
        lowest_exchange: "okx",
        lowest_exchange_symbol: "BTCUSDT",
        lowest_annualized_pct: close(-10.95),
        lowest_flags: [],
        highest_exchange: "kraken",
        highest_exchange_symbol: "PF_XBTUSD",
        highest_annualized_pct: close(43.8),
        highest_flags: [],
        top_exchange: "okx",
        top_exchange_share: 0.5,
      },
    ]);
  });

  test("gives no mean for fewer than three exchanges, and no top exchange without volume", async () => {
    const { rows } = await list("?base=ADA,PEPE");
    expect(rows).toMatchObject([
      {
        asset_id: "PEPE",
        exchanges: 1,
        volume_weighted_annualized_pct: null,
        lowest_exchange: "gate",
        highest_exchange: "gate",
        top_exchange: "gate",
        top_exchange_share: 1,
      },
      {
        asset_id: "ADA",
        volume_24h_usd: null,
        volume_unknown: 2,
        volume_weighted_annualized_pct: null,
        lowest_exchange: "okx",
        highest_exchange: "gate",
        top_exchange: null,
        top_exchange_share: null,
      },
    ]);
  });

  test("a volume of 0 everywhere is known but has no top exchange", async () => {
    const still = (["binance", "okx", "kraken"] as const).map((id) =>
      rowOf(id, "BTC", { volume24hUsd: 0 }),
    );
    const { rows } = await list("", testApp(new TestBoard(snapshotOf("1-1", still))));
    expect(rows).toMatchObject([
      { volume_24h_usd: 0, volume_unknown: 0, top_exchange: null, top_exchange_share: null },
    ]);
    expect(rows[0]?.volume_weighted_annualized_pct).toBeNull();
  });

  test("of equal rates and volumes the first exchange by name is shown", async () => {
    const equal = (["okx", "binance", "kraken"] as const).map((id) => rowOf(id, "BTC"));
    const { rows } = await list("", testApp(new TestBoard(snapshotOf("1-1", equal))));
    expect(rows).toMatchObject([
      { lowest_exchange: "binance", highest_exchange: "binance", top_exchange: "binance" },
    ]);
  });

  test.each([
    ["exchange=okx", ["1 BTC", "2 ADA"]],
    ["quote=USDC", ["1 BTC"]],
    ["asset_class=crypto", ["1 BTC", "2 ADA", "3 SOL"]],
    ["min_volume=3000000", ["1 PEPE", "2 BTC"]],
    ["min_open_interest=6000000", []],
  ])("filters choose the listings that count: %s", async (query, expected) => {
    expect(ranks(await list(`?${query}`))).toEqual(expected);
  });

  test("ranks continue over pages, which join to the unpaged list while the board moves on", async () => {
    const of = app();
    const whole = await list("", of);
    const first = await list("?limit=3", of);
    of.board.publish(snapshotOf("7-10", ROWS.slice(4)));
    const second = await list(`?limit=3&cursor=${first.next_cursor}`, of);
    expect([...first.rows, ...second.rows]).toEqual([...whole.rows]);
    expect([ranks(second), second.next_cursor]).toEqual([["4 SOL"], null]);
  });

  test("refuses unknown parameters", async () => {
    for (const query of ["sort=base", "limit=0", "exchange=nyse", "min_volume=-1"])
      expect([query, (await app().get(`${PATH}?${query}`)).status]).toEqual([query, 400]);
  });

  test("in CSV has field names in the header line and empty cells for unknown values", async () => {
    const response = await app().get(`${PATH}?format=csv&base=SOL`);
    expect((await response.text()).split("\r\n")).toEqual([
      "rank,base,asset_id,exchanges,of_exchanges,instruments,untrusted_instruments,unverified_instruments,open_interest_usd,open_interest_unknown,volume_24h_usd,volume_unknown,volume_weighted_annualized_pct,lowest_exchange,lowest_exchange_symbol,lowest_annualized_pct,lowest_flags,highest_exchange,highest_exchange_symbol,highest_annualized_pct,highest_flags,top_exchange,top_exchange_share",
      "1,SOL,SOL,1,5,1,0,0,5000000,0,,1,,gate,SOLUSDT,-32.85,,gate,SOLUSDT,-32.85,,,",
      "",
    ]);
  });

  test("a query has one answer, however it is spelled", async () => {
    const served = app();
    const etag = async (query: string) => (await served.get(PATH + query)).headers.get("etag");
    // If another page follows, the answer contains its cursor, which contains the query.
    const plain = "?base=BTC,SOL&limit=1";
    expect(await etag("?limit=1&base=sol&base=xbt&min_volume=0")).toBe(await etag(plain));
    expect(await etag("?base=BTC,ADA&limit=1")).not.toBe(await etag(plain));
  });

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get(PATH)).status).toBe(503);
  });
});

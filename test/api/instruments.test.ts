import { describe, expect, test } from "bun:test";
import type { InstrumentRow } from "../../src/http/api/instruments/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const NOON = NOON_MS / 1000;

const ROWS = [
  rowOf("okx", "BTC", { exchangeSymbol: "BTC-USDT-SWAP", listedAtMs: NOON_MS - 500 }),
  rowOf("gate", "PEPE", {
    exchangeSymbol: "1000PEPE_USDT",
    multiplier: 1000,
    tickerMultiplier: 1000,
    fundingIntervalHours: 4,
    intervalSource: "derived",
    intervalChangedAtMs: NOON_MS - 60_000,
  }),
  rowOf("binance", "PEPE", { multiplier: 1000, tickerMultiplier: 1000, identity: "probable" }),
  rowOf("bybit", "PEPE", { multiplier: 1, tickerMultiplier: 1000 }),
  rowOf("kraken", "LIT", { assetId: "LIT~2", identity: "conflict", assetClass: null }),
  rowOf("bitget", "NEW", {
    assetId: null,
    identity: "probable",
    fundingIntervalHours: null,
    intervalSource: null,
  }),
];

const app = () => testApp(new TestBoard(snapshotOf("1-1", ROWS)));

interface InstrumentList {
  readonly count: number;
  readonly total: number;
  readonly snapshot: string;
  readonly rows: readonly InstrumentRow[];
  readonly next_cursor: string | null;
}

async function list(target: string, of = app()): Promise<InstrumentList> {
  const response = await of.get(target);
  expect(response.status).toBe(200);
  return (await response.json()) as InstrumentList;
}

const keys = ({ rows }: InstrumentList): string[] =>
  rows.map(({ exchange, base }) => `${exchange} ${base}`);

describe("/api/instruments", () => {
  test("shows what an instrument is and where each attribute comes from", async () => {
    const { rows } = await list("/api/instruments?exchange=gate");
    expect(rows).toEqual([
      {
        uid: "gate:1000PEPE_USDT:1",
        exchange: "gate",
        exchange_symbol: "1000PEPE_USDT",
        symbol: "PEPEUSDT",
        asset_id: "PEPE",
        base: "PEPE",
        quote: "USDT",
        settle: "USDT",
        asset_class: "crypto",
        accrual: "periodic",
        identity: "confirmed",
        multiplier: 1000,
        multiplier_source: "confirmed_by_price",
        listed_at: null,
        first_seen_at: NOON - 30 * 86_400,
        funding_interval_hours: 4,
        interval_source: "derived",
        interval_changed_at: NOON - 60,
        observed_at: NOON - 7,
      },
    ]);
  });

  test("shows for every multiplier whether it is plain, documented, confirmed or contradicted", async () => {
    const { rows } = await list("/api/instruments");
    expect(rows.map((row) => [row.exchange, row.multiplier, row.multiplier_source])).toEqual([
      ["binance", 1000, "documented"],
      ["bitget", 1, "plain"],
      ["bybit", 1, "contradicted_by_price"],
      ["gate", 1000, "confirmed_by_price"],
      ["kraken", 1, "plain"],
      ["okx", 1, "plain"],
    ]);
    expect(rows.find(({ exchange }) => exchange === "okx")?.listed_at).toBe(NOON - 1);
  });

  test.each([
    ["base=pepe&exchange=gate,bybit", ["bybit PEPE", "gate PEPE"]],
    ["identity=conflict", ["kraken LIT"]],
    ["identity=probable&quote=usdt", ["binance PEPE", "bitget NEW"]],
    ["asset_class=crypto&base=LIT", []],
  ])("filters: %s", async (query, expected) => {
    expect(keys(await list(`/api/instruments?${query}`))).toEqual(expected);
  });

  test("pages of a cursor chain join to the unpaged list while newer snapshots arrive", async () => {
    const board = new TestBoard(snapshotOf("1-1", ROWS));
    const served = testApp(board);
    const whole = keys(await list("/api/instruments", served));
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? "" : `&cursor=${cursor}`;
      const page: InstrumentList = await list(`/api/instruments?limit=4${next}`, served);
      pages.push(...keys(page));
      cursor = page.next_cursor;
      board.publish(snapshotOf(`1-${pages.length + 1}`, ROWS.slice(1)));
    } while (cursor !== null);
    expect(pages).toEqual(whole);
    const foreign = await list("/api/funding/current?limit=1", served);
    const refused = await served.get(`/api/instruments?cursor=${foreign.next_cursor}`);
    expect(refused.status).toBe(400);
  });

  test("names unknown parameters and invalid members", async () => {
    expect((await app().get("/api/instruments?sort=base")).status).toBe(400);
    const wrong = await app().get("/api/instruments?identity=sure");
    expect(await wrong.json()).toMatchObject({ errors: [{ parameter: "identity" }] });
  });

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get("/api/instruments")).status).toBe(503);
  });
});

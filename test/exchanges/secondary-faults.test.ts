import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { flagNames } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";

const START_MS = NOON_MS + 17 * 60_000;
const MINUTE_MS = 60_000;

/** A secondary request of an exchange and the fields that only it tells. */
const SECONDARIES: readonly [ExchangeId, string, readonly (keyof MarketRecord)[]][] = [
  ["binance", "/ticker/24hr", ["volume24hUsd"]],
  ["binance", "/openInterest", ["openInterestUsd"]],
  ["okx", "/mark-price", ["markPrice"]],
  ["okx", "/open-interest", ["openInterestUsd"]],
  ["okx", "/market/tickers", ["volume24hUsd"]],
  ["okx", "/index-tickers", ["indexPrice"]],
  ["bitget", "/market/tickers", ["markPrice", "indexPrice", "openInterestUsd", "volume24hUsd"]],
  ["gate", "/futures/usdt/tickers", ["volume24hUsd"]],
];

describe("a secondary request that fails", () => {
  test.each(SECONDARIES)(
    "%s %s: its fields are null, the exchange is degraded, the rates are served",
    async (id, paths, fields) => {
      using lab = exchangeLab([id], START_MS);
      lab.simulator.market.setFault(id, { name: "http500", paths });
      const { outcome } = await lab.cycle(id);
      expect(outcome).toMatchObject({
        kind: "accepted",
        degradedBy: expect.stringContaining("HTTP 500"),
      });
      const rows = (await lab.snapshot()).rows.map(({ record }) => record);
      const truth = lab.simulator.market.truth(id).instruments;
      expect(rows).toHaveLength(truth.length);
      for (const field of fields) {
        expect([field, rows.filter((row) => row[field] !== null).length]).toEqual([field, 0]);
      }
      lab.simulator.market.clearFaults();
      await lab.clock.advance(MINUTE_MS);
      expect((await lab.cycle(id)).outcome).toMatchObject({ degradedBy: null });
    },
    20_000,
  );
});

test("an interval source that is gone for half an hour: intervals become unknown, not wrong, and come back", async () => {
  using lab = exchangeLab(["binance"], START_MS);
  await lab.cycle("binance");
  lab.simulator.market.setFault("binance", { name: "http500", paths: "/fundingInfo" });
  const unknownShare = async (): Promise<number> => {
    const { rows } = await lab.snapshot();
    const unknown = rows.filter(({ flags }) => flagNames(flags).includes("interval_unknown"));
    return unknown.length / rows.length;
  };
  await lab.clock.advance(29 * MINUTE_MS);
  await lab.cycle("binance");
  expect(await unknownShare()).toBe(0);
  await lab.clock.advance(2 * MINUTE_MS);
  await lab.cycle("binance");
  expect(await unknownShare()).toBe(1);
  expect(lab.state("binance").degradedBy).toContain("fundingInfo");
  lab.simulator.market.clearFaults();
  await lab.clock.advance(MINUTE_MS);
  await lab.cycle("binance");
  expect(await unknownShare()).toBe(0);
  const events = lab.database.db.query("SELECT count(*) AS n FROM interval_changes").get();
  expect(events).toEqual({ n: 0 });
}, 20_000);

test.each(["at once", "after a whole one"])(
  "an interval source that lost half of its rows %s: what it lost is unknown, never the default",
  async (when) => {
    using lab = exchangeLab(["binance"], START_MS);
    if (when === "after a whole one") await lab.cycle("binance");
    lab.simulator.market.setFault("binance", { name: "half_list", paths: "/fundingInfo" });
    await lab.clock.advance(6 * MINUTE_MS);
    await lab.cycle("binance");
    const { rows } = await lab.snapshot();
    const truth = new Map(
      lab.simulator.market
        .truth("binance")
        .instruments.map((row) => [row.exchange_symbol, row.funding_interval_hours]),
    );
    const known = rows.filter(({ record }) => record.fundingIntervalHours !== null);
    const wrong = known.filter(
      ({ record }) => truth.get(record.exchangeSymbol) !== record.fundingIntervalHours,
    );
    expect(wrong.map(({ record }) => record.exchangeSymbol)).toEqual([]);
    expect(known.filter(({ record }) => record.intervalSource === "documented_default")).toEqual(
      [],
    );
    const share = known.length / rows.length;
    expect(rows).toHaveLength(truth.size);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.6);
  },
  20_000,
);

describe("what changes at an exchange", () => {
  test("an interval that flips is one event, and right in the same batch where the rate tells it", async () => {
    using lab = exchangeLab(["bybit"], START_MS);
    await lab.cycle("bybit");
    const before = lab.simulator.market
      .truth("bybit")
      .instruments.find((row) => row.funding_interval_hours === 8);
    const symbol = before?.exchange_symbol ?? "";
    expect(lab.simulator.market.setInterval("bybit", symbol, 1)).toBe(true);
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle("bybit");
    const row = (await lab.snapshot()).rows.find(({ record }) => record.exchangeSymbol === symbol);
    expect(row?.record.fundingIntervalHours).toBe(1);
    const events = lab.database.db.query("SELECT from_hours, to_hours FROM interval_changes").all();
    expect(events).toEqual([{ from_hours: 8, to_hours: 1 }]);
  });

  test("a delisted instrument leaves after three whole batches; listed again it is another one", async () => {
    using lab = exchangeLab(["kucoin"], START_MS);
    await lab.cycle("kucoin");
    const symbol = lab.simulator.market.truth("kucoin").instruments[5]?.exchange_symbol ?? "";
    const uidOf = async (): Promise<string | undefined> =>
      (await lab.snapshot()).rows.find(({ record }) => record.exchangeSymbol === symbol)?.record
        .uid;
    const first = await uidOf();
    expect(first).toBeString();
    lab.simulator.market.delist("kucoin", symbol);
    for (const isListed of [true, true, false]) {
      await lab.clock.advance(MINUTE_MS);
      await lab.cycle("kucoin");
      expect((await uidOf()) !== undefined).toBe(isListed);
    }
    lab.simulator.market.relist("kucoin", symbol);
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle("kucoin");
    const second = await uidOf();
    expect(second).toBeString();
    expect(second).not.toBe(first as string);
  });
});

describe("the number of requests", () => {
  /** The most that a first refresh may ask, its lists included, by the exchanges' pages; rotations apart. */
  const FIRST_REFRESH: Readonly<Record<ExchangeId, number>> = {
    binance: 4,
    bybit: 2,
    okx: 6,
    bitget: 6,
    gate: 3,
    kucoin: 1,
    hyperliquid: 13,
    kraken: 2,
  };

  test.each(EXCHANGE_IDS)(
    "of %s is that of its page, and lists are not asked again a minute later",
    async (id) => {
      using lab = exchangeLab([id], START_MS);
      const asked = (): number =>
        Object.entries(lab.simulator.market.requests())
          .filter(([key]) => !key.endsWith("/openInterest"))
          .reduce((sum, [, count]) => sum + count, 0);
      await lab.cycle(id);
      expect(asked()).toBeLessThanOrEqual(FIRST_REFRESH[id]);
      lab.simulator.market.resetRequests();
      await lab.clock.advance(MINUTE_MS);
      await lab.cycle(id);
      expect(asked()).toBe(EXCHANGES[id].facts.requestsPerRefresh);
    },
  );
});

import { describe, expect, test } from "bun:test";
import { EXCHANGES, type ExchangeName } from "../../src/demo/listing.ts";
import type { TrueInstrument } from "../../src/demo/truth.ts";
import {
  at,
  askJson,
  demoMarket,
  type DemoRequest,
  type Json,
  RATES,
  ratesRows,
  rowsAt,
} from "../support/simulator.ts";

const market = demoMarket();

function shown(exchange: ExchangeName): readonly TrueInstrument[] {
  return market.truth(exchange).instruments;
}

function countBy(texts: readonly unknown[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(String(text), (counts.get(String(text)) ?? 0) + 1);
  return counts;
}

async function rowsOf(
  exchange: ExchangeName,
  request: DemoRequest,
  ...path: readonly (string | number)[]
): Promise<readonly Json[]> {
  return rowsAt(await askJson(market, exchange, request), ...path);
}

/** What the exchanges' descriptions count: instruments to show, and rows of the rates payload. */
const COUNTS = {
  binance: { shown: 740, onWire: 875 },
  bybit: { shown: 671, onWire: 690 },
  okx: { shown: 436, onWire: 560 },
  bitget: { shown: 836, onWire: 799 },
  gate: { shown: 975, onWire: 983 },
  kucoin: { shown: 671, onWire: 687 },
  hyperliquid: { shown: 380, onWire: 230 },
  kraken: { shown: 350, onWire: 380 },
} as const satisfies Record<ExchangeName, { shown: number; onWire: number }>;

/** Counts change from week to week by about this share. */
const NEAR = 0.05;

describe("the number of instruments", () => {
  test.each([...EXCHANGES])("%s lists as many as the real one, within 5 %%", async (exchange) => {
    const { shown: wanted, onWire } = COUNTS[exchange];
    expect(Math.abs(shown(exchange).length / wanted - 1)).toBeLessThan(NEAR);
    const rows = await ratesRows(market, exchange);
    expect(Math.abs(rows.length / onWire - 1)).toBeLessThan(NEAR);
  });

  test("is about 5,000 in all", () => {
    const total = EXCHANGES.reduce((sum, exchange) => sum + shown(exchange).length, 0);
    expect(total).toBeGreaterThan(4_900);
    expect(total).toBeLessThan(5_200);
  });

  test("shrinks with the scale, and every exchange keeps some", () => {
    const small = demoMarket({ scale: 0.05 });
    for (const exchange of EXCHANGES) {
      const count = small.truth(exchange).instruments.length;
      expect(count).toBeGreaterThan(10);
      expect(count).toBeLessThan(shown(exchange).length * 0.4);
    }
  });

  test.each([...EXCHANGES])("%s shows no symbol twice and skips none that it shows", (exchange) => {
    const { instruments, skipped } = market.truth(exchange);
    const symbols = [...instruments, ...skipped].map((row) => row.exchange_symbol);
    expect(new Set(symbols).size).toBe(symbols.length);
  });
});

describe("the kinds that a reader must leave out", () => {
  test.each([
    ["binance", { settling: 127, dated: 4, pending: 1, stranger: 3, "not quoted in dollars": 1 }],
    ["bybit", { settling: 3, pre_market: 4, dated: 12 }],
    ["okx", { halted: 3, pending: 2, pre_market: 2, inverse: 14, xperp: 130 }],
    ["bitget", { halted: 5, pending: 2, dated: 4, stranger: 12 }],
    ["gate", { pre_market: 11, settling: 5, halted: 3 }],
    ["kucoin", { pre_market: 3, settling: 3, halted: 2, inverse: 6, inverse_dated: 1, dated: 1 }],
    ["hyperliquid", { settling: 40, halted: 2 }],
    ["kraken", { halted: 3, pending: 2, settling: 2, dated: 6, inverse: 5, inverse_dated: 5 }],
  ] as const)("%s has each of its kinds on the wire", (exchange, kinds) => {
    const reasons = market.truth(exchange).skipped.map(({ reason }) => reason);
    expect(Object.fromEntries(countBy(reasons))).toEqual(kinds);
  });

  test("binance: 127 stale rows of delisted contracts, strangers, and an empty rate on dated ones", async () => {
    const symbols = await rowsOf("binance", { path: "/fapi/v1/exchangeInfo" }, "symbols");
    const byStatus = countBy(symbols.map((row) => row["status"]));
    expect(byStatus.get("SETTLING")).toBe(127);
    const types = countBy(symbols.map((row) => row["contractType"]));
    expect(types.get("TRADIFI_PERPETUAL")).toBe(170);
    expect([types.get("CURRENT_QUARTER"), types.get("NEXT_QUARTER"), types.get("")]).toEqual([
      2, 2, 1,
    ]);
    const rates = await ratesRows(market, "binance");
    const dated = rates.filter((row) => row["lastFundingRate"] === "");
    expect(dated.map((row) => row["nextFundingTime"])).toEqual([0, 0, 0, 0]);
    const listed = new Set(symbols.map((row) => row["symbol"]));
    expect(rates.filter((row) => !listed.has(row["symbol"]))).toHaveLength(3);
  });

  test("okx: the reply to ANY mixes in X-Perps, and a row that is not open yet is nearly empty", async () => {
    const types = countBy((await ratesRows(market, "okx")).map((row) => row["instType"]));
    expect(types.get("FUTURES")).toBe(130);
    const instruments = await rowsOf(
      "okx",
      { path: "/api/v5/public/instruments?instType=SWAP" },
      "data",
    );
    const opening = instruments.filter((row) => row["state"] === "preopen");
    expect(opening).toHaveLength(2);
    for (const row of opening)
      expect([row["ctType"], row["settleCcy"], row["uly"]]).toEqual(["", "", ""]);
  });

  test("bitget: strangers have rates without a cap and no instrument row", async () => {
    const strangers = (await ratesRows(market, "bitget")).filter(
      (row) => row["maxFundingRate"] === null,
    );
    expect(strangers).toHaveLength(12);
    const listed = await rowsOf(
      "bitget",
      { path: "/api/v3/market/instruments?category=USDT-FUTURES" },
      "data",
    );
    const known = new Set(listed.map((row) => row["symbol"]));
    expect(strangers.filter((row) => known.has(row["symbol"]))).toEqual([]);
  });

  test("gate: 11 pre-market contracts at rate 0 with a cap of 0.000001", async () => {
    const early = (await ratesRows(market, "gate")).filter((row) => row["is_pre_market"] === true);
    expect(early).toHaveLength(11);
    expect(new Set(early.map((row) => row["funding_rate"]))).toEqual(new Set(["0"]));
    expect(new Set(early.map((row) => row["funding_rate_limit"]))).toEqual(new Set(["0.000001"]));
  });

  test("kucoin: a dozen contracts without a current granularity, dated ones without a rate", async () => {
    const rows = await ratesRows(market, "kucoin");
    const perpetual = rows.filter((row) => row["type"] === "FFWCSX");
    const unknown = perpetual.filter((row) => row["currentFundingRateGranularity"] === null);
    expect(unknown.length).toBeGreaterThanOrEqual(8);
    expect(unknown.length).toBeLessThanOrEqual(20);
    for (const row of unknown) expect(row["fundingRateGranularity"]).toBeNumber();
    const dated = rows.filter((row) => row["type"] === "FFICSX");
    expect(dated.map((row) => row["fundingFeeRate"])).toEqual([null, null]);
    expect(rows.filter((row) => row["isInverse"] === true).map((row) => row["multiplier"])).toEqual(
      Array.from({ length: 7 }, () => -1),
    );
  });

  test("hyperliquid: delisted coins stand between the living ones, with idle contexts", async () => {
    const body = { type: "metaAndAssetCtxs" };
    const universe = await rowsOf("hyperliquid", { path: "/info", body }, 0, "universe");
    const contexts = await ratesRows(market, "hyperliquid");
    expect(contexts).toHaveLength(universe.length);
    const dead = universe.flatMap((row, index) => (row["isDelisted"] === true ? [index] : []));
    expect(dead).toHaveLength(40);
    expect(Math.max(...dead)).toBeLessThan(universe.length - 10);
    for (const index of dead) {
      expect(contexts[index]).toMatchObject({ funding: "0.0", openInterest: "0.0", midPx: null });
    }
  });

  test("kraken: index rows hold no rate, dated rows neither", async () => {
    const rows = await ratesRows(market, "kraken");
    const indices = rows.filter((row) => String(row["symbol"]).startsWith("in_"));
    expect(indices).toHaveLength(10);
    const without = rows.filter((row) => row["fundingRate"] === undefined);
    expect(countBy(without.map((row) => row["tag"]))).toEqual(
      new Map([
        ["month", 11],
        ["undefined", 10],
      ]),
    );
  });
});

describe("the names", () => {
  test.each([
    ["binance", "1000PEPEUSDT", "PEPE", 1_000],
    ["binance", "1MBABYDOGEUSDT", "BABYDOGE", 1_000_000],
    ["binance", "1INCHUSDT", "1INCH", 1],
    ["bybit", "SHIB1000USDT", "SHIB", 1_000],
    ["bybit", "10000SATSUSDT", "SATS", 10_000],
    ["bitget", "1000BONKUSDT", "BONK", 1_000],
    ["gate", "PEPE_USDT", "PEPE", 1],
    ["kucoin", "10000CATUSDTM", "CAT", 10_000],
    ["kucoin", "XBTUSDTM", "BTC", 1],
    ["kucoin", "TENCENTHKDUSDTM", "TENCENTHKD", 1],
    ["hyperliquid", "kPEPE", "PEPE", 1_000],
    ["hyperliquid", "xyz:TSLA", "TSLA", 1],
    ["kraken", "PF_XBTUSD", "BTC", 1],
    ["kraken", "PF_PEPEUSD", "PEPE", 1],
  ] as const)("%s %s is %s, %d at a time", (exchange, symbol, base, multiplier) => {
    const found = shown(exchange).find((row) => row.exchange_symbol === symbol);
    expect(found).toMatchObject({ base, multiplier });
  });

  test("gate prices single coins and counts millions of them in one contract", async () => {
    const rows = await ratesRows(market, "gate");
    const pepe = rows.find((row) => row["name"] === "PEPE_USDT");
    expect(Number(pepe?.["quanto_multiplier"])).toBeGreaterThanOrEqual(1_000_000);
    expect(Number(pepe?.["mark_price"])).toBeLessThan(0.0001);
    const notOne = rows.filter((row) => row["quanto_multiplier"] !== "1");
    expect(notOne.length / rows.length).toBeGreaterThan(0.6);
  });

  test("some are not ASCII, and kucoin gives the pinyin of those", async () => {
    for (const exchange of ["binance", "bybit", "bitget", "gate"] as const) {
      expect(shown(exchange).some((row) => row.exchange_symbol.startsWith("币安人生"))).toBe(true);
    }
    const row = (await ratesRows(market, "kucoin")).find(
      (each) => each["baseCurrency"] === "BIANRENSHENG",
    );
    expect(row).toMatchObject({ displayBaseCurrency: "币安人生" });
  });
});

describe("the asset classes that an exchange tells", () => {
  test.each([
    ["binance", ["crypto", "index", "null", "stock"]],
    ["bybit", ["commodity", "crypto", "forex", "stock"]],
    ["okx", ["commodity", "crypto", "stock"]],
    ["bitget", ["crypto", "null"]],
    ["gate", ["commodity", "crypto", "forex", "index", "metal", "stock"]],
    ["kucoin", ["commodity", "crypto", "metal", "stock"]],
    ["hyperliquid", ["null"]],
    ["kraken", ["null"]],
  ] as const)("%s: %p", (exchange, classes) => {
    const told = new Set(shown(exchange).map((row) => String(row.asset_class)));
    expect([...told].toSorted()).toEqual([...classes]);
  });

  test("settle assets are those of each exchange, hyperliquid's looked up by token", () => {
    const settles = (exchange: ExchangeName): readonly string[] =>
      [...new Set(shown(exchange).map((row) => row.settle))].toSorted();
    expect(settles("binance")).toEqual(["USDC", "USDT"]);
    expect(settles("gate")).toEqual(["USD1", "USDT"]);
    expect(settles("hyperliquid")).toEqual(["USDC", "USDE", "USDH", "USDT0"]);
    expect(settles("kraken")).toEqual(["USD"]);
  });
});

describe("intervals and rates", () => {
  test.each([
    ["binance", [1, 2, 4, 8]],
    ["bybit", [1, 2, 4, 8]],
    ["okx", [1, 2, 4, 8]],
    ["bitget", [1, 2, 4, 8]],
    ["gate", [1, 2, 4, 8]],
    ["kucoin", [1, 4, 8]],
    ["hyperliquid", [1]],
    ["kraken", [1]],
  ] as const)("%s settles every %p hours", (exchange, hours) => {
    const seen = new Set(shown(exchange).map((row) => row.funding_interval_hours));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([...hours]);
  });

  test("more than half of binance's symbols are not at 8 h, and some at 8 h are in no list", async () => {
    const rows = shown("binance");
    const other = rows.filter((row) => row.funding_interval_hours !== 8);
    expect(other.length / rows.length).toBeGreaterThan(0.5);
    const info = await rowsOf("binance", { path: "/fapi/v1/fundingInfo" });
    const adjusted = new Set(info.map((row) => row["symbol"]));
    const absent = rows.filter((row) => !adjusted.has(row.exchange_symbol));
    expect(absent.length).toBeGreaterThan(20);
    expect(new Set(absent.map((row) => row.funding_interval_hours))).toEqual(new Set([8]));
  });

  test("a fraction of kraken's rates lies beyond the cap on the wire, and the truth is clamped", async () => {
    const rows = await ratesRows(market, "kraken");
    const relative = new Map(
      rows.map((row) => [row["symbol"], Number(row["fundingRate"]) / Number(row["indexPrice"])]),
    );
    const beyond = shown("kraken").filter(
      (row) => Math.abs(relative.get(row.exchange_symbol) ?? 0) > 0.0025 * 1.01,
    );
    expect(beyond.length).toBeGreaterThanOrEqual(3);
    expect(beyond.length).toBeLessThan(30);
    expect(new Set(beyond.map((row) => Math.abs(row.funding_rate)))).toEqual(new Set([0.0025]));
    expect(new Set(beyond.map((row) => Math.sign(row.funding_rate)))).toEqual(new Set([1, -1]));
  });

  test("kraken's rates are dollars per coin: raw, bitcoin's looks like several per cent", async () => {
    const rows = await ratesRows(market, "kraken");
    const btc = rows.find((row) => row["symbol"] === "PF_XBTUSD");
    expect(Math.abs(Number(btc?.["fundingRate"]))).toBeGreaterThan(0.01);
    const truth = shown("kraken").find((row) => row.exchange_symbol === "PF_XBTUSD");
    expect(Math.abs(truth?.funding_rate ?? 1)).toBeLessThan(0.0025);
  });

  test.each(["binance", "bybit", "okx", "bitget", "gate", "kucoin", "hyperliquid"] as const)(
    "%s: many rates rest at 0.01 %% per 8 h in proportion, some are zero, all are within half a per cent or the cap",
    (exchange) => {
      const rows = shown(exchange);
      const resting = rows.filter(
        (row) => Math.abs(row.funding_rate - (0.0001 * row.funding_interval_hours) / 8) < 2e-6,
      );
      expect(resting.length / rows.length).toBeGreaterThan(0.1);
      expect(rows.some((row) => row.funding_rate === 0)).toBe(true);
      expect(rows.some((row) => row.funding_rate < 0)).toBe(true);
      const wild = rows.filter((row) => Math.abs(row.funding_rate) > 0.0065);
      expect(wild.length / rows.length).toBeLessThan(0.03);
    },
  );

  test("bybit leaves the one-sided open interest out of some rows", async () => {
    const rows = await ratesRows(market, "bybit");
    const missing = rows.filter((row) => row["singleOpenInterestValue"] === undefined);
    expect(missing.length / rows.length).toBeGreaterThan(0.05);
    expect(missing.length / rows.length).toBeLessThan(0.25);
  });

  test("sizes have a long tail: some markets are under 100,000 dollars, some over a billion", () => {
    const all = EXCHANGES.flatMap(shown);
    const volumes = all.map((row) => row.volume_24h_usd ?? Number.NaN);
    expect(volumes.filter((usd) => usd < 100_000).length).toBeGreaterThan(50);
    expect(volumes.filter((usd) => usd > 1e9).length).toBeGreaterThan(5);
  });
});

describe("one price", () => {
  test("an asset costs the same everywhere, within 0.2 %", () => {
    for (const [base, expected] of [
      ["BTC", 8],
      ["SOL", 8],
      ["PEPE", 8],
    ] as const) {
      const prices = EXCHANGES.map((exchange) => {
        const row = shown(exchange).find(
          (each) => each.base === base && !each.exchange_symbol.includes(":"),
        );
        return (row?.mark_price ?? Number.NaN) / (row?.multiplier ?? 1);
      });
      expect(prices).toHaveLength(expected);
      // Prices with few significant digits on the wire are rounded by more than they differ.
      const room = base === "PEPE" ? 0.02 : 0.002;
      expect(Math.max(...prices) / Math.min(...prices) - 1).toBeLessThan(room);
    }
  });

  test("LIT is two coins: each exchange has one of them, and their prices are far apart", () => {
    const lit = EXCHANGES.map((exchange) => {
      const rows = shown(exchange).filter((row) => row.base === "LIT");
      expect(rows).toHaveLength(1);
      return [exchange, rows[0]?.mark_price ?? Number.NaN] as const;
    });
    const old = lit.filter(([, price]) => price < 0.6).map(([exchange]) => exchange);
    const young = lit.filter(([, price]) => price > 1.8).map(([exchange]) => exchange);
    expect(old).toEqual(["bitget", "gate", "kucoin"]);
    expect(young).toEqual(["binance", "bybit", "okx", "hyperliquid", "kraken"]);
  });

  test("payloads are as large as the real ones", async () => {
    const bytes = async (exchange: ExchangeName): Promise<number> => {
      const answer = await askJson(market, exchange, RATES[exchange].request);
      return JSON.stringify(answer).length;
    };
    expect(await bytes("gate")).toBeGreaterThan(1_000_000);
    expect(await bytes("gate")).toBeLessThan(1_600_000);
    expect(await bytes("kucoin")).toBeGreaterThan(1_000_000);
    expect(await bytes("kucoin")).toBeLessThan(1_700_000);
  });

  test("a builder-deployed exchange names its collateral by token, and the main one has no prefix", async () => {
    const flx = await askJson(market, "hyperliquid", {
      path: "/info",
      body: { type: "metaAndAssetCtxs", dex: "flx" },
    });
    expect(at(flx, 0, "collateralToken")).toBe(360);
    const names = rowsAt(flx, 0, "universe").map((row) => String(row["name"]));
    expect(names).toHaveLength(16);
    expect(names.every((name) => name.startsWith("flx:"))).toBe(true);
  });
});

import { describe, expect, test } from "bun:test";
import type { TrueInstrument } from "../../src/simulator/truth.ts";
import { FIRST, type FirstName, ratesOf, ratesRows } from "../support/simulator-rates.ts";
import { askJson, at, demoMarket, rowsAt } from "../support/simulator.ts";

const market = demoMarket();

function shown(exchange: FirstName): readonly TrueInstrument[] {
  return market.truth(exchange).instruments;
}

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
  ] as const)("%s %s is %s, %d per unit", (exchange, symbol, base, multiplier) => {
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

describe("the asset classes that an exchange states", () => {
  test.each([
    ["binance", ["crypto", "index", "null", "stock"]],
    ["bybit", ["commodity", "crypto", "etf", "forex", "metal", "stock"]],
    ["okx", ["commodity", "crypto", "metal", "stock"]],
    ["bitget", ["commodity", "crypto", "metal", "null", "stock"]],
    ["gate", ["commodity", "crypto", "forex", "index", "metal", "stock"]],
    ["kucoin", ["commodity", "crypto", "metal", "stock"]],
    ["hyperliquid", ["commodity", "crypto", "index", "metal", "null", "stock"]],
    ["kraken", ["crypto", "forex", "null", "stock"]],
  ] as const)("%s: %p", (exchange, classes) => {
    const stated = new Set(shown(exchange).map((row) => String(row.asset_class)));
    expect([...stated].toSorted()).toEqual([...classes]);
  });

  test("settle assets are those of each exchange, hyperliquid's looked up by token", () => {
    const settles = (exchange: FirstName): readonly string[] =>
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
    expect([...seen].toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([...hours]);
  });

  test("more than half of binance's symbols are not at 8 h, and some at 8 h are in no list", async () => {
    const rows = shown("binance");
    const other = rows.filter((row) => row.funding_interval_hours !== 8);
    expect(other.length / rows.length).toBeGreaterThan(0.5);
    const info = rowsAt(await askJson(market, "binance", { path: "/fapi/v1/fundingInfo" }));
    const adjusted = new Set(info.map((row) => row["symbol"]));
    const absent = rows.filter((row) => !adjusted.has(row.exchange_symbol));
    expect(absent.length).toBeGreaterThan(20);
    expect(new Set(absent.map((row) => row.funding_interval_hours))).toEqual(new Set([8]));
  });

  test("a fraction of kraken's rates is beyond the cap on the wire, and the truth is clamped", async () => {
    const rows = await ratesRows(market, "kraken");
    const relative = new Map(
      rows.map((row) => [row["symbol"], Number(row["fundingRate"]) / Number(row["indexPrice"])]),
    );
    const beyond = shown("kraken").filter(
      (row) => Math.abs(relative.get(row.exchange_symbol) ?? 0) > 0.005 * 1.01,
    );
    expect(beyond.length).toBeGreaterThanOrEqual(3);
    expect(beyond.length).toBeLessThan(30);
    expect(new Set(beyond.map((row) => Math.abs(row.funding_rate)))).toEqual(new Set([0.005]));
    expect(new Set(beyond.map((row) => Math.sign(row.funding_rate)))).toEqual(new Set([1, -1]));
  });

  test("kraken's rates are dollars per coin: unconverted, bitcoin's looks like several percent", async () => {
    const rows = await ratesRows(market, "kraken");
    const btc = rows.find((row) => row["symbol"] === "PF_XBTUSD");
    expect(Math.abs(Number(btc?.["fundingRate"]))).toBeGreaterThan(0.01);
    const truth = shown("kraken").find((row) => row.exchange_symbol === "PF_XBTUSD");
    expect(Math.abs(truth?.funding_rate ?? 1)).toBeLessThan(0.005);
  });

  test.each(["binance", "bybit", "okx", "bitget", "gate", "kucoin", "hyperliquid"] as const)(
    "%s: many rates are at 0.01 %% per 8 h in proportion, some are zero, all are within half a percent or the cap",
    (exchange) => {
      const rows = shown(exchange);
      const resting = rows.filter(
        (row) =>
          Math.abs(row.funding_rate - (0.0001 * (row.funding_interval_hours ?? Number.NaN)) / 8) <
          2e-6,
      );
      expect(resting.length / rows.length).toBeGreaterThan(0.1);
      expect(rows.some((row) => row.funding_rate === 0)).toBe(true);
      expect(rows.some((row) => row.funding_rate < 0)).toBe(true);
      const wild = rows.filter((row) => Math.abs(row.funding_rate) > 0.0065);
      expect(wild.length / rows.length).toBeLessThan(0.03);
    },
  );

  test("bybit omits the one-sided open interest from some rows", async () => {
    const rows = await ratesRows(market, "bybit");
    const missing = rows.filter((row) => row["singleOpenInterestValue"] === undefined);
    expect(missing.length / rows.length).toBeGreaterThan(0.05);
    expect(missing.length / rows.length).toBeLessThan(0.25);
  });

  test("sizes have a long tail: some markets are under 100,000 dollars, some over a billion", () => {
    const all = FIRST.flatMap(shown);
    const volumes = all.map((row) => row.volume_24h_usd ?? Number.NaN);
    expect(volumes.filter((usd) => usd < 100_000).length).toBeGreaterThan(10);
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
      const prices = FIRST.map((exchange) => {
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
    const lit = FIRST.map((exchange) => {
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
    const bytes = async (exchange: FirstName): Promise<number> => {
      const answer = await askJson(market, exchange, ratesOf(exchange).request);
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

describe("the replies", () => {
  test("kraken: perpetuals have a rate, a prediction and prices", async () => {
    const answer = await askJson(market, "kraken", { path: "/derivatives/api/v3/tickers" });
    const rows = rowsAt(answer, "tickers").filter((row) => row["tag"] === "perpetual");
    expect(rows.length).toBeGreaterThan(300);
    const keys =
      "fundingRate fundingRatePrediction markPrice indexPrice openInterest volumeQuote vol24h suspended postOnly pair";
    const lacking = rows.flatMap((row) => keys.split(" ").filter((key) => row[key] === undefined));
    expect([...new Set(lacking)]).toEqual([]);
  });

  test("a success is marked in each exchange's own envelope", async () => {
    const json = (exchange: string, path: string): Promise<unknown> =>
      askJson(market, exchange, { path });
    expect(at(await json("bybit", "/v5/market/tickers?category=linear"), "retCode")).toBe(0);
    expect(at(await json("okx", "/api/v5/public/mark-price?instType=SWAP"), "code")).toBe("0");
    const bitget = await json("bitget", "/api/v3/market/tickers?category=USDC-FUTURES");
    expect(at(bitget, "code")).toBe("00000");
    expect(at(await json("kucoin", "/api/v1/contracts/active"), "code")).toBe("200000");
    expect(at(await json("kraken", "/derivatives/api/v3/tickers"), "result")).toBe("success");
  });
});

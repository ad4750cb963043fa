import { describe, expect, test } from "bun:test";
import { apex } from "../../src/exchanges/apex.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const TICKERS = "/api/v3/data/all-ticker-info";
const SYMBOLS = "/api/v3/symbols";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

type Row = Readonly<Record<string, unknown>>;

const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  lastPrice: "64001",
  markPrice: "64000.5",
  indexPrice: "64010.25",
  oraclePrice: "64011",
  openInterest: "1576.5",
  turnover24h: "56260850.25",
  volume24h: "879.5",
  fundingRate: "0.00000052",
  predictedFundingRate: "0.0000125",
  nextFundingTime: "2026-10-05T14:00:00Z",
  ...extra,
});
const contract = (baseTokenId: string, extra: Row = {}): Row => ({
  symbol: `${baseTokenId}-USDT`,
  crossSymbolName: `${baseTokenId}USDT`,
  baseTokenId,
  settleAssetId: "USDT",
  enableTrade: true,
  enableDisplay: false,
  enableOpenPosition: false,
  enableFundingSettlement: true,
  isPrelaunch: false,
  fundingInterestRate: "0.0003",
  fundingMaxRate: "0.000234",
  fundingMinRate: "-0.000234",
  minOrderSize: "0.0010",
  ...extra,
});
const LIVE = [contract("BTC"), contract("1000PEPE"), contract("DOGE", { fundingInterestRate: "" })];
const DEAD = [
  contract("OLD", { enableTrade: false }),
  contract("SOON", { isPrelaunch: true }),
  contract("FREE", { enableFundingSettlement: false }),
  contract("INV", { settleAssetId: "INV" }),
];
const STOCKS = [
  contract("AAPL", { category: "STOCK" }),
  contract("XAU", { category: "COMMODITY" }),
  contract("SOXL", { fundingInterestRate: "0" }),
];
const DEAD_STOCKS = [
  contract("IWM", { enableTrade: false, category: "INDEX" }),
  contract("NEWCO", { isPrelaunch: true, category: "STOCK" }),
];
const namesOf = (rows: readonly Row[]): string[] =>
  rows.map((row) => String(row["crossSymbolName"]));
const symbols = (perpetualContract: unknown, stockContract?: unknown): Row => ({
  data: {
    contractConfig: {
      perpetualContract,
      stockContract,
      predictionContract: [contract("BTCABOVE90K", { category: "POLITICS" })],
    },
  },
});
const BODIES: Bodies = {
  [TICKERS]: {
    data: [
      ticker("BTCUSDT"),
      ticker("1000PEPEUSDT", { fundingRate: "-0.00121", nextFundingTime: "14:00:00" }),
      ticker("DOGEUSDT", { fundingRate: "0", nextFundingTime: "" }),
      ...namesOf([...STOCKS, ...DEAD, ...DEAD_STOCKS]).map((symbol) => ticker(symbol)),
      ticker("BTCABOVE90KUSDT"),
      ticker("1000000MOGUSDT"),
    ],
  },
  [SYMBOLS]: symbols([...LIVE, ...DEAD], [...STOCKS, ...DEAD_STOCKS]),
};

const refresh = (bodies: Bodies, nowMs = AT) => apex.refresh(memorySource(bodies, { nowMs }));
const btcOf = (tickerExtra: Row, contractExtra: Row = {}) =>
  refresh({
    [TICKERS]: { data: [ticker("BTCUSDT", tickerExtra)] },
    [SYMBOLS]: symbols([contract("BTC", contractExtra)]),
  });

const BTC = { exchangeSymbol: "BTCUSDT", base: "BTC", multiplier: 1, quote: "USDT" };
const RATELESS = { predictedRate: null, instantRate: null, settledRate: null, settledAtMs: null };
const UNKNOWN = { rateCap: null, rateFloor: null, listedAtMs: null };

describe("apex", () => {
  test("one request every cycle, the catalogue every half hour, concurrently", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await apex.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "tickers", everyMs: null },
      { kind: "instruments", name: "contracts", everyMs: 30 * 60_000 },
    ]);
    expect(source.requests).toEqual([TICKERS, SYMBOLS]);
    expect(source.mostAtOnce()).toBe(2);
    expect(apex.facts.requestsPerRefresh).toBe(1);
  });

  test("a contract becomes a quote with every field in the documented units, never the predicted rate", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 6, unlisted: 0 });
    const { baselineRate, ...exact } = quotes[0] ?? {};
    expect(exact).toEqual({
      ...BTC,
      ...RATELESS,
      ...UNKNOWN,
      settle: "USDT",
      assetClass: "crypto",
      accrual: "periodic",
      fundingRate: 0.00000052,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 1576.5 * 64000.5,
      volume24hUsd: 56260850.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
    expect(baselineRate).toBeCloseTo(0.0000125, 15);
  });

  test("a 1000x contract with the older time of day, an unknown time; no dead, pre-launch or prediction contracts", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(namesOf([...LIVE, ...STOCKS]));
    const pepe = { base: "PEPE", multiplier: 1000, fundingRate: -0.00121, nextFundingAtMs: NEXT };
    expect(quotes[1]).toMatchObject(pepe);
    const doge = { fundingRate: 0, nextFundingAtMs: null, baselineRate: null };
    expect(quotes[2]).toMatchObject({ ...doge, fundingIntervalHours: 1 });
  });

  test("contracts of the stock list are shown with the class of their category, if they have one", async () => {
    const { quotes } = await refresh(BODIES);
    const classes = quotes.map(({ base, assetClass }) => [base, assetClass]);
    expect(classes.slice(2)).toEqual([
      ["DOGE", "crypto"],
      ["AAPL", "stock"],
      ["XAU", "metal"],
      ["SOXL", null],
    ]);
  });

  test("a contract in both lists is ambiguous, even if one says that it is closed", async () => {
    for (const perpetual of [{}, { enableTrade: false }, { isPrelaunch: true }]) {
      const contracts = symbols([contract("BTC"), contract("XAU", perpetual)], [STOCKS[1]]);
      expect(await refresh({ ...BODIES, [SYMBOLS]: contracts })).toMatchObject({
        quotes: [{ base: "BTC" }],
        rejects: [{ reason: "ambiguous" }, { reason: "ambiguous" }],
      });
    }
  });

  test("a catalogue without stocks, or with none, contains coins only", async () => {
    for (const stocks of [undefined, null, []])
      expect((await refresh({ ...BODIES, [SYMBOLS]: symbols(LIVE, stocks) })).quotes).toHaveLength(
        3,
      );
    await expect(
      refresh({ ...BODIES, [SYMBOLS]: symbols(LIVE, { list: [] }) }),
    ).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("next times: milliseconds are read, other zones and formats are unknown", async () => {
    const nextOf = async (nextFundingTime: unknown) =>
      (await btcOf({ nextFundingTime })).quotes[0]?.nextFundingAtMs;
    expect(await nextOf("2026-10-05T14:00:00.000Z")).toBe(NEXT);
    for (const other of ["2026-10-05T14:00:00", "2026-10-05", "2026-13-45T14:00:00Z", NEXT]) {
      expect(await nextOf(other)).toBeNull();
    }
    expect(await nextOf("2026-10-02T14:00:00Z")).toBeUndefined();
  });

  test.each([
    ["no rate", { fundingRate: "" }, {}, "bad_rate", 1],
    ["a rate over its notional", { fundingRate: "-1.01" }, {}, "implausible_rate", 1],
    ["a time of another year", { nextFundingTime: "2027-12-05T14:00:00Z" }, {}, "bad_next_time", 1],
    ["trade unknown", {}, { enableTrade: "true" }, "bad_row", 0],
    ["prelaunch unknown", {}, { isPrelaunch: undefined }, "bad_row", 0],
    ["settlement unknown", {}, { enableFundingSettlement: null }, "bad_row", 0],
    ["no base", {}, { baseTokenId: "" }, "bad_row", 0],
    ["no settlement asset", {}, { settleAssetId: 1 }, "bad_row", 0],
  ])("%s: refused", async (_, tickerExtra, contractExtra, reason, expected) => {
    const rejects = [{ exchangeSymbol: "BTCUSDT", reason }];
    const batch = await btcOf(tickerExtra, contractExtra);
    expect(batch).toMatchObject({ quotes: [], rejects, expected });
  });

  test.each([
    ["an error", { code: 3, msg: "invalid symbol: NOPE-USDT" }],
    ["an error beside data", { code: "1", data: [ticker("BTCUSDT")] }],
    ["no data", {}],
    ["empty data", { data: [] }],
    ["an empty catalogue", symbols([])],
    ["a catalogue without perpetuals", symbols(undefined)],
  ])("%s fails the refresh, for tickers and catalogue alike", async (_, body) => {
    for (const key of [TICKERS, SYMBOLS]) {
      const failure = refresh({ ...BODIES, [key]: body });
      await expect(failure).rejects.toBeInstanceOf(RequestFailure);
      await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
    }
  });

  test("a 403 is too many requests here", () => {
    expect(apex.facts.classifyFailure?.(403, "")).toBe("rate_limited");
    expect(apex.facts.classifyFailure?.(500, "")).toBeNull();
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTCUSDT")?.origin).toMatchObject({
      rows: { tickers: { fundingRate: "0.00000052" }, contracts: { baseTokenId: "BTC" } },
      formula: "{tickers.fundingRate}",
    });
    expect(explain("1000000MOGUSDT")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const may = (
  where: string,
  mutations: Exemption["mutations"],
  ...fields: Exemption["fields"]
): Exemption => ({ at: where, mutations, fields, why: LEGAL });
const exemptions: readonly Exemption[] = [
  may("tickers.fundingRate", ["negative"], "fundingRate"),
  may("tickers.markPrice", ["huge"], "markPrice", "openInterestUsd"),
  may("tickers.indexPrice", ["huge"], "indexPrice"),
  may("tickers.openInterest", ["huge"], "openInterestUsd"),
  may("tickers.turnover24h", ["huge"], "volume24hUsd"),
  // The empty interest of one contract becomes a number.
  may("contracts.fundingInterestRate", ["flipped"], "baselineRate"),
  may("contracts.baseTokenId", ["NaN", "huge", "negative"], "base", "multiplier"),
  may("stocks.baseTokenId", ["NaN", "huge", "negative"], "base", "multiplier", "assetClass"),
];

test("apex: no single wrong value leads to a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "tickers", request: TICKERS, rows: (body) => Object(body).data },
      {
        name: "contracts",
        request: SYMBOLS,
        rows: (body) => Object(body).data.contractConfig.perpetualContract,
      },
      {
        name: "stocks",
        request: SYMBOLS,
        rows: (body) => Object(body).data.contractConfig.stockContract,
      },
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("apex, recorded", (read) => {
  test("the documented ticker of BTC with the catalogue of October 2026", async () => {
    const bodies = {
      [TICKERS]: await read("apex", "all-ticker-info.json"),
      [SYMBOLS]: await read("apex", "symbols-cut.json"),
    };
    const { quotes, rejects, expected } = await refresh(bodies);
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    const btc = { base: "BTC", settle: "USDT", fundingRate: 0, nextFundingAtMs: NEXT };
    expect(quotes).toMatchObject([{ ...btc, markPrice: 43513.5, indexPrice: 40828.94 }]);
    expect(quotes[0]?.volume24hUsd).toBe(5626085.23749999);
  });

  test("the error answer is a bad envelope", async () => {
    const body = await read("apex", "error-200.json");
    const failure = refresh({ ...BODIES, [TICKERS]: body });
    await expect(failure).rejects.toMatchObject({ kind: "bad_envelope" });
  });
});

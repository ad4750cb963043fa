import { expect, test } from "bun:test";
import { apex } from "../../src/exchanges/apex.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const NEXT = Date.UTC(2026, 9, 5, 14);

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
const COINS = [
  contract("BTC"),
  contract("1000PEPE"),
  contract("DOGE", { fundingInterestRate: "" }),
];
const GOLD = contract("XAU", { category: "COMMODITY" });
const STOCKS = [
  contract("AAPL", { category: "STOCK" }),
  GOLD,
  contract("SOXL", { fundingInterestRate: "0" }),
];
const DEAD = [
  contract("OLD", { enableTrade: false }),
  contract("SOON", { isPrelaunch: true }),
  contract("FREE", { enableFundingSettlement: false }),
  contract("INV", { settleAssetId: "INV" }),
];
const DEAD_STOCKS = [
  contract("IWM", { enableTrade: false, category: "INDEX" }),
  contract("NEWCO", { isPrelaunch: true, category: "STOCK" }),
];
const symbols = (perpetualContract: unknown, stockContract?: unknown): Row => ({
  data: {
    contractConfig: {
      perpetualContract,
      stockContract,
      predictionContract: [contract("BTCABOVE90K", { category: "POLITICS" })],
    },
  },
});

const change = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [key]: value },
  outcome,
];
const nextChange = (value: unknown, outcome: Change[2]): Change =>
  change(`a next time of "${String(value)}"`, "tickers.nextFundingTime", value, outcome);

const description: ExchangeDescription = {
  exchange: apex,
  nowMs: AT,
  payloads: [
    {
      name: "tickers",
      kind: "essential",
      request: "/api/v3/data/all-ticker-info",
      rows: ["data"],
      body: {
        data: [
          ticker("BTCUSDT"),
          ticker("1000PEPEUSDT", { fundingRate: "-0.00121", nextFundingTime: "14:00:00" }),
          ticker("DOGEUSDT", { fundingRate: "0", nextFundingTime: "" }),
          ...[...STOCKS, ...DEAD, ...DEAD_STOCKS].map((row) =>
            ticker(String(row["crossSymbolName"])),
          ),
          ticker("BTCABOVE90KUSDT"),
          ticker("1000000MOGUSDT"),
        ],
      },
    },
    {
      name: "contracts",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/api/v3/symbols",
      rows: ["data", "contractConfig", "perpetualContract"],
      moreRows: { stocks: ["data", "contractConfig", "stockContract"] },
      body: symbols([...COINS, ...DEAD], [...STOCKS, ...DEAD_STOCKS]),
    },
  ],
  expected: 6,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      // Never the predicted one.
      fundingRate: 0.00000052,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT,
      baselineRate: expect.closeTo(0.0000125, 15),
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 1576.5 * 64000.5,
      volume24hUsd: 56260850.25,
    },
    {
      // The older time of day.
      exchangeSymbol: "1000PEPEUSDT",
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00121,
      nextFundingAtMs: NEXT,
    },
    {
      exchangeSymbol: "DOGEUSDT",
      base: "DOGE",
      assetClass: "crypto",
      fundingRate: 0,
      nextFundingAtMs: null,
      baselineRate: null,
      fundingIntervalHours: 1,
    },
    // Those of the stock list have the class of their category, if they have one.
    { exchangeSymbol: "AAPLUSDT", base: "AAPL", assetClass: "stock" },
    { exchangeSymbol: "XAUUSDT", base: "XAU", assetClass: "metal" },
    { exchangeSymbol: "SOXLUSDT", base: "SOXL", assetClass: null },
  ],
  explained: {
    formula: "{tickers.fundingRate}",
    rows: { tickers: { fundingRate: "0.00000052" }, contracts: { baseTokenId: "BTC" } },
    unknown: "1000000MOGUSDT",
  },
  kindKeys: {
    contracts: "enableTrade isPrelaunch enableFundingSettlement baseTokenId settleAssetId",
  },
  changes: [
    nextChange("2026-10-05T14:00:00.000Z", { nextFundingAtMs: NEXT }),
    // Other time zones and formats.
    ...["2026-10-05T14:00:00", "2026-10-05", "2026-13-45T14:00:00Z", NEXT].map((next) =>
      nextChange(next, { nextFundingAtMs: null }),
    ),
    nextChange("2026-10-02T14:00:00Z", "not shown"),
    nextChange("2027-12-05T14:00:00Z", "bad_next_time"),
    change("no rate", "tickers.fundingRate", "", "bad_rate"),
    change("a rate over its notional", "tickers.fundingRate", "-1.01", "implausible_rate"),
    change("trade unknown", "contracts.enableTrade", "true", "bad_row"),
    change("prelaunch unknown", "contracts.isPrelaunch", undefined, "bad_row"),
    change("no base", "contracts.baseTokenId", "", "bad_row"),
    change("no settlement asset", "contracts.settleAssetId", 1, "bad_row"),
  ],
  failures: [
    ["an error", { code: 3, msg: "invalid symbol: NOPE-USDT" }, "bad_envelope"],
    ["an error with data", { code: "1", data: [ticker("BTCUSDT")] }, "bad_envelope"],
    ["no data", {}, "bad_envelope"],
    ["empty data", { data: [] }, "bad_envelope"],
    ["an empty catalogue", symbols([]), "bad_envelope"],
    ["a catalogue without perpetuals", symbols(undefined), "bad_envelope"],
    ["stocks that are not a list", symbols(COINS, { list: [] }), "bad_envelope", "contracts"],
  ],
  // A 403 means too many requests here.
  classified: [
    [403, "", "rate_limited"],
    [500, "", null],
  ],
  exemptions: [
    negativeRate("tickers.fundingRate"),
    hugeAmount("tickers.markPrice", "markPrice", "openInterestUsd"),
    hugeAmount("tickers.indexPrice", "indexPrice"),
    hugeAmount("tickers.openInterest", "openInterestUsd"),
    hugeAmount("tickers.turnover24h", "volume24hUsd"),
    {
      at: "contracts.fundingInterestRate",
      mutations: ["flipped"],
      fields: ["baselineRate"],
      why: "the empty interest of one contract turns into a number",
    },
    anyName("contracts.baseTokenId", "base", "multiplier"),
    anyName("stocks.baseTokenId", "base", "multiplier", "assetClass"),
  ],
  recorded: [
    {
      title: "the documented ticker of BTC with the catalogue of October 2026",
      files: { tickers: "all-ticker-info.json", contracts: "symbols-cut.json" },
      yields: {
        rejects: [],
        expected: 1,
        quotes: [
          {
            base: "BTC",
            settle: "USDT",
            fundingRate: 0,
            nextFundingAtMs: NEXT,
            markPrice: 43513.5,
            indexPrice: 40828.94,
            volume24hUsd: 5626085.23749999,
          },
        ],
      },
    },
    { title: "the error answer", files: { tickers: "error-200.json" }, yields: "bad_envelope" },
  ],
};

testExchange(description);

test("an apex contract in both lists is ambiguous, even if one says that it is closed", async () => {
  for (const perpetual of [{}, { enableTrade: false }, { isPrelaunch: true }]) {
    const contracts = symbols([contract("BTC"), contract("XAU", perpetual)], [GOLD]);
    expect(await refreshOf(description, { contracts })).toMatchObject({
      quotes: [{ base: "BTC" }],
      rejects: [{ reason: "ambiguous" }, { reason: "ambiguous" }],
    });
  }
});

test("an apex catalogue without a stock list, or with an empty one, contains coins", async () => {
  for (const stocks of [undefined, null, []]) {
    const { quotes } = await refreshOf(description, { contracts: symbols(COINS, stocks) });
    expect(quotes).toHaveLength(3);
  }
});

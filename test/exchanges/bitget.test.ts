import { expect, test } from "bun:test";
import type { AssetClass } from "../../src/domain/quote.ts";
import { bitget } from "../../src/exchanges/bitget.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Payload, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const STAMP = AT - 90;
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
const LISTED = Date.UTC(2024, 2, 14, 10);

/** The fields read from the rows. */
const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: "0.000083",
  fundingRateInterval: "8",
  nextUpdate: String(at(16)),
  minFundingRate: "-0.003",
  maxFundingRate: "0.004",
  ...extra,
});
const readTicker = (symbol: string, extra: Row = {}): Row => ({
  category: "USDT-FUTURES",
  symbol,
  turnover24h: "5062575120.25",
  indexPrice: "64010",
  markPrice: "64000.5",
  openInterest: "7465.5",
  ...extra,
});
const ticker = (symbol: string, extra: Row = {}): Row => ({
  ...readTicker(symbol, extra),
  ts: String(STAMP),
  lastPrice: "64001.1",
  volume24h: "79101.5",
  fundingRate: "0.000083",
  deliveryTime: "",
});
const readInstrument = (symbol: string, baseCoin: string, extra: Row = {}): Row => ({
  symbol,
  category: "USDT-FUTURES",
  baseCoin,
  quoteCoin: "USDT",
  type: "perpetual",
  status: "online",
  symbolType: "crypto",
  isRwa: "NO",
  fundInterval: "8",
  takerFeeRate: "0.0006",
  launchTime: String(LISTED),
  deliveryTime: "",
  ...extra,
});
const instrument = (symbol: string, baseCoin: string, extra: Row = {}): Row => ({
  ...readInstrument(symbol, baseCoin, extra),
  quantityMultiplier: "0.001",
});

const STOCK = { isRwa: "YES", symbolType: "stock" };
const LIVE = [
  instrument("BTCUSDT", "BTC"),
  instrument("1000BONKUSDT", "1000BONK", { fundInterval: "4" }),
  instrument("TSLAUSDT", "TSLA", STOCK),
  instrument("GOLDUSDT", "GOLD", { isRwa: "YES", symbolType: "perpetual", fundInterval: "1" }),
];
const DEAD = [
  instrument("OLDUSDT", "OLD", { status: "offline" }),
  instrument("ENDUSDT", "END", { status: "limit_open" }),
  instrument("BTCUSDU26", "BTC", { type: "delivery", deliveryTime: "1798185600000" }),
  instrument("ETHBTC", "ETH", { quoteCoin: "BTC" }),
  instrument("OPENAIUSDT", "OPENAI", { isRwa: "YES" }),
];
const UNLISTED = ["BGTESTMEUSDT", "PLAYUSDT"].map((symbol) =>
  rate(symbol, { maxFundingRate: null }),
);

const reply = (data: unknown, extra: Row = {}): Row => ({
  code: "00000",
  msg: "success",
  requestTime: STAMP,
  data,
  ...extra,
});

const BONK_RATE = {
  fundingRate: "-0.00121",
  fundingRateInterval: "4",
  minFundingRate: "-0.018",
  maxFundingRate: "0.018",
};
const RATES = reply([
  rate("BTCUSDT"),
  rate("1000BONKUSDT", BONK_RATE),
  rate("TSLAUSDT", { fundingRate: "0" }),
  rate("GOLDUSDT", { fundingRateInterval: "1", nextUpdate: String(at(14)) }),
  ...DEAD.map((row) => rate(String(row["symbol"]))),
  ...UNLISTED,
]);
const TICKERS = reply([
  ticker("BTCUSDT"),
  ticker("1000BONKUSDT", { markPrice: "0.02", indexPrice: "0.0201", openInterest: "5000000" }),
  ticker("OLDUSDT"),
]);
const INSTRUMENTS = reply([...LIVE, ...DEAD]);
const NO_TICKER = { markPrice: null, indexPrice: null, openInterestUsd: null, volume24hUsd: null };

/** The three replies of a family: their bodies, and what the first quote loses without the tickers. */
function familyOf(
  settle: string,
  bodies: Readonly<Record<"rates" | "tickers" | "instruments", unknown>>,
  lost: object,
): readonly Payload[] {
  const path = (call: string): string => `/api/v3/market/${call}?category=${settle}-FUTURES`;
  return [
    {
      name: `rates${settle}`,
      kind: "essential",
      request: path("current-fund-rate"),
      rows: ["data"],
      body: bodies.rates,
    },
    {
      name: `tickers${settle}`,
      kind: "secondary",
      request: path("tickers"),
      rows: ["data"],
      body: bodies.tickers,
      lost,
    },
    {
      name: `instruments${settle}`,
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: path("instruments"),
      rows: ["data"],
      body: bodies.instruments,
    },
  ];
}

const UNKNOWN_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const LACKING = { "ratesUSDT.fundingRateInterval": "0" };
const instrumentChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} ${JSON.stringify(value)}`,
  { [`instrumentsUSDT.${key}`]: value },
  outcome,
];
const classChange = (key: string, value: unknown, assetClass: AssetClass | null): Change =>
  instrumentChange(key, value, { assetClass });
const rateChange = (title: string, key: string, value: unknown, outcome: Change[2]): Change => [
  title,
  { [`ratesUSDT.${key}`]: value },
  outcome,
];

/** Made-up replies of the tickers, and one unrelated rate of the other family. */
const ALONE = {
  ratesUSDC: reply([rate("STRANGEPERP")]),
  tickersUSDT: new RequestFailure("http", "not recorded"),
  tickersUSDC: new RequestFailure("http", "not recorded"),
};
const listOf = (...symbols: readonly string[]): Row =>
  reply(symbols.map((symbol) => instrument(symbol, symbol.slice(0, -4))));

const description: ExchangeDescription = {
  exchange: bitget,
  nowMs: AT,
  payloads: [
    ...familyOf(
      "USDT",
      { rates: RATES, tickers: TICKERS, instruments: INSTRUMENTS },
      { ...NO_TICKER, openInterestDigit: null },
    ),
    ...familyOf(
      "USDC",
      {
        rates: reply([rate("BTCPERP", { fundingRate: "0.00004" })]),
        tickers: reply([ticker("BTCPERP", { category: "USDC-FUTURES", turnover24h: "80000" })]),
        instruments: reply([
          instrument("BTCPERP", "BTC", { quoteCoin: "USDC", category: "USDC-FUTURES" }),
        ]),
      },
      {},
    ),
  ],
  expected: 5,
  unlisted: 2,
  quotes: [
    {
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      assetClass: "crypto",
      listedAtMs: LISTED,
      fundingRate: 0.000083,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      rateCap: 0.004,
      rateFloor: -0.003,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010,
      openInterestDigit: 5,
      openInterestUsd: 7465.5 * 64000.5,
      volume24hUsd: 5062575120.25,
      takerFeeBps: 6,
      exchangeTimeMs: STAMP,
    },
    {
      exchangeSymbol: "1000BONKUSDT",
      base: "BONK",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      rateCap: 0.018,
      rateFloor: -0.018,
      // Coins times the mark.
      openInterestUsd: 100_000,
    },
    {
      // Non-coins have no known baseline.
      exchangeSymbol: "TSLAUSDT",
      base: "TSLA",
      assetClass: "stock",
      fundingRate: 0,
      baselineRate: null,
    },
    {
      exchangeSymbol: "GOLDUSDT",
      base: "GOLD",
      assetClass: null,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      baselineRate: null,
      markPrice: null,
      openInterestUsd: null,
    },
    {
      exchangeSymbol: "BTCPERP",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      volume24hUsd: 80000,
    },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: {
      rates: rate("BTCUSDT"),
      instruments: readInstrument("BTCUSDT", "BTC"),
      tickers: readTicker("BTCUSDT"),
    },
    unknown: "NONEUSDT",
    isWhole: true,
  },
  kindKeys: { instrumentsUSDT: "type status baseCoin quoteCoin" },
  changes: [
    // What is called crypto is a coin only if isRwa agrees: forex and compute are called that as well.
    classChange("isRwa", undefined, null),
    classChange("isRwa", "YES", null),
    classChange("symbolType", "", null),
    classChange("symbolType", "stock", "stock"),
    instrumentChange("takerFeeRate", "0.0011", { takerFeeBps: 11 }),
    ...["", null, "-0.0001", "6"].map((fee) =>
      instrumentChange("takerFeeRate", fee, { takerFeeBps: null }),
    ),
    instrumentChange("type", "event", "unknown_kind"),
    ...["1798185600000", 1798185600000, "2026-12-25", {}].map((time) =>
      instrumentChange("deliveryTime", time, "not shown"),
    ),
    ...["", "0", null, undefined].map((time) => instrumentChange("deliveryTime", time, {})),
    [
      "an interval of the list, where the rate has none",
      { ...LACKING, "instrumentsUSDT.fundInterval": "4" },
      { fundingIntervalHours: 4, intervalSource: "published", nextFundingAtMs: at(16) },
    ],
    [
      "an interval of the list that the next time contradicts",
      { ...LACKING, "instrumentsUSDT.fundInterval": "1" },
      { ...UNKNOWN_INTERVAL, nextFundingAtMs: at(16) },
    ],
    // An implausible stated interval is an error of unit, not a missing one.
    rateChange("minutes", "fundingRateInterval", "480", { fundingIntervalHours: null }),
    instrumentChange("fundInterval", "1", { fundingIntervalHours: 8 }),
    rateChange("an empty rate", "fundingRate", "", "bad_rate"),
    rateChange("no rate", "fundingRate", null, "bad_rate"),
    rateChange("a rate over its notional", "fundingRate", "-2", "implausible_rate"),
    rateChange("a next time of 0 means no funding", "nextUpdate", "0", "not shown"),
    rateChange("a next time in seconds", "nextUpdate", String(at(16) / 1000), "bad_next_time"),
    rateChange("a next time in the past", "nextUpdate", String(at(13)), {
      nextFundingAtMs: at(13),
      fundingIntervalHours: 8,
    }),
    rateChange("a next time past by days", "nextUpdate", String(at(13, 3)), "not shown"),
    rateChange("a next time beyond the interval", "fundingRateInterval", "1", {
      ...UNKNOWN_INTERVAL,
      nextFundingAtMs: null,
      baselineRate: null,
    }),
  ],
  failures: [
    [
      "an error",
      { code: "400172", msg: "Parameter verification failed", data: null },
      "bad_envelope",
    ],
    ["empty data", { code: "40054", msg: "empty", data: null }, "bad_envelope"],
    ["too many requests", { code: "429", msg: "Too Many Requests", data: null }, "rate_limited"],
    ["success without data", { code: "00000", msg: "success", data: null }, "bad_envelope"],
    ["an empty family", reply([]), "bad_envelope"],
    ["a code of zero as a number", reply([rate("BTCUSDT")], { code: 0 }), "bad_envelope"],
  ],
  // A contract recognised by its name alone is unclear under another one.
  unmutated: ["OPENAI"],
  exemptions: ["USDT", "USDC"].flatMap((settle) => [
    negativeRate(`rates${settle}.fundingRate`),
    hugeAmount(`tickers${settle}.markPrice`, "markPrice", "openInterestUsd"),
    hugeAmount(`tickers${settle}.indexPrice`, "indexPrice"),
    hugeAmount(`tickers${settle}.openInterest`, "openInterestUsd"),
    hugeAmount(`tickers${settle}.turnover24h`, "volume24hUsd"),
    anyName(`instruments${settle}.baseCoin`, "base", "multiplier"),
  ]),
  recorded: [
    {
      title: "the rates of September 2026 at 1, 8 and 4 h, joined to a list made for them",
      files: { ratesUSDT: "current-fund-rate.json" },
      made: { ...ALONE, instrumentsUSDT: listOf("ONEUSDT", "BTCUSDT", "XTZUSDT") },
      atMs: 1789823952500,
      yields: {
        rejects: [],
        quotes: (
          [
            ["ONE", -0.001265, 1, 1789826400000],
            ["BTC", 0.0001, 8, 1789833600000],
            ["XTZ", -0.000609, 4, 1789833600000],
          ] as const
        ).map(([base, fundingRate, fundingIntervalHours, nextFundingAtMs]) => ({
          base,
          fundingRate,
          fundingIntervalHours,
          nextFundingAtMs,
        })),
      },
    },
    ...(
      [
        ["current-fund-rate-2025.json", 1761659449917, -0.000024, 1761667200000],
        ["v3-current-fund-rate.json", 1750897372153, 0.00001, 1750924800000],
      ] as const
    ).map(([file, stamp, fundingRate, nextFundingAtMs]) => ({
      title: `${file} has its own time, joined to a list made for it`,
      files: { ratesUSDT: file },
      made: { ...ALONE, instrumentsUSDT: listOf("BTCUSDT") },
      atMs: stamp + 60,
      yields: {
        quotes: [
          {
            fundingRate,
            fundingIntervalHours: 8,
            nextFundingAtMs,
            rateCap: 0.003,
            rateFloor: -0.003,
            exchangeTimeMs: stamp,
          },
        ],
      },
    })),
    {
      title: "the v3 ticker of BTC, joined to a rate and a list made for it",
      files: { tickersUSDT: "v3-tickers-usdt-futures.json" },
      yields: {
        quotes: [
          {
            markPrice: 104738,
            indexPrice: 104785.956168,
            volume24hUsd: 8276293391.45973,
            openInterestUsd: expect.closeTo(7465.5938 * 104738, 3),
          },
          {},
          {},
          {},
          {},
        ],
      },
    },
    {
      title: "the error answer is a bad envelope",
      files: { ratesUSDT: "error.json" },
      yields: "bad_envelope",
    },
  ],
};
testExchange(description);

const USDT_ALONE = ["USDT", "USDT", "USDT", "USDT"];

test("an undocumented bitget type is named in its reject", async () => {
  const instrumentsUSDT = reply([instrument("BTCUSDT", "BTC", { type: "event" })]);
  const { rejects } = await refreshOf(description, { instrumentsUSDT });
  expect(rejects).toMatchObject([
    { exchangeSymbol: "BTCUSDT", reason: "unknown_kind", detail: "type event" },
  ]);
});

test("an interval missing from a bitget rate comes from the list while that is recent", async () => {
  const lacking = reply([rate("BTCUSDT", { fundingRateInterval: "0" })]);
  const { payloads } = description;
  const lackingOne = payloads.map((payload) =>
    payload.name === "ratesUSDT" ? { ...payload, body: lacking } : payload,
  );
  const hoursAt = async (minutes: number) => {
    const source = memorySource(bodiesOf({ ...description, payloads: lackingOne }), {
      nowMs: AT,
      receivedAtMs: { instrumentsUSDT: AT - minutes * 60_000 },
    });
    const { quotes } = await bitget.refresh(source);
    return quotes.find((quote) => quote.exchangeSymbol === "BTCUSDT")?.fundingIntervalHours;
  };
  expect(await hoursAt(30)).toBe(8);
  expect(await hoursAt(31)).toBeNull();
});

test("bitget's reply of the other family is refused; one of its rows is ignored", async () => {
  await expect(refreshOf(description, { instrumentsUSDC: INSTRUMENTS })).rejects.toMatchObject({
    kind: "bad_envelope",
  });
  const { quotes } = await refreshOf(description, { tickersUSDC: TICKERS });
  expect(quotes[4]).toMatchObject({ exchangeSymbol: "BTCPERP", markPrice: null });
  const mixed = [instrument("BTCUSDT", "BTC", { category: "USDC-FUTURES" }), ...LIVE.slice(1)];
  const { rejects, expected } = await refreshOf(description, { instrumentsUSDT: reply(mixed) });
  expect([rejects.map(({ exchangeSymbol }) => exchangeSymbol), expected]).toEqual([["BTCUSDT"], 4]);
  const unsaid = LIVE.map((row) => ({ ...row, category: undefined }));
  const other = await refreshOf(description, { instrumentsUSDC: reply(unsaid) });
  expect(other.expected).toBe(4);
  expect(other.quotes.map((quote) => quote.settle)).toEqual(USDT_ALONE);
  expect(other.rejects.map((reject) => reject.reason)).toEqual(LIVE.map(() => "bad_row"));
});

test("bitget's rates of the other family give no quote of this one", async () => {
  const batch = await refreshOf(description, { ratesUSDC: RATES });
  expect(batch.quotes.map((quote) => quote.settle)).toEqual(USDT_ALONE);
  expect([batch.unlisted, batch.expected]).toEqual([2 + 4 + DEAD.length + UNLISTED.length, 5]);
});

test("a bitget contract is explained by its own rows", async () => {
  const { explain } = await refreshOf(description);
  expect(explain("BTCPERP")?.origin.rows).toMatchObject({
    rates: { fundingRate: "0.00004" },
    instruments: { quoteCoin: "USDC" },
    tickers: { turnover24h: "80000" },
  });
  expect(explain("1000BONKUSDT")?.origin.rows).toMatchObject({
    rates: { fundingRate: "-0.00121" },
    instruments: { baseCoin: "1000BONK" },
    tickers: { markPrice: "0.02" },
  });
});

describeRecorded("bitget, recorded", (read) => {
  test("the contracts of v2 have other field names and are rejected, never guessed", async () => {
    for (const file of ["contracts-usdt-futures.json", "contracts-usdt-futures-trimmed.json"]) {
      const instrumentsUSDT = await read("bitget", file);
      const { quotes, expected, rejects } = await refreshOf(description, { instrumentsUSDT });
      expect(quotes.map((quote) => quote.settle)).toEqual(["USDC"]);
      expect(expected).toBe(1);
      expect(rejects.every((reject) => reject.reason === "bad_row")).toBe(true);
    }
  });
});

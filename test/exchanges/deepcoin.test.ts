import { expect, test } from "bun:test";
import { deepcoin } from "../../src/exchanges/deepcoin.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { hugeAmount, negativeRate } from "../support/mutations.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

const rate = (instrumentId: string, fundingRate: unknown = 0.00008301): Row => ({
  instrumentId,
  fundingRate,
});
const cycle = (instrumentID: string, extra: Row = {}): Row => ({
  instrumentID,
  settleInterval: 28800,
  nextSettleTime: at(16) / 1000,
  ...extra,
});
const mark = (instId: string, markPx: unknown = "64000.5"): Row => ({
  instType: "SWAP",
  instId,
  markPx,
  ts: String(AT - 90),
});
const ticker = (instId: string, extra: Row = {}): Row => ({
  instType: "SWAP",
  instId,
  last: "64000",
  vol24h: "800000",
  volCcy24h: "51500000.25",
  ts: String(AT - 90),
  ...extra,
});
const instrument = (instId: string, extra: Row = {}): Row => ({
  instType: "SWAP",
  instId,
  baseCcy: instId.slice(0, 3),
  quoteCcy: instId.split("-")[1],
  ctVal: "0.001",
  listTime: "0",
  state: "live",
  ...extra,
});

const BTC = "BTC-USDT-SWAP";
const CHEEMS = "1000CHEEMS-USDT-SWAP";
const ONE = "ONE-USDT-SWAP";

const reply = (data: unknown): Row => ({ code: "0", msg: "", data });
const rates = (...rows: readonly Row[]): Row => reply({ current_fund_rates: rows });

const NO_INTERVAL = { fundingIntervalHours: null, intervalSource: null };
const change = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [key]: value },
  outcome,
];
/** Volume is accepted where it agrees with the last price. */
const volumeChange = (title: string, volume: unknown, turnover: string, right: number | null) =>
  [
    `volume in ${title}`,
    { "tickers.vol24h": volume, "tickers.volCcy24h": turnover },
    { volume24hUsd: right },
  ] satisfies Change;

const description: ExchangeDescription = {
  exchange: deepcoin,
  nowMs: AT,
  payloads: [
    {
      name: "rates",
      kind: "essential",
      request: "/deepcoin/trade/fund-rate/current-funding-rate?instType=SwapU",
      rows: ["data", "current_fund_rates"],
      body: rates(
        rate("BTCUSDT"),
        rate("1000CHEEMSUSDT", -0.00121),
        rate("ONEUSDT", 0),
        rate("BTCUSD"),
        rate("OLDUSDT"),
        rate("dBTCUSDT"),
        rate("BDXUSDT", -0.025),
        rate("NEWUSDT"),
      ),
    },
    {
      name: "cycles",
      kind: "intervals",
      everyMs: 60_000,
      request: "/deepcoin/trade/funding-rate?instType=SwapU",
      rows: ["data"],
      body: reply([
        cycle("BTCUSDT"),
        cycle("1000CHEEMSUSDT", { settleInterval: 14400 }),
        cycle("ONEUSDT", { settleInterval: 3600, nextSettleTime: at(14) / 1000 }),
        cycle("NEWUSDT"),
      ]),
      lost: { ...NO_INTERVAL, nextFundingAtMs: null, baselineRate: null },
    },
    {
      name: "marks",
      kind: "secondary",
      request: "/deepcoin/market/mark-price?instType=SWAP",
      rows: ["data"],
      body: reply([mark(BTC), mark(CHEEMS, "0.0012"), mark("dBTC-USDT-SWAP")]),
      lost: { markPrice: null },
    },
    {
      name: "tickers",
      kind: "secondary",
      request: "/deepcoin/market/tickers?instType=SWAP",
      rows: ["data"],
      body: reply([
        ticker(BTC),
        ticker(CHEEMS, { last: "0.0012", vol24h: "5000000", volCcy24h: "6100" }),
        ticker("2BTC-USDT-SWAP", { volCcy24h: "78000000000" }),
      ]),
      lost: { volume24hUsd: null },
    },
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 30 * 60_000,
      request: "/deepcoin/market/instruments?instType=SWAP",
      rows: ["data"],
      body: reply([
        instrument(BTC),
        // Long names are cut off.
        instrument(CHEEMS, { baseCcy: "1000CHEE", ctVal: "1" }),
        instrument(ONE, { ctVal: "10" }),
        instrument("BTC-USD-SWAP"),
        instrument("OLD-USDT-SWAP", { state: "suspend" }),
        instrument("BTC-USDT", { instType: "SPOT" }),
        instrument("BTC-USDT-261225", { instType: "FUTURES" }),
      ]),
    },
  ],
  expected: 3,
  // Dead and hidden names are no sign of a short list; NEWUSDT, which is settled, is.
  unlisted: 1,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      fundingRate: 0.00008301,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      baselineRate: 0.0001,
      markPrice: 64000.5,
      volume24hUsd: 51500000.25,
    },
    {
      exchangeSymbol: CHEEMS,
      base: "CHEEMS",
      multiplier: 1000,
      fundingRate: -0.00121,
      fundingIntervalHours: 4,
      baselineRate: 0.00005,
      volume24hUsd: 6100,
    },
    {
      exchangeSymbol: ONE,
      fundingRate: 0,
      fundingIntervalHours: 1,
      nextFundingAtMs: at(14),
      // The hourly baseline is not documented.
      baselineRate: null,
      markPrice: null,
      volume24hUsd: null,
    },
  ],
  explained: {
    formula: "{rates.fundingRate}",
    rows: { rates: rate("BTCUSDT"), instruments: { instId: BTC } },
    unknown: "NOPE-USDT-SWAP",
  },
  kindKeys: { instruments: "instType state quoteCcy" },
  changes: [
    volumeChange("contracts of ctVal coins", "800000", "51500000", 51_500_000),
    volumeChange("coins", "800", "51500000", 51_500_000),
    volumeChange("no trade", "0", "0", 0),
    volumeChange("a turnover in coins", "800000", "805", null),
    volumeChange("a turnover of another kind", "800000", "9000000", null),
    volumeChange("no base volume", null, "51500000", null),
    change("rates.fundingRate", "", "bad_rate"),
    change("rates.fundingRate", null, "bad_rate"),
    change("rates.fundingRate", -2, "implausible_rate"),
    // A dead contract.
    change("cycles.nextSettleTime", at(8, 3) / 1000, "not shown"),
    // Milliseconds.
    change("cycles.nextSettleTime", at(16), "bad_next_time"),
    change("cycles.nextSettleTime", null, { nextFundingAtMs: null, fundingIntervalHours: 8 }),
    // The next time contradicts it.
    change("cycles.settleInterval", 3600, { ...NO_INTERVAL, nextFundingAtMs: at(16) }),
  ],
  failures: [
    ["an error", { code: "51", msg: "The instType field is required", data: null }, "bad_envelope"],
    ["an empty list", rates(), "bad_envelope"],
    ["no list", reply(null), "bad_envelope"],
    ["no envelope", [], "bad_envelope"],
  ],
  exemptions: [negativeRate("rates.fundingRate"), hugeAmount("marks.markPx", "markPrice")],
  recorded: [
    {
      title: "the rates, joined to a list made for them",
      files: { rates: "current-funding-rate.json" },
      made: {
        instruments: reply(["SPK-USDT-SWAP", "LAUNCHCOIN-USDT-SWAP"].map((id) => instrument(id))),
      },
      yields: {
        rejects: [],
        quotes: [
          { base: "SPK", fundingRate: 0.00005 },
          { base: "LAUNCHCOIN", fundingRate: 0.00005 },
        ],
      },
    },
    {
      title: "the settlement cycle, joined to rates made for it",
      files: { cycles: "funding-rate.json" },
      atMs: 1790150400000 - 3_600_000,
      yields: {
        quotes: [
          { exchangeSymbol: BTC, fundingIntervalHours: 8, nextFundingAtMs: 1790150400000 },
          {},
          {},
        ],
      },
    },
    {
      title:
        "the instrument of the list, joined to a rate made for it; the ticker is of an inverse contract",
      files: { tickers: "tickers.json", instruments: "instruments.json" },
      made: { rates: rates(rate("ZORAUSDT"), rate("BTCUSD")) },
      yields: {
        expected: 1,
        rejects: [],
        quotes: [{ exchangeSymbol: "ZORA-USDT-SWAP", base: "ZORA", volume24hUsd: null }],
      },
    },
  ],
};

testExchange(description);

test("a deepcoin reply that counts coins gives no volume, not even if the price hides it", async () => {
  // Ten coins to a contract and ten dollars to a coin: the turnover fits dollars by chance.
  const one = { last: "10", vol24h: "500", volCcy24h: "5000" };
  const cheems = { last: "0.0012", vol24h: "5000000", volCcy24h: "5000000" };
  const inCoins = [ticker(ONE, one), ticker(BTC, { volCcy24h: "805" }), ticker(CHEEMS, cheems)];
  const { quotes } = await refreshOf(description, {
    tickers: reply([...inCoins, ticker("2BTC-USDT-SWAP"), ticker("dBTC-USDT-SWAP")]),
  });
  expect(quotes.map((quote) => quote.volume24hUsd)).toEqual([null, null, null]);
});

test("a deepcoin cycle under the dashed name is found as well; two that differ for one contract are ignored", async () => {
  const btcWith = async (...cycles: readonly Row[]) =>
    (await refreshOf(description, { cycles: reply(cycles) })).quotes[0];
  expect(await btcWith(cycle(BTC), cycle("BTCUSDT", { settleInterval: 14400 }))).toMatchObject({
    fundingIntervalHours: null,
    nextFundingAtMs: null,
  });
  expect(await btcWith(cycle(BTC))).toMatchObject({
    fundingIntervalHours: 8,
    nextFundingAtMs: at(16),
  });
});

test("without deepcoin's cycles no rate shows that the list is short", async () => {
  const down = new RequestFailure("timeout", "no answer");
  expect((await refreshOf(description, { cycles: down })).unlisted).toBe(0);
});

test("a deepcoin rate is explained by the symbol of its contract alone", async () => {
  const { explain } = await refreshOf(description);
  expect(explain(CHEEMS)?.origin).toMatchObject({
    rows: { rates: rate("1000CHEEMSUSDT", -0.00121), instruments: { instId: CHEEMS } },
    formula: "{rates.fundingRate}",
  });
  expect(explain("BTCUSDT")).toBeNull();
});

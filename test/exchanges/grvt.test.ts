import { expect, test } from "bun:test";
import { grvt } from "../../src/exchanges/grvt.ts";
import { bodiesOf } from "../support/exchange-bodies.ts";
import type { Change, ExchangeDescription, Row } from "../support/exchange-description.ts";
import { refreshOf, testExchange } from "../support/exchange-suite.ts";
import { memorySource } from "../support/memory-source.ts";
import { anyName, hugeAmount, negativeRate } from "../support/mutations.ts";

const tickerOf = (instrument: string): string =>
  `POST /full/v1/ticker {"instrument":"${instrument}"}`;
const [BTC, PEPE, WIF] = ["BTC_USDT_Perp", "KPEPE_USDT_Perp", "1000WIF_USDT_Perp"] as const;

const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 1234;
const hour = (n: number): number => Date.UTC(2026, 9, 5, n);
/** With digits below the millisecond, which are cut off. */
const ns = (ms: number, rest = "000000"): string => `${ms}${rest}`;

const instrument = (name: string, extra: Row = {}): Row => ({
  instrument: name,
  instrument_hash: "0x030501",
  base: name.split("_")[0],
  quote: "USDT",
  kind: "PERPETUAL",
  create_time: "1768040726362828205",
  funding_interval_hours: 8,
  adjusted_funding_rate_cap: "0.3",
  adjusted_funding_rate_floor: "-0.25",
  ...extra,
});
const SKIPPED = [
  instrument("BTC_USDT_Fut_26Dec", { kind: "FUTURE" }),
  instrument("BTC_USDT_Call", { kind: "CALL" }),
  instrument("ETH_BTC_Perp", { quote: "BTC" }),
];
const ticker = (name: string, extra: Row = {}): Row => ({
  event_time: ns(STAMP, "055205"),
  instrument: name,
  mark_price: "64000.5",
  index_price: "64010.25",
  last_price: "63999",
  funding_rate_8h_curr: "-0.0037",
  funding_rate_8h_avg: "0.0037",
  buy_volume_24h_q: "266955739.25",
  sell_volume_24h_q: "268170211.5",
  open_interest: "1523.5",
  funding_rate: "-0.0037",
  next_funding_time: ns(hour(16)),
  ...extra,
});
const reply = (result: unknown): Row => ({ result });

const UNKNOWN_INTERVAL = {
  fundingIntervalHours: null,
  intervalSource: null,
  nextFundingAtMs: hour(16),
  baselineRate: null,
};
const tickerChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`tickers.${key}`]: value },
  outcome,
];
const listChange = (key: string, value: unknown, outcome: Change[2]): Change => [
  `${key} "${String(value)}"`,
  { [`instruments.${key}`]: value },
  outcome,
];
/** At 4 h the rate is per 4 h, whatever the old name contains. */
const oldNameChange = (title: string, perEightHours: string | undefined): Change => [
  `a rate at 4 h with ${title} under the old name`,
  {
    "tickers.funding_rate": "0.005",
    "tickers.funding_rate_8h_curr": perEightHours,
    "instruments.funding_interval_hours": 4,
  },
  { fundingRate: 0.00005, fundingIntervalHours: 4, baselineRate: 0.00005 },
];

const description: ExchangeDescription = {
  exchange: grvt,
  nowMs: AT,
  payloads: [
    {
      name: "instruments",
      kind: "instruments",
      everyMs: 5 * 60_000,
      request: 'POST /full/v1/all_instruments {"is_active":true}',
      rows: ["result"],
      body: reply([
        instrument(BTC),
        instrument(PEPE, { funding_interval_hours: "4", adjusted_funding_rate_cap: "0.75" }),
        instrument(WIF, { funding_interval_hours: 1 }),
        ...SKIPPED,
      ]),
    },
  ],
  perInstrument: {
    kind: "sweep",
    name: "tickers",
    one: ["result"],
    requests: [BTC, PEPE, WIF].map(tickerOf),
    bodies: {
      [tickerOf(BTC)]: reply(ticker(BTC)),
      [tickerOf(PEPE)]: reply(ticker(PEPE, { funding_rate: "0.01", funding_rate_8h_curr: "0.02" })),
      [tickerOf(WIF)]: reply(
        ticker(WIF, {
          funding_rate: "0",
          funding_rate_8h_curr: "0",
          next_funding_time: ns(hour(14)),
        }),
      ),
    },
  },
  expected: 3,
  unlisted: 0,
  quotes: [
    {
      exchangeSymbol: BTC,
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      // Percentage points.
      fundingRate: expect.closeTo(-0.000037, 15),
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: hour(16),
      rateCap: 0.003,
      rateFloor: -0.0025,
      baselineRate: 0.0001,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      // 1,523.5 coins at 64,000.5.
      openInterestDigit: 5,
      openInterestUsd: 97_504_761.75,
      volume24hUsd: 535_125_950.75,
      exchangeTimeMs: STAMP,
    },
    {
      // The resting rate is in proportion to the interval.
      exchangeSymbol: PEPE,
      base: "PEPE",
      multiplier: 1000,
      fundingRate: 0.0001,
      fundingIntervalHours: 4,
      rateCap: 0.0075,
      baselineRate: 0.00005,
    },
    {
      exchangeSymbol: WIF,
      base: "WIF",
      multiplier: 1000,
      fundingRate: 0,
      fundingIntervalHours: 1,
      baselineRate: 0.0000125,
    },
  ],
  explained: {
    formula: "{tickers.funding_rate} / 100",
    rows: {
      tickers: { instrument: BTC, funding_rate: "-0.0037" },
      instruments: { funding_interval_hours: 8 },
    },
    unknown: "ETH_BTC_Perp",
  },
  kindKeys: { instruments: "kind base quote" },
  changes: [
    oldNameChange("the same figure", "0.005"),
    oldNameChange("a figure scaled to 8 h", "0.01"),
    oldNameChange("no figure", undefined),
    oldNameChange("another sign", "-0.02"),
    listChange("funding_interval_hours", "", UNKNOWN_INTERVAL),
    // 16:00 is not on a grid of 12 h, and more than one hour ahead.
    ...[12, 1, 480, 0.5].map((hours) =>
      listChange("funding_interval_hours", hours, UNKNOWN_INTERVAL),
    ),
    listChange("kind", "PERPETUAL_V2", "unknown_kind"),
    listChange("kind", 1, "bad_row"),
    listChange("base", "", "bad_row"),
    listChange("quote", undefined, "bad_row"),
    tickerChange("funding_rate", "", "bad_rate"),
    tickerChange("funding_rate", undefined, "bad_rate"),
    tickerChange("funding_rate", "150", "implausible_rate"),
    // Milliseconds instead of nanoseconds, and vice versa.
    tickerChange("next_funding_time", String(hour(16)), "bad_next_time"),
    tickerChange("next_funding_time", ns(hour(16), "000000000"), "bad_next_time"),
    // A dead contract.
    tickerChange("next_funding_time", ns(hour(16) - 4 * 86_400_000), "not shown"),
    // One side alone is not the volume.
    tickerChange("sell_volume_24h_q", null, { volume24hUsd: null }),
  ],
  failures: [
    ["an error", { code: 1003, message: "Request not found", status: 400 }, "bad_envelope"],
    ["only a message", { message: "no", status: 404 }, "bad_envelope"],
    ["too many requests", { code: 1006, message: "limit", status: 429 }, "rate_limited"],
    ["another instrument's answer", reply(ticker("X_USDT_Perp")), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
    ["nothing live", reply(SKIPPED), "bad_envelope", "instruments"],
  ],
  classified: [
    [400, '{"code":1006,"message":"x"}', "rate_limited"],
    [400, '{"code":10061}', null],
  ],
  exemptions: [
    negativeRate("tickers.funding_rate"),
    hugeAmount("tickers.mark_price", "markPrice", "openInterestUsd"),
    hugeAmount("tickers.index_price", "indexPrice"),
    hugeAmount("tickers.open_interest", "openInterestUsd"),
    hugeAmount("tickers.buy_volume_24h_q", "volume24hUsd"),
    hugeAmount("tickers.sell_volume_24h_q", "volume24hUsd"),
    anyName("instruments.base", "base", "multiplier"),
  ],
  recorded: [
    {
      title: "the recorded list and ticker, joined to a ticker made for the other instrument",
      files: { instruments: "all-instruments.json", [tickerOf(BTC)]: "ticker.json" },
      made: {
        [tickerOf("AAVE_USDT_Perp")]: reply(ticker("AAVE_USDT_Perp", { next_funding_time: null })),
      },
      atMs: 1_764_774_730_500,
      yields: {
        rejects: [],
        expected: 2,
        quotes: [
          {
            base: "BTC",
            fundingRate: expect.closeTo(0.000037, 15),
            fundingIntervalHours: 8,
            nextFundingAtMs: 1_764_777_600_000,
            rateCap: 0.003,
            exchangeTimeMs: 1_764_774_730_025,
            volume24hUsd: expect.closeTo(266955739.1606 + 268170211.7109, 6),
          },
          { base: "AAVE", fundingIntervalHours: 8, rateCap: 0.0075, rateFloor: -0.0075 },
        ],
      },
    },
  ],
};

testExchange(description);

test("of grvt's names that begin with K only the three known ones count thousands", async () => {
  const names = ["KPEPE", "KSHIB", "KBONK", "KAITO", "KAS", "KSM", "kX", "KTRUMP"];
  const symbols = names.map((name) => `${name}_USDT_Perp`);
  const { quotes } = await refreshOf(description, {
    ...Object.fromEntries(symbols.map((name) => [tickerOf(name), reply(ticker(name))])),
    instruments: reply(symbols.map((name) => instrument(name))),
  });
  expect(quotes.map(({ base, multiplier }) => [base, multiplier])).toEqual([
    ["PEPE", 1000],
    ["SHIB", 1000],
    ["BONK", 1000],
    ["KAITO", 1],
    ["KAS", 1],
    ["KSM", 1],
    ["KX", 1],
    ["KTRUMP", 1],
  ]);
});

test("a grvt reject names the unknown kind", async () => {
  const instruments = reply([instrument(BTC, { kind: "PERPETUAL_V2" }), instrument(WIF)]);
  const { rejects } = await refreshOf(description, { instruments });
  expect(rejects).toMatchObject([{ exchangeSymbol: BTC, detail: "kind PERPETUAL_V2" }]);
});

test("an interval of a grvt list older than 30 minutes is unknown", async () => {
  const btcAt = async (minutes: number) => {
    const receivedAtMs = { instruments: AT - minutes * 60_000 };
    const source = memorySource(bodiesOf(description), { nowMs: AT, receivedAtMs });
    return (await grvt.refresh(source)).quotes[0];
  };
  expect(await btcAt(31)).toMatchObject(UNKNOWN_INTERVAL);
  expect((await btcAt(30))?.fundingIntervalHours).toBe(8);
});

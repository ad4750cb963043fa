import { describe, expect, test } from "bun:test";
import { lbank } from "../../src/exchanges/lbank.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const RATES = "/cfd/openApi/v1/pub/marketData?productGroup=SwapU";
const LIST = "/cfd/openApi/v1/pub/instrument?productGroup=SwapU";

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: "0.00003745",
  positionFeeRate: "0.00003745",
  positionFeeTime: 28800,
  nextFeeTime: at(16),
  markedPrice: "71000.5",
  underlyingPrice: "71010.2",
  volume: "33534.2858",
  turnover: "1200636218.25",
  instrumentStatus: "2",
  lastTime: AT / 1000 - 7,
  ...extra,
});
const NO_FUNDING = { fundingRate: undefined, positionFeeTime: undefined };
const instrument = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  baseCurrency: symbol.replace(/USDT$/, ""),
  priceCurrency: "USDT",
  clearCurrency: "USDT",
  needSuspend: 0,
  volumeMultiple: 1,
  ...extra,
});
const reply = (data: unknown, extra: Row = {}): Row => ({
  data,
  error_code: 0,
  msg: "Success",
  result: "true",
  success: true,
  ...extra,
});

const LIVE = [
  ...["BTCUSDT", "1000SATSUSDT", "HK50USDT"].map((symbol) => instrument(symbol)),
  instrument("SUGARUSDT", { needSuspend: 1 }),
];
const DEAD = [
  instrument("10001000SATSUSDT"),
  instrument("BTCUSDC", { priceCurrency: "USDC" }),
  instrument("BTCUSD", { clearCurrency: "BTC" }),
];
const symbolOf = (row: Row): string => String(row["symbol"]);

const BODIES: Bodies = {
  [RATES]: reply([
    rate("BTCUSDT"),
    rate("1000SATSUSDT", { fundingRate: "-0.0012", positionFeeTime: "14400" }),
    rate("HK50USDT", {
      fundingRate: "0",
      positionFeeTime: 3600,
      nextFeeTime: String(at(14)),
      underlyingPrice: "0.0",
    }),
    rate("SUGARUSDT", { fundingRate: "0.0" }),
    ...DEAD.map((row) => rate(symbolOf(row))),
    rate("CRTUSDT", NO_FUNDING),
    rate("10TAUSDT", { fundingRate: undefined }),
    rate("NEWUSDT"),
  ]),
  [LIST]: reply([...LIVE, ...DEAD, instrument("CRTUSDT"), instrument("10TAUSDT")]),
};

const refresh = (bodies: Bodies, nowMs = AT) => lbank.refresh(memorySource(bodies, { nowMs }));

const btcOf = async (rateExtra: Row, listExtra: Row = {}) => {
  const batch = await refresh({
    [RATES]: reply([rate("BTCUSDT", rateExtra)]),
    [LIST]: reply([instrument("BTCUSDT", listExtra), instrument("ETHUSDT")]),
  });
  return { batch, quote: batch.quotes[0] };
};

describe("lbank", () => {
  test("one request every cycle, the list on its own period, both together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await lbank.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "essential rates null",
      "instruments instruments 1800000",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), lbank.facts.requestsPerRefresh]).toEqual([2, 1]);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 6, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTCUSDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.00003745,
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: at(16),
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: null,
      settling: false,
      markPrice: 71000.5,
      indexPrice: 71010.2,
      openInterestUsd: null,
      volume24hUsd: 1200636218.25,
      exchangeTimeMs: AT - 7000,
      receivedAtMs: AT,
    });
  });

  test("a 1000x contract at 4 h, an index at 1 h without a price of its underlying", async () => {
    const { quotes } = await refresh(BODIES);
    const sats = { base: "SATS", multiplier: 1000, fundingRate: -0.0012 };
    expect(quotes[1]).toMatchObject({ ...sats, fundingIntervalHours: 4 });
    const hourly = { fundingRate: 0, fundingIntervalHours: 1, nextFundingAtMs: at(14) };
    expect(quotes[2]).toMatchObject({ base: "HK50", ...hourly, indexPrice: null });
  });

  test("a contract with trading hours is shown; one without a rate is not, and is no broken row", async () => {
    const { quotes, rejects } = await refresh(BODIES);
    expect(quotes[3]).toMatchObject({ exchangeSymbol: "SUGARUSDT", base: "SUGAR", fundingRate: 0 });
    expect(quotes.some(({ base }) => base === "10TA" || base === "CRT")).toBe(false);
    expect(rejects).toEqual([]);
    for (const needSuspend of [undefined, null, "x", "1"])
      expect((await btcOf({}, { needSuspend })).batch).toMatchObject({ rejects: [], expected: 2 });
  });

  test("odd, otherwise quoted or settled, fundless and unlisted ones are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map(symbolOf));
  });

  test("rates that vanish from the reply are missing, not uncounted", async () => {
    const lost = LIVE.map((row, n) => rate(symbolOf(row), n > 0 ? NO_FUNDING : {}));
    const batch = await refresh({ [RATES]: reply(lost), [LIST]: reply(LIVE) });
    expect(batch).toMatchObject({ rejects: [], expected: 4 });
    expect(batch.quotes.map((q) => q.base)).toEqual(["BTC"]);
  });

  test("a row whose kind cannot be told is refused and said", async () => {
    for (const key of ["baseCurrency", "priceCurrency", "clearCurrency"]) {
      const { batch } = await btcOf({}, { [key]: null });
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
  });

  test.each([
    [{ fundingRate: "" }, "bad_rate"],
    [{ fundingRate: "-3" }, "implausible_rate"],
    [{ nextFeeTime: at(16) / 1000 }, "bad_next_time"],
  ])("%p is refused as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("an interval that is absent or contradicted is unknown; a dead contract is skipped", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null };
    const absent = (await btcOf({ positionFeeTime: undefined })).quote;
    expect(absent).toMatchObject({ ...unknown, nextFundingAtMs: at(16) });
    const beyond = (await btcOf({ positionFeeTime: 3600 })).quote;
    expect(beyond).toMatchObject({ ...unknown, nextFundingAtMs: null });
    expect((await btcOf({ nextFeeTime: at(8, 2) })).batch).toMatchObject({
      quotes: [],
      rejects: [],
    });
  });

  test("either request failing costs the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { error_code: 20156, result: "false", success: false }, "bad_envelope"],
    ["a success with a code", reply([rate("BTCUSDT")], { error_code: "7" }), "bad_envelope"],
    ["too many requests, said shortly", { error_code: 183 }, "rate_limited"],
    ["too many requests", { error_code: "183", success: false }, "rate_limited"],
    ["an empty list", reply([]), "bad_envelope"],
    ["a page", "<html></html>", "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    for (const key of [RATES, LIST]) {
      const failure = await refresh({ ...BODIES, [key]: body }).catch((e: unknown) => e);
      expect(failure).toMatchObject({ name: "RequestFailure", kind });
    }
    const classified = lbank.facts.classifyFailure?.(400, JSON.stringify(body));
    expect(classified === "rate_limited").toBe(kind === "rate_limited");
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await lbank.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { fundingRate, positionFeeTime } = rate("BTCUSDT");
    expect(lbank.explain(raw, "BTCUSDT")).toMatchObject({
      rows: { marketData: { fundingRate, positionFeeTime }, instrument: { baseCurrency: "BTC" } },
      formula: "{marketData.fundingRate}",
    });
    expect(lbank.explain(raw, "NONEUSDT")).toBeNull();
  });
});

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const TICKER = "any text may be a ticker";

/** Three rows stay as they are: their symbols alone keep them out of the count. */
const counted = (body: unknown): readonly unknown[] =>
  Object(body).data.filter(
    ({ symbol }: Row) => !["CRTUSDT", "10TAUSDT", "10001000SATSUSDT"].includes(String(symbol)),
  );

test("lbank: no single wrong value makes a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      {
        name: "rates",
        request: RATES,
        rows: counted,
      },
      { name: "list", request: LIST, rows: counted },
    ],
    refresh: async (bodies) =>
      lbank.parse(await lbank.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.fundingRate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("rates.markedPrice", ["huge"], ["markPrice"], LEGAL),
      may("rates.underlyingPrice", ["huge"], ["indexPrice"], LEGAL),
      may("rates.turnover", ["huge"], ["volume24hUsd"], LEGAL),
      may("list.baseCurrency", ["NaN", "huge", "negative"], ["base", "multiplier"], TICKER),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("lbank, recorded", (read) => {
  test("market data and instruments as a known client prints them", async () => {
    const { quotes, rejects, expected } = await refresh(
      {
        [RATES]: await read("lbank", "marketData.json"),
        [LIST]: await read("lbank", "instrument.json"),
      },
      1730730000000,
    );
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 1 });
    const prices = { markPrice: 68434.1, indexPrice: 68455.904, volume24hUsd: 1200636218.210558 };
    const times = { fundingIntervalHours: 8, nextFundingAtMs: 1730736000000 };
    expect(quotes).toMatchObject([{ base: "BTC", fundingRate: 0.0001, ...prices, ...times }]);
  });

  test("an empty success and an error are failures", async () => {
    for (const file of ["marketData-missing-productGroup.json", "error-delisted.json"]) {
      const body = await read("lbank", file);
      await expect(refresh({ ...BODIES, [RATES]: body })).rejects.toMatchObject({
        kind: "bad_envelope",
      });
    }
  });

  test("the shape of 2023 has no rates: all contracts of the list are missing, which refuses the batch", async () => {
    const body = await read("lbank", "marketData-2023-shape.json");
    const { quotes, expected } = await refresh({ ...BODIES, [RATES]: body });
    expect([quotes.length, expected]).toEqual([0, 6]);
  });
});

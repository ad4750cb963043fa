import { describe, expect, test } from "bun:test";
import { pacifica } from "../../src/exchanges/pacifica.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const PRICES = "/api/v1/info/prices";
const INFO = "/api/v1/info";
const AT = Date.UTC(2026, 9, 5, 13, 30);
const STAMP = AT - 400;
const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);

type Row = Readonly<Record<string, unknown>>;

const price = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding: "0.00001529",
  next_funding: "0.00001096",
  mark: "64000.5",
  mid: "64000",
  oracle: "64010.25",
  open_interest: "363.5",
  volume_24h: "20896698.5",
  timestamp: STAMP,
  ...extra,
});
const info = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  funding_rate: "0.0000125",
  next_funding_rate: "0.0000125",
  instrument_type: "perpetual",
  base_asset: symbol,
  ...extra,
});
const reply = (data: unknown): Row => ({ success: true, data, error: null, code: null });
const BODIES: Bodies = {
  [PRICES]: reply([
    price("BTC"),
    price("kPEPE", { next_funding: "-0.00121", mark: "0.02", open_interest: "5000000" }),
    price("XPL", { next_funding: "0", funding: "" }),
    price("SOL-USDC", { next_funding: "0" }),
    price("STRANGER"),
  ]),
  [INFO]: reply([
    info("BTC"),
    info("kPEPE"),
    info("XPL"),
    info("SOL-USDC", { instrument_type: "spot", base_asset: "SOL" }),
  ]),
};

const refresh = (bodies: Bodies, nowMs = AT) => pacifica.refresh(memorySource(bodies, { nowMs }));
const btcOf = (priceExtra: Row, infoExtra: Row = {}) =>
  refresh({
    [PRICES]: reply([price("BTC", priceExtra)]),
    [INFO]: reply([info("BTC", infoExtra)]),
  });

const BTC = { exchangeSymbol: "BTC", base: "BTC", multiplier: 1, quote: "USD", settle: "USDC" };
const UNKNOWN = { predictedRate: null, instantRate: null, assetClass: null, listedAtMs: null };

describe("pacifica", () => {
  test("one request every cycle, the list every half hour, together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await pacifica.refresh(source);
    expect(source.asks).toEqual([
      { kind: "essential", name: "prices", everyMs: null },
      { kind: "instruments", name: "instruments", everyMs: 30 * 60_000 },
    ]);
    expect(source.requests).toEqual([PRICES, INFO]);
    expect(source.mostAtOnce()).toBe(2);
    expect(pacifica.facts.requestsPerRefresh).toBe(1);
  });

  test("a market becomes a quote with every field; which rate was paid is disputed, so none is called settled", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 1 });
    expect(quotes[0]).toEqual({
      ...BTC,
      ...UNKNOWN,
      accrual: "periodic",
      fundingRate: 0.00001096,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: at(14),
      settledRate: null,
      settledAtMs: null,
      rateCap: null,
      rateFloor: null,
      baselineRate: 0.0000125,
      settling: false,
      markPrice: 64000.5,
      indexPrice: 64010.25,
      openInterestDigit: 5,
      openInterestUsd: 363.5 * 64000.5,
      volume24hUsd: 20896698.5,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("a multiplier counts wherever it is written: in the symbol, in the base asset or in both", async () => {
    for (const [symbol, base_asset] of [
      ["kPEPE", "PEPE"],
      ["kPEPE", "kPEPE"],
      ["kPEPE", ""],
      ["PEPE", "kPEPE"],
    ] as const) {
      const bodies = {
        [PRICES]: reply([price(symbol)]),
        [INFO]: reply([info(symbol, { base_asset })]),
      };
      expect((await refresh(bodies)).quotes).toMatchObject([{ base: "PEPE", multiplier: 1000 }]);
    }
  });

  test("a kilo prefix, a zero rate, and no spot", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((quote) => quote.exchangeSymbol)).toEqual(["BTC", "kPEPE", "XPL"]);
    const pepe = {
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00121,
      openInterestUsd: 100_000,
    };
    expect(quotes[1]).toMatchObject(pepe);
    expect(quotes[2]).toMatchObject({ fundingRate: 0 });
  });

  test("open interest is in dollars where Bitcoin's could be nothing else, and unknown without Bitcoin", async () => {
    const most = await btcOf({ open_interest: "100000" });
    expect(most.quotes).toMatchObject([{ openInterestUsd: 100_000 * 64000.5 }]);
    const dollars = await btcOf({ open_interest: "100001" });
    expect(dollars.quotes).toMatchObject([{ openInterestUsd: 100_001 }]);
    const without = await refresh({ ...BODIES, [PRICES]: reply([price("kPEPE"), price("XPL")]) });
    expect(without.quotes.map((quote) => quote.openInterestUsd)).toEqual([null, null]);
  });

  test("the hour is that of the row's own stamp, so a reply over the hour keeps its charge", async () => {
    const { quotes } = await refresh(BODIES, STAMP);
    expect(quotes[0]?.nextFundingAtMs).toBe(at(14));
    const rows = reply([price("BTC", { timestamp: at(14) - 100 })]);
    const late = await refresh({ ...BODIES, [PRICES]: rows }, at(14) + 200);
    expect(late.quotes).toMatchObject([{ nextFundingAtMs: at(14) }]);
  });

  test.each([
    ["no rate", { next_funding: null }, {}, "bad_rate", 1],
    ["a rate over its notional", { next_funding: "-1.01" }, {}, "implausible_rate", 1],
    ["no kind", {}, { instrument_type: 1 }, "bad_row", 0],
  ])("%s: refused", async (_, priceExtra, infoExtra, reason, expected) => {
    const rejects = [{ exchangeSymbol: "BTC", reason }];
    expect(await btcOf(priceExtra, infoExtra)).toMatchObject({ quotes: [], rejects, expected });
  });

  test("without a base the symbol is the base", async () => {
    expect((await btcOf({}, { base_asset: null })).quotes).toMatchObject([{ base: "BTC" }]);
  });

  const failed = { success: false, data: null, error: "no" };
  test.each([
    ["an error", { ...failed, code: 403 }, "bad_envelope"],
    ["a business error", { ...failed, code: 422, error_id: "x" }, "bad_envelope"],
    ["too many requests", { ...failed, code: 429 }, "rate_limited"],
    ["a bare list", [price("BTC")], "bad_envelope"],
    ["no list", reply(null), "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ])("%s fails the refresh, for prices and list alike", async (_, body, kind) => {
    for (const key of [PRICES, INFO]) {
      const failure = refresh({ ...BODIES, [key]: body });
      await expect(failure).rejects.toBeInstanceOf(RequestFailure);
      await expect(failure).rejects.toMatchObject({ kind });
    }
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const { explain } = await refresh(BODIES);
    expect(explain("BTC")?.origin).toMatchObject({
      rows: { prices: { next_funding: "0.00001096" }, instruments: { base_asset: "BTC" } },
      formula: "{prices.next_funding}",
    });
    expect(explain("STRANGER")).toBeNull();
  });
});

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const may = (
  where: string,
  mutations: Exemption["mutations"],
  ...fields: Exemption["fields"]
): Exemption => ({ at: where, mutations, fields, why: LEGAL });
const exemptions: readonly Exemption[] = [
  may("prices.next_funding", ["negative"], "fundingRate"),
  may("prices.mark", ["huge"], "markPrice", "openInterestUsd"),
  may("prices.oracle", ["huge"], "indexPrice"),
  may("prices.open_interest", ["huge"], "openInterestUsd"),
  may("prices.volume_24h", ["huge"], "volume24hUsd"),
  may("info.base_asset", ["NaN", "huge", "negative"], "base", "multiplier"),
];

test("pacifica: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object(body).data;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "prices", request: PRICES, rows },
      { name: "info", request: INFO, rows },
    ],
    refresh: async (bodies) => ({ ...(await refresh(bodies)), explain: null }),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

describeRecorded("pacifica, recorded", (read) => {
  test("the prices of XPL, joined to a list made for them: no unit of open interest without Bitcoin", async () => {
    const body = await read("pacifica", "info-prices.json");
    const { quotes } = await refresh(
      { [PRICES]: body, [INFO]: reply([info("XPL")]) },
      1759222968500,
    );
    expect(quotes).toMatchObject([{ fundingRate: 0.00011096, exchangeTimeMs: 1759222967974 }]);
    expect(quotes[0]?.nextFundingAtMs).toBe(Date.UTC(2025, 8, 30, 10));
    expect(quotes[0]).toMatchObject({ openInterestUsd: null, volume24hUsd: 20896698.0672 });
  });

  test("the list of a perpetual and a spot market, joined to prices made for it", async () => {
    const body = await read("pacifica", "info.json");
    const rows = reply([price("BTC"), price("SOL-USDC")]);
    const { quotes, expected, unlisted } = await refresh({ [PRICES]: rows, [INFO]: body });
    expect({ expected, unlisted }).toEqual({ expected: 1, unlisted: 0 });
    expect(quotes.map((quote) => quote.base)).toEqual(["BTC"]);
  });
});

import { describe, expect, test } from "bun:test";
import { htx } from "../../src/exchanges/htx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  RATES,
  INDEX,
  INTEREST,
  LIST,
  AT,
  STAMP,
  at,
  rate,
  contract,
  LIVE,
  codeOf,
  reply,
  BODIES,
  refresh,
  btcOf,
} from "./htx-payloads.ts";

describe("htx", () => {
  test("requests three calls every cycle, the list every five minutes, and checks the rate call every four hours", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await htx.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "instruments instruments 300000",
      "instruments rateCall 14400000",
      "secondary index null",
      "secondary openInterest null",
      "essential rates null",
    ]);
    expect(source.requests.toSorted()).toEqual([RATES, ...Object.keys(BODIES)].toSorted());
    expect([source.mostAtOnce(), htx.facts.requestsPerRefresh]).toEqual([4, 3]);
  });

  test("a contract becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      // Coins have no label.
      assetClass: null,
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.0000915,
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
      markPrice: null,
      indexPrice: 71020.5,
      // Open interest as sent; the turnover counts both sides.
      openInterestDigit: 2,
      openInterestUsd: 142000000.5,
      volume24hUsd: 450500055.625,
      exchangeTimeMs: STAMP,
      receivedAtMs: AT,
    });
  });

  test("an interval of 4 h, a stock with a zero rate and a frozen index, a gold token at 1 h", async () => {
    const { quotes } = await refresh(BODIES);
    const pepe = { base: "PEPE", assetClass: null, fundingRate: -0.00125, openInterestUsd: 0 };
    expect(quotes[1]).toMatchObject({ ...pepe, fundingIntervalHours: 4 });
    const tesla = { base: "TSLA", assetClass: "stock", fundingRate: 0, indexPrice: null };
    expect(quotes[2]).toMatchObject({ ...tesla, openInterestUsd: null });
    const gold = { base: "XAUT", assetClass: "crypto", fundingIntervalHours: 1 };
    expect(quotes[3]).toMatchObject({ ...gold, nextFundingAtMs: at(14) });
  });

  test("suspended, dated, inverse, otherwise settled and unlisted contracts are not shown", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(LIVE.map(codeOf));
  });

  test("a row of unclear kind is rejected and counted", async () => {
    const untyped = { business_type: null, contract_type: 5 };
    for (const extra of [{ contract_status: null }, { contract_status: "on" }, untyped]) {
      const { batch } = await btcOf({}, extra);
      expect(batch).toMatchObject({ quotes: [], rejects: [{ reason: "bad_row" }], expected: 1 });
    }
    expect((await btcOf({}, { business_type: null })).quote?.base).toBe("BTC");
  });

  test.each([
    ["Commodities", "commodity"],
    [["Indices"], "index"],
    [["Metals"], "metal"],
    [["Stocks"], "stock"],
    // Both are only on funds.
    [["Stocks", "Indices"], "etf"],
    [["Stocks", "Indices", "Metals"], null],
    [[], null],
    [undefined, null],
    [["Stocks", "Metals"], null],
    [["Bonds"], null],
    ["", null],
  ])("labels %p mean the class %p", async (tradfi_labels, assetClass) => {
    expect((await btcOf({}, { tradfi_labels })).quote).toMatchObject({ assetClass });
  });

  test.each([
    [["stock"], [], "stock"],
    [["new", "indices", "common"], [], "index"],
    [["commodities"], [], "commodity"],
    [["stock", "indices"], [], null],
    [["tradfi", "common"], [], null],
    [undefined, [], null],
    ["stock", undefined, "stock"],
    // An index that was listed under Stocks; otherwise the declared labels take precedence.
    [["tradfi", "indices"], ["Stocks"], "index"],
    [["tradfi", "commodities"], ["Metals"], "metal"],
    [["tradfi", "stock"], ["Bonds"], null],
  ])("free labels %p beside %p mean the class %p", async (labels, tradfi_labels, assetClass) => {
    expect((await btcOf({}, { labels, tradfi_labels })).quote).toMatchObject({ assetClass });
  });

  test("a business that is neither swap nor futures is an unknown kind", async () => {
    const { batch } = await btcOf({}, { business_type: "prediction" });
    const rejects = [{ exchangeSymbol: "BTC-USDT", reason: "unknown_kind" }];
    expect(batch).toMatchObject({ quotes: [], rejects, expected: 1 });
  });

  test("an interval is unknown when absent, older than 30 minutes or contradicted", async () => {
    const unknown = { fundingIntervalHours: null, intervalSource: null, nextFundingAtMs: at(16) };
    const age = (minutes: number) => ({ receivedAtMs: { instruments: AT - minutes * 60_000 } });
    expect((await btcOf({}, { settlement_period: undefined })).quote).toMatchObject(unknown);
    expect((await btcOf({}, { settlement_period: "1" })).quote).toMatchObject(unknown);
    expect((await btcOf({}, {}, age(31))).quote).toMatchObject(unknown);
    expect((await btcOf({}, {}, age(30))).quote?.fundingIntervalHours).toBe(8);
  });

  test.each([
    ["480", 16],
    ["5", 16],
    // The list is older than the row: 20:00 is not on the 8-hour grid.
    ["8", 20],
    ["4", 14],
  ])("an interval of %p with a next time at %i is unknown", async (settlement_period, hour) => {
    const { quote } = await btcOf({ funding_time: String(at(hour)) }, { settlement_period });
    expect(quote).toMatchObject({ fundingIntervalHours: null, nextFundingAtMs: at(hour) });
  });

  test("a contract listed twice with different rates is not shown; equal duplicates are merged", async () => {
    const twins = (second: unknown) =>
      refresh({ ...BODIES, [RATES]: reply([rate("BTC-USDT"), second, rate("PEPE-USDT")]) });
    const { quotes, rejects } = await twins(rate("BTC-USDT", { funding_rate: "0.0002" }));
    expect(quotes.map(({ exchangeSymbol }) => exchangeSymbol)).toEqual(["PEPE-USDT"]);
    expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
    expect((await twins(rate("BTC-USDT"))).quotes).toHaveLength(2);
  });

  test.each([
    [{ funding_rate: null }, "bad_rate"],
    [{ funding_rate: "1.2" }, "implausible_rate"],
    [{ funding_time: String(at(16) / 1000) }, "bad_next_time"],
  ])("%p is rejected as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("a secondary reply failing affects only its own fields; rates or list failing fail the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const [noIndex] = (await refresh({ ...BODIES, [INDEX]: down })).quotes;
    expect(noIndex).toMatchObject({ indexPrice: null, openInterestUsd: 142000000.5 });
    const [noInterest] = (await refresh({ ...BODIES, [INTEREST]: down })).quotes;
    expect(noInterest).toMatchObject({ openInterestUsd: null, volume24hUsd: null });
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["too many requests", { status: "error", err_code: 1032 }, "rate_limited"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no status", { data: [rate("BTC-USDT")] }, "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind });
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await htx.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    const { funding_rate, funding_time } = rate("BTC-USDT");
    expect(htx.explain(raw, "BTC-USDT")).toMatchObject({
      rows: { rates: { funding_rate, funding_time }, instruments: { settlement_period: "8" } },
      formula: "{rates.funding_rate}",
    });
    expect(htx.explain(raw, "NONE-USDT")).toBeNull();
    expect(htx.facts.classifyFailure?.(403, '{"err_code":1032}')).toBe("rate_limited");
    expect(htx.facts.classifyFailure?.(403, '{"err_code":10321}')).toBeNull();
  });
});

describeRecorded("htx, recorded", (read) => {
  test("a batch of 2022, joined to a made-up contract", async () => {
    const [quote] = (
      await refresh(
        {
          ...BODIES,
          [RATES]: await read("htx", "swap_batch_funding_rate.json"),
          [LIST]: reply([contract("MANA-USDT")]),
        },
        { nowMs: 1643346173500 },
      )
    ).quotes;
    const times = { exchangeTimeMs: 1643346173103, nextFundingAtMs: 1643356800000 };
    expect(quote).toMatchObject({ base: "MANA", fundingRate: 0.0001, ...times });
  });

  test("the contracts and open interest of 2026, with the only rate recorded at the time put into a list", async () => {
    const one: unknown = await read("htx", "swap_funding_rate-2026.json");
    const bodies = {
      ...BODIES,
      [RATES]: { status: "ok", data: [Object(one).data] },
      [INTEREST]: await read("htx", "swap_open_interest.json"),
      [LIST]: await read("htx", "swap_contract_info.json"),
    };
    const { quotes, rejects } = await refresh(bodies, { nowMs: 1787166000000 });
    expect(rejects).toEqual([]);
    const money = { openInterestUsd: 2104319788.3167, volume24hUsd: 447822736.625 };
    const rest = { fundingRate: -0.000017417222787085, fundingIntervalHours: 8 };
    expect(quotes).toMatchObject([{ base: "BTC", assetClass: null, ...money, ...rest }]);
    await expect(refresh({ ...BODIES, [RATES]: one })).rejects.toMatchObject({
      kind: "bad_envelope",
    });
  });

  test("the contracts of 2022 have no interval; an error is a failure", async () => {
    const list = await read("htx", "swap_contract_info-2022.json");
    const { expected, quotes } = await refresh({ ...BODIES, [LIST]: list });
    expect({ expected, hours: quotes.map((q) => q.fundingIntervalHours) }).toEqual({
      expected: 3,
      hours: [null],
    });
    const error = await read("htx", "error.json");
    await expect(refresh({ ...BODIES, [LIST]: error })).rejects.toMatchObject({
      kind: "bad_envelope",
    });
  });

  test("the new call's rates, joined to a made-up contract", async () => {
    const v5 = "/v5/market/funding_rate?contract_code=BTC-USDT";
    const bodies = {
      ...BODIES,
      [RATES]: new RequestFailure("http", "gone", { status: 404 }),
      [v5]: await read("htx", "v5-funding_rate.json"),
      [LIST]: reply([contract("BTC-USDT")]),
    };
    const [quote] = (await refresh(bodies, { nowMs: 1781235318800 })).quotes;
    const bounds = { rateCap: 0.00375, rateFloor: -0.00375 };
    expect(quote).toMatchObject({ fundingRate: 0.000083024939363172, ...bounds });
  });
});

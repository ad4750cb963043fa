import { describe, expect, test } from "bun:test";
import { htx } from "../../src/exchanges/htx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
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
  DEAD,
  codeOf,
  reply,
  BODIES,
  refresh,
  btcOf,
} from "./htx-payloads.ts";
import type { Row } from "./htx-payloads.ts";

describe("htx", () => {
  test("three requests every cycle, the list every five minutes, all together", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await htx.refresh(source);
    expect(source.asks.map(({ kind, name, everyMs }) => `${kind} ${name} ${everyMs}`)).toEqual([
      "instruments instruments 300000",
      "essential rates null",
      "secondary index null",
      "secondary openInterest null",
    ]);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect([source.mostAtOnce(), htx.facts.requestsPerRefresh]).toEqual([4, 3]);
  });

  test("a contract becomes a quote with every field by the page's units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 1 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC-USDT",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      assetClass: "crypto",
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
      // Half of both sides.
      openInterestUsd: 71000000.25,
      volume24hUsd: 901000111.25,
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

  test("a row whose kind cannot be told is refused and said", async () => {
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
    [["Stocks", "Metals"], null],
    [["Bonds"], null],
    ["", null],
  ])("labels %p mean the class %p", async (tradfi_labels, assetClass) => {
    expect((await btcOf({}, { tradfi_labels })).quote).toMatchObject({ assetClass });
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
    [{ funding_rate: null }, "bad_rate"],
    [{ funding_rate: "1.2" }, "implausible_rate"],
    [{ funding_time: String(at(16) / 1000) }, "bad_next_time"],
  ])("%p is refused as %s", async (extra, reason) => {
    const { batch } = await btcOf(extra);
    expect(batch).toMatchObject({ quotes: [], rejects: [{ reason }], expected: 2 });
  });

  test("a secondary reply failing costs its fields only; rates or list failing cost the refresh", async () => {
    const down = new RequestFailure("timeout", "no answer");
    const [noIndex] = (await refresh({ ...BODIES, [INDEX]: down })).quotes;
    expect(noIndex).toMatchObject({ indexPrice: null, openInterestUsd: 71000000.25 });
    const [noInterest] = (await refresh({ ...BODIES, [INTEREST]: down })).quotes;
    expect(noInterest).toMatchObject({ openInterestUsd: null, volume24hUsd: null });
    for (const key of [RATES, LIST])
      await expect(refresh({ ...BODIES, [key]: down })).rejects.toBe(down);
  });

  test.each([
    ["an error", { status: "error", err_code: 1014, err_msg: "no" }, "bad_envelope"],
    ["a market error", { status: "error", "err-code": "bad-request" }, "bad_envelope"],
    ["an error of v5", { code: 1067, message: "no", data: [] }, "bad_envelope"],
    ["too many requests", { status: "error", err_code: 1032 }, "rate_limited"],
    ["an empty list", reply([]), "bad_envelope"],
    ["no status", { data: [rate("BTC-USDT")] }, "bad_envelope"],
  ])("%s with HTTP 200 fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...BODIES, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind });
  });

  test("a closed rate call is replaced by its successor, ten live contracts at a time", async () => {
    const gone = new RequestFailure("http", "gone", { status: 410 });
    const codes = Array.from({ length: 11 }, (_, n) => `C${n}-USDT`);
    const v5 = (some: readonly string[]): string =>
      `/v5/market/funding_rate?contract_code=${some.join(",")}`;
    const bounds = { min_funding_rate: "-0.003", max_funding_rate: "0.00375" };
    const answer = (some: readonly string[]): Row => ({
      code: 200,
      message: "Success",
      data: some.map((code) => rate(code, bounds)),
      ts: STAMP,
    });
    const { quotes } = await refresh({
      ...BODIES,
      [RATES]: gone,
      [LIST]: reply([...codes.map((code) => contract(code)), ...DEAD]),
      [v5(codes.slice(0, 10))]: answer(codes.slice(0, 10)),
      [v5(codes.slice(10))]: answer(codes.slice(10)),
    });
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(codes);
    expect(quotes[10]).toMatchObject({
      rateCap: 0.00375,
      rateFloor: -0.003,
      exchangeTimeMs: STAMP,
    });
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

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";

test("htx: no single wrong value makes a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object(body).data;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "index", request: INDEX, rows },
      { name: "interest", request: INTEREST, rows },
      { name: "list", request: LIST, rows },
    ],
    refresh: async (bodies) => htx.parse(await htx.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.funding_rate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("index.index_price", ["huge"], ["indexPrice"], LEGAL),
      may("interest.value", ["huge"], ["openInterestUsd"], LEGAL),
      may("interest.trade_turnover", ["huge"], ["volume24hUsd"], LEGAL),
    ],
  });
  expect(breaches).toEqual([]);
});

describeRecorded("htx, recorded", (read) => {
  test("a batch of 2022, joined to a contract made for it", async () => {
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

  test("the contracts and open interest of 2026, with the one rate recorded then put into a list", async () => {
    const one: unknown = await read("htx", "swap_funding_rate-2026.json");
    const bodies = {
      ...BODIES,
      [RATES]: { status: "ok", data: [Object(one).data] },
      [INTEREST]: await read("htx", "swap_open_interest.json"),
      [LIST]: await read("htx", "swap_contract_info.json"),
    };
    const { quotes, rejects } = await refresh(bodies, { nowMs: 1787166000000 });
    expect(rejects).toEqual([]);
    const money = { openInterestUsd: 2104319788.3167 / 2, volume24hUsd: 895645473.25 };
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
    await expect(refresh({ ...BODIES, [RATES]: error })).rejects.toMatchObject({
      kind: "bad_envelope",
    });
  });

  test("the successor's rates, joined to a contract made for them", async () => {
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

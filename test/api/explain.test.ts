import { describe, expect, test } from "bun:test";
import { ORIGIN_GAPS, type Origin } from "../../src/domain/origin.ts";
import type { Explanation } from "../../src/domain/quote.ts";
import { MAX_WAITING } from "../../src/collector/explainer.ts";
import type { ExplanationBody } from "../../src/http/api/explain/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const BTC: Explanation = {
  quote: quoteOf("BTC", { fundingRate: 0.00001, receivedAtMs: NOON_MS - 7_000 }),
  origin: {
    rows: {
      tickers: { symbol: "PF_XBTUSD", fundingRate: "0.81", prices: { index: 81_000 } },
      status: ["x", "0.5"],
    },
    formula: "max(-0.0025, {tickers.fundingRate} / {tickers.prices.index}) * {status.1} * 2",
  },
};

/** Of every exchange's last batch on a test's board. */
const STORED_AT_MS = NOON_MS - 5_000;

function app(origin: Origin = BTC) {
  const requests: unknown[] = [];
  const rows = [
    rowOf("kraken", "BTC", { exchangeSymbol: "PF_XBTUSD", fundingRate: 0.00001 }),
    rowOf("hibachi", "ETH", { exchangeSymbol: "ETH/USDT-P", fundingIntervalHours: null }),
    rowOf("gate", "币安人生", { exchangeSymbol: "币安人生_USDT" }),
  ];
  const served = testApp(new TestBoard(snapshotOf("1-1", rows)), {
    askForOrigin: (request) => {
      requests.push(request);
      return Promise.resolve(origin);
    },
  });
  const explain = async (path: string): Promise<ExplanationBody> => {
    const response = await served.get(`/api/explain/${path}`);
    expect(response.status).toBe(200);
    return (await response.json()) as ExplanationBody;
  };
  return { served, requests, explain };
}

describe("/api/explain", () => {
  test("shows the raw rows as received, the rule, and the formulas with their numbers", async () => {
    const { explain, requests } = app();
    const body = await explain("kraken/PF_XBTUSD");
    expect(requests).toEqual([
      { exchange: "kraken", exchangeSymbol: "PF_XBTUSD", storedAtMs: STORED_AT_MS },
    ]);
    expect(body.raw).toEqual({ ...BTC.origin.rows });
    expect(body.rate).toEqual({
      formula: BTC.origin.formula,
      with_numbers: "max(-0.0025, 0.81 / 81000) * 0.5 * 2",
      value: 0.00001,
    });
    expect(body.annualized).toEqual({
      formula: "{funding_rate} * (24 / {funding_interval_hours}) * 365 * 100",
      with_numbers: "0.00001 * (24 / 8) * 365 * 100",
      value: expect.closeTo(1.095, 12),
    });
    expect(body).toMatchObject({
      raw_reason: null,
      raw_observed_at: NOON_MS / 1000 - 7,
      rate_rule: "The rate of kraken is a fraction.",
      interval_rule: "The interval of kraken is published.",
      interval_source: "published",
      row: { exchange_symbol: "PF_XBTUSD", funding_rate: 0.00001 },
      observed_at: NOON_MS / 1000 - 7,
      documentation: "https://docs.invalid/kraken",
    });
  });

  test("says so if the raw rows are not available, and shows everything else", async () => {
    const body = await app("not_in_memory").explain("kraken/PF_XBTUSD");
    expect(body).toMatchObject({ raw: null, raw_reason: "not_in_memory", rate: null });
    expect(body.annualized?.value).toBeCloseTo(1.095, 12);
  });

  test.each([...ORIGIN_GAPS])("names %s as the reason", async (gap) => {
    const body = await app(gap).explain("kraken/PF_XBTUSD");
    expect(body).toMatchObject({ raw: null, raw_reason: gap, raw_observed_at: null, rate: null });
    expect(body.row.funding_rate).toBe(0.00001);
  });

  test.each([
    ["another rate", { fundingRate: 0.0000100001 }],
    ["the same rate at another time", { receivedAtMs: NOON_MS - 7_001 }],
  ])("never explains %s than the row shows", async (_what, extra) => {
    const body = await app({ ...BTC, quote: { ...BTC.quote, ...extra } }).explain(
      "kraken/PF_XBTUSD",
    );
    expect(body).toMatchObject({ raw: null, raw_reason: "being_replaced", rate: null });
    expect(body.row.funding_rate).toBe(0.00001);
  });

  test("accepts symbols with a slash and non-ASCII ones, percent-encoded, in any case", async () => {
    const { explain } = app();
    const slash = await explain("hibachi/ETH%2FUSDT-P");
    expect(slash.row.exchange_symbol).toBe("ETH/USDT-P");
    expect(slash.annualized).toBeNull();
    const lower = await explain("kraken/pf_xbtusd");
    expect(lower.row.exchange_symbol).toBe("PF_XBTUSD");
    const chinese = await explain(`gate/${encodeURIComponent("币安人生_USDT")}`);
    expect(chinese.row.exchange_symbol).toBe("币安人生_USDT");
  });

  test.each([
    ["nowhere/BTCUSDT", 400, "bad_parameter"],
    ["okx/BTCUSDT", 503, "no_data"],
    ["gate/BTCUSDT", 404, "unknown_instrument"],
    ["kraken/pf_xbtusdt", 404, "unknown_instrument"],
    ["kraken/PF_XBTUSD?x=1", 400, "bad_parameter"],
    [`kraken/${"A".repeat(200)}`, 400, "bad_parameter"],
  ])("refuses %s with %i %s", async (path, status, code) => {
    const { served, requests } = app();
    const response = await served.get(`/api/explain/${path}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  test("clients take turns: one that requests many rows leaves room for others", async () => {
    const requests: { readonly exchange: string; readonly answer: () => void }[] = [];
    const rows = [rowOf("kraken", "BTC"), rowOf("gate", "BTC")];
    const { fetch } = testApp(new TestBoard(snapshotOf("1-1", rows)), {
      askForOrigin: ({ exchange }) => {
        const { promise, resolve } = Promise.withResolvers<Origin>();
        requests.push({ exchange, answer: () => resolve("not_in_last_batch") });
        return promise;
      },
    });
    const explain = (exchange: string, remoteAddress: string) =>
      Promise.resolve(
        fetch(new Request(`http://finder.test/api/explain/${exchange}/BTCUSDT`), { remoteAddress }),
      ).then((response) => response.json() as Promise<ExplanationBody>);
    const many = Array.from({ length: 40 }, () => explain("kraken", "10.0.0.1"));
    const one = explain("gate", "10.0.0.2");
    await new Promise(setImmediate);
    expect(requests.length).toBeLessThan(MAX_WAITING);
    // The second client's request follows those that were already sent to the collector.
    let answered = 0;
    while (!requests.some(({ exchange }) => exchange === "gate") && answered < 40) {
      requests[answered]?.answer();
      answered += 1;
      await new Promise(setImmediate);
    }
    expect(answered).toBeLessThan(MAX_WAITING + 1);
    for (const { answer } of requests) answer();
    expect(await one).toMatchObject({ raw_reason: "not_in_last_batch" });
    while (answered < 60) {
      requests[answered]?.answer();
      answered += 1;
      await new Promise(setImmediate);
    }
    expect((await Promise.all(many)).map((body) => body.raw_reason)).toEqual(
      Array.from({ length: 40 }, () => "not_in_last_batch" as const),
    );
  });

  test("is not cacheable", async () => {
    const response = await app().served.get("/api/explain/kraken/PF_XBTUSD");
    expect(response.headers.get("cache-control")).toContain("no-store");
  });
});

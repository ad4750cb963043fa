import { describe, expect, test } from "bun:test";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { htx } from "../../src/exchanges/htx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Bodies } from "../support/memory-source.ts";
import { ManualClock } from "../support/manual-clock.ts";
import {
  at,
  AT,
  BODIES,
  contract,
  DEAD,
  LIST,
  rate,
  RATES,
  refresh,
  reply,
  type Row,
  STAMP,
} from "./htx-payloads.ts";

const CODES = Array.from({ length: 11 }, (_, n) => `C${n}-USDT`);
const v5 = (codes: readonly string[]): string =>
  `/v5/market/funding_rate?contract_code=${codes.join(",")}`;
const bounds = { min_funding_rate: "-0.003", max_funding_rate: "0.00375" };
const answer = (codes: readonly string[]): Row => ({
  code: 200,
  message: "Success",
  data: codes.map((code) => rate(code, bounds)),
  ts: STAMP,
});
const [TEN, LAST] = [CODES.slice(0, 10), CODES.slice(10)];
const SUCCESSOR: Bodies = {
  ...BODIES,
  [LIST]: reply([...CODES.map((code) => contract(code)), ...DEAD]),
  [v5(TEN)]: answer(TEN),
  [v5(LAST)]: answer(LAST),
};
const CLOSED = { status: "error", err_code: 1404, err_msg: "offline", ts: STAMP };

describe("htx, when the call for all rates is closed", () => {
  test.each([
    ["an error of its own", CLOSED],
    ["an unknown contract", { status: "error", err_code: 1014, err_msg: "no" }],
    ["a market error", { status: "error", "err-code": "bad-request" }],
    ["an error of v5", { code: 1067, message: "no", data: [] }],
    ["HTTP 404", new RequestFailure("http", "gone", { status: 404 })],
    ["HTTP 410", new RequestFailure("http", "gone", { status: 410 })],
  ])("%s switches to the new call, ten live contracts at a time", async (_, body) => {
    const { quotes } = await refresh({ ...SUCCESSOR, [RATES]: body });
    expect(quotes.map((q) => q.exchangeSymbol)).toEqual(CODES);
    expect(quotes[10]).toMatchObject({
      fundingIntervalHours: 8,
      nextFundingAtMs: at(16),
      rateCap: 0.00375,
      rateFloor: -0.003,
      exchangeTimeMs: STAMP,
    });
  });

  test.each([
    ["too many requests", { status: "error", err_code: 1032 }, "rate_limited"],
    ["HTTP 500", new RequestFailure("http", "broken", { status: 500 }), "http"],
    ["neither status nor code", { data: [rate("BTC-USDT")] }, "bad_envelope"],
    ["an empty list", reply([]), "bad_envelope"],
  ])("%s is no such sign and fails the refresh", async (_, body, kind) => {
    const failure = await refresh({ ...SUCCESSOR, [RATES]: body }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "RequestFailure", kind });
  });

  test.each([
    ["an error", { code: 1066, message: "no" }],
    ["another contract's rate", answer(["BTC-USDT"])],
  ])("%s from the new call fails the refresh", async (_, body) => {
    const bodies = { ...SUCCESSOR, [RATES]: CLOSED, [v5(LAST)]: body };
    await expect(refresh(bodies)).rejects.toMatchObject({ kind: "bad_envelope" });
  });
});

const MINUTE_MS = 60_000;

test("htx: the outcome is remembered for four hours, and an open call is used once a cycle", async () => {
  const clock = new ManualClock(AT);
  let rates: unknown = BODIES[RATES];
  let asked: string[] = [];
  const get: ExchangeHttp["get"] = async (path, decode) => {
    asked.push(path);
    const body = path === RATES ? rates : SUCCESSOR[path];
    await Promise.resolve();
    return decode(body);
  };
  const http: ExchangeHttp = { get, postRead: () => Promise.reject(new Error("no POST here")) };
  const source = new ExchangeSource({
    requests: { during: () => http, inFlight: 2, timeoutMs: 10_000 },
    clock,
    rotationMode: "off",
    periodMs: MINUTE_MS,
    sweepMs: 0,
    deadline: true,
    lifetime: new AbortController().signal,
  });
  const ratesAsked = async (afterMs: number): Promise<number[]> => {
    await clock.advance(afterMs);
    asked = [];
    await htx.fetchRaw(source.cycle(new AbortController().signal).source);
    return [RATES, v5(TEN), v5(LAST)].map((path) => asked.filter((each) => each === path).length);
  };
  expect(await ratesAsked(0)).toEqual([2, 0, 0]);
  expect(await ratesAsked(MINUTE_MS)).toEqual([1, 0, 0]);
  rates = CLOSED;
  // Tried in vain, and once more to be sure.
  expect(await ratesAsked(MINUTE_MS)).toEqual([2, 1, 1]);
  expect(await ratesAsked(MINUTE_MS)).toEqual([0, 1, 1]);
  expect(await ratesAsked(238 * MINUTE_MS)).toEqual([0, 1, 1]);
  expect(await ratesAsked(MINUTE_MS)).toEqual([1, 1, 1]);
  // It works again: noticed when the check is due, and used from then on.
  rates = BODIES[RATES];
  expect(await ratesAsked(239 * MINUTE_MS)).toEqual([0, 1, 1]);
  expect(await ratesAsked(MINUTE_MS)).toEqual([2, 0, 0]);
  expect(await ratesAsked(MINUTE_MS)).toEqual([1, 0, 0]);
});

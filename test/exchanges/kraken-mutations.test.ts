import { expect, test } from "bun:test";
import { type Exemption, mutationBreaches } from "../support/mutations.ts";
import { BODIES, INSTRUMENTS, TICKERS, refresh } from "./kraken-payloads.ts";

const QUANTITY = "plausible sizes are judged across exchanges, after the adapter";
const exemptions: readonly Exemption[] = [
  {
    at: "tickers.fundingRate",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "a rate may be negative",
  },
  {
    at: "tickers.fundingRatePrediction",
    mutations: ["negative"],
    fields: ["predictedRate"],
    why: "a rate may be negative",
  },
  { at: "tickers.openInterest", mutations: ["huge"], fields: ["openInterestUsd"], why: QUANTITY },
  { at: "tickers.volumeQuote", mutations: ["huge"], fields: ["volume24hUsd"], why: QUANTITY },
  {
    at: "instruments.maxRelativeFundingRate",
    mutations: ["missing", "null", "NaN", "huge", "negative", "empty", "object"],
    fields: ["fundingRate", "predictedRate"],
    why: "without its cap a rate is as it was published",
  },
  {
    at: "instruments.base",
    mutations: ["NaN", "huge", "negative"],
    fields: ["base"],
    why: "any text can be a ticker",
  },
];

const rowsOf =
  (key: string) =>
  (body: unknown): readonly unknown[] => {
    const list: unknown = typeof body === "object" && body !== null ? Reflect.get(body, key) : null;
    return Array.isArray(list) ? list : [];
  };

test("kraken: no single wrong value leads to a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "instruments", request: INSTRUMENTS, rows: rowsOf("instruments") },
      { name: "envelope", request: TICKERS, rows: (body) => [body] },
      { name: "tickers", request: TICKERS, rows: (body) => rowsOf("tickers")(body).slice(0, -1) },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

test("kraken: no single wrong value revives a suspended contract", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "tickers", request: TICKERS, rows: (body) => rowsOf("tickers")(body).slice(-1) },
    ],
    refresh,
    exemptions: [],
  });
  expect(breaches).toEqual([]);
});

import { expect, test } from "bun:test";
import { aster } from "../../src/exchanges/aster.ts";
import { memorySource } from "../support/memory-source.ts";
import { type Exemption, mutationBreaches } from "../support/mutations.ts";
import {
  AT,
  BODIES,
  DEAD,
  INSTRUMENTS,
  INTERVALS,
  LIVE,
  RATES,
  TICKERS,
  interestAt,
} from "./aster-payloads.ts";

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const huge = (where: string, ...fields: Exemption["fields"]): Exemption => {
  return { at: where, mutations: ["huge"], fields, why: LEGAL };
};
const RATE: Exemption["fields"] = ["fundingRate"];
const NAMES: Exemption["mutations"] = ["NaN", "huge", "negative"];
const NAMED: Exemption["fields"] = ["base", "multiplier"];
const exemptions: readonly Exemption[] = [
  { at: "rates.lastFundingRate", mutations: ["negative"], fields: RATE, why: "is legal" },
  huge("rates.markPrice", "markPrice", "openInterestUsd"),
  huge("interest.openInterest", "openInterestUsd"),
  huge("rates.indexPrice", "indexPrice"),
  huge("tickers.quoteVolume", "volume24hUsd"),
  { at: "instruments.baseAsset", mutations: NAMES, fields: NAMED, why: "any text may be a ticker" },
];

test("aster: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] =>
    Array.isArray(body) ? body : Object(body).symbols;
  const payload = (name: string, request: string) => ({ name, request, rows });
  // Rows recognised by their base or their tags alone are left out: with others they are other contracts.
  const symbols = [...LIVE, ...DEAD.slice(0, 5)];
  const nothing = { code: -1121, msg: "Invalid symbol." };
  const ofOtherNames = Object.fromEntries(
    ["NaN", "1e300", "-1"].map((symbol) => [interestAt(symbol), nothing]),
  );
  const breaches = await mutationBreaches({
    bodies: { ...BODIES, ...ofOtherNames, [INSTRUMENTS]: { symbols } },
    payloads: [
      payload("rates", RATES),
      payload("intervals", INTERVALS),
      payload("tickers", TICKERS),
      payload("instruments", INSTRUMENTS),
      { name: "interest", request: interestAt("BTCUSDT"), rows: (body) => [body] },
    ],
    refresh: (bodies) => aster.refresh(memorySource(bodies, { nowMs: AT })),
    exemptions,
  });
  expect(breaches).toEqual([]);
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  BLOCKING_FLAGS,
  type ExchangeTerms,
  FLAGS,
  flagBit,
  type FlagInputs,
  flagNames,
  flagsOf,
  trustedUntilMs,
  isBlocked,
} from "../../src/domain/flags.ts";

const NOW_MS = 1_790_000_000_000;
const PERIOD_MS = 60_000;

const TERMS: ExchangeTerms = {
  periodMs: PERIOD_MS,
  marks: 0,
  interestOfCoins: false,
};

const SOUND: FlagInputs = {
  assetClass: "crypto",
  accrual: "periodic",
  fundingRate: 0.0004,
  fundingIntervalHours: 8,
  nextFundingAtMs: NOW_MS + 1,
  observedAtMs: NOW_MS,
  frozen: false,
  settling: false,
  rateCap: 0.003,
  rateFloor: -0.003,
  baselineRate: 0.0001,
  volume24hUsd: 100_000,
  identity: "confirmed",
  implausible: 0,
};

function flags(change: Partial<FlagInputs>, periodMs = PERIOD_MS) {
  return flagNames(flagsOf({ ...SOUND, ...change }, NOW_MS, { ...TERMS, periodMs }));
}

describe("a row", () => {
  test("without problems has no flag", () => {
    expect(flags({})).toEqual([]);
  });

  test.each<[string, Partial<FlagInputs>, readonly string[]]>([
    ["180 s old", { observedAtMs: NOW_MS - 180_000 }, []],
    ["over 180 s old", { observedAtMs: NOW_MS - 180_001 }, ["stale"]],
    ["with a frozen timestamp", { frozen: true }, ["stale"]],
    ["without an interval", { fundingIntervalHours: null }, ["interval_unknown"]],
    ["without a next time", { nextFundingAtMs: null }, ["suspect"]],
    ["with continuous funding", { accrual: "continuous", nextFundingAtMs: null }, []],
    ["at its cap", { fundingRate: 0.003 }, ["pinned_cap"]],
    ["within 1e-9 of its cap", { fundingRate: 0.003 - 0.9e-9 }, ["pinned_cap"]],
    ["farther from its cap", { fundingRate: 0.003 - 1.1e-9 }, []],
    ["at its floor", { fundingRate: -0.003 }, ["pinned_floor"]],
    ["at the resting rate", { fundingRate: 0.0001 }, ["pinned_baseline"]],
    ["under 100,000 USD a day", { volume24hUsd: 99_999 }, ["thin"]],
    ["of unknown volume", { volume24hUsd: null }, ["thin"]],
    ["in the window after a settlement", { settling: true }, ["settling"]],
    ["whose settlement has passed", { nextFundingAtMs: NOW_MS }, ["settling"]],
    ["three periods past its settlement", { nextFundingAtMs: NOW_MS - 180_000 }, ["settling"]],
    ["later after its settlement", { nextFundingAtMs: NOW_MS - 180_001 }, ["expired", "settling"]],
    [
      "without published limits",
      { rateCap: null, rateFloor: null, baselineRate: null, fundingRate: 0 },
      [],
    ],
  ])("%s has %p", (_name, change, expected) => {
    expect(flags(change)).toEqual(expected as never);
  });

  test("is stale after three periods if those are longer than 180 s", () => {
    expect(flags({ observedAtMs: NOW_MS - 900_000 }, 300_000)).toEqual([]);
    expect(flags({ observedAtMs: NOW_MS - 900_001 }, 300_000)).toEqual(["stale"]);
  });
});

test("the exchange's own flags are on a row regardless of its values", () => {
  const terms = { ...TERMS, marks: flagBit("unverified_rate") };
  expect(flagNames(flagsOf(SOUND, NOW_MS, terms))).toEqual(["unverified_rate"]);
  const thin = { ...SOUND, volume24hUsd: null };
  expect(flagNames(flagsOf(thin, NOW_MS, terms))).toEqual(["thin", "unverified_rate"]);
});

describe("a row at the documented interest, if that applies to coins only,", () => {
  const terms = { ...TERMS, interestOfCoins: true };
  test.each<[string, Partial<FlagInputs>, readonly string[]]>([
    ["is at the baseline if it is a coin", { assetClass: "crypto" }, ["pinned_baseline"]],
    ["is at the baseline if its class is unknown", { assetClass: null }, ["pinned_baseline"]],
    ["is not if it is a share", { assetClass: "stock" }, []],
  ])("%s", (_name, change, expected) => {
    const row = { ...SOUND, fundingRate: 0.0001, ...change };
    expect(flagNames(flagsOf(row, NOW_MS, terms))).toEqual(expected as never);
    expect(flagNames(flagsOf(row, NOW_MS, TERMS))).toEqual(["pinned_baseline"]);
  });
});

test("exactly the blocking flags block, alone or together with others", () => {
  for (const flag of FLAGS) {
    const blocks = (BLOCKING_FLAGS as readonly string[]).includes(flag);
    expect([flag, isBlocked(flagBit(flag))]).toEqual([flag, blocks]);
    expect(isBlocked(flagBit(flag) | flagBit("thin"))).toBe(blocks);
  }
  expect(isBlocked(0)).toBe(false);
});

test("a row is trusted until the last moment before a blocking flag, and not at all if it has one", () => {
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
  const around = (ms: number) => fc.integer({ min: NOW_MS - ms, max: NOW_MS + ms });
  const ROW = fc.record({
    fundingIntervalHours: maybe(fc.constant(8)),
    nextFundingAtMs: maybe(around(400_000)),
    observedAtMs: around(400_000),
    accrual: fc.constantFrom("periodic" as const, "continuous" as const),
    frozen: fc.constantFrom(false, false, true),
    identity: fc.constantFrom("confirmed" as const, "probable" as const, "conflict" as const),
    implausible: fc.constantFrom(0, 0, 1),
  });
  fc.assert(
    fc.property(
      ROW,
      fc.constantFrom(10_000, 60_000, 90_000),
      around(2_000),
      (changes, periodMs, atMs) => {
        const row = { ...SOUND, ...changes };
        const untilMs = trustedUntilMs(row, periodMs);
        const times = [atMs, ...(Number.isFinite(untilMs) ? [untilMs, untilMs + 1] : [])];
        for (const asOfMs of times)
          expect(isBlocked(flagsOf(row, asOfMs, { ...TERMS, periodMs }))).toBe(asOfMs > untilMs);
      },
    ),
  );
});

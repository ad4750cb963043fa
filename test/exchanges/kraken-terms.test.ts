import { describe, expect, test } from "bun:test";
import type { Bodies } from "../support/memory-source.ts";
import {
  BODIES,
  bodiesOf,
  BTC,
  instrument,
  NEXT_HOUR,
  refresh,
  refreshOf,
  type Row,
  TICKERS,
} from "./kraken-payloads.ts";

/** An index of 100: an amount is its fraction times 100. */
const boundedOf = async (amount: number, terms: Row) =>
  (
    await refreshOf(
      { markPrice: 100, indexPrice: 100, fundingRate: amount, fundingRatePrediction: amount },
      terms,
    )
  ).quote;

describe("kraken bounds", () => {
  test.each([
    // Kraken's own bounds of October 2026: usual, currencies, one stablecoin.
    [0.005, undefined, 0.4, 0.004, 0.005, -0.005],
    [0.005, undefined, 0.6, 0.005, 0.005, -0.005],
    [0.005, null, -0.6, -0.005, 0.005, -0.005],
    [0.001, undefined, 0.6, 0.001, 0.001, -0.001],
    [0.02, undefined, 1.5, 0.015, 0.02, -0.02],
    // A separate floor, above 0 or below.
    [7e-6, 6.25e-6, 0, 6.25e-6, 7e-6, 6.25e-6],
    [7e-6, "0.00000625", 0.00069, 6.9e-6, 7e-6, 6.25e-6],
    [0.005, -0.001, -0.4, -0.001, 0.005, -0.001],
    [0.005, 0.005, -0.4, 0.005, 0.005, 0.005],
    // An unreadable floor, or one over the cap, bounds nothing.
    [0.005, "low", -0.6, -0.006, 0.005, null],
    [0.005, -2, -0.6, -0.006, 0.005, null],
    [0.005, 0.006, 0.4, 0.004, null, null],
    // Without a cap the rate is as published, whatever its size.
    [null, undefined, 0.4, 0.004, null, null],
    [undefined, undefined, -0.9, -0.009, null, null],
    [null, -0.001, -0.4, -0.001, null, -0.001],
  ])(
    "a maximum of %p and a minimum of %p clamp %p of 100 to %p",
    async (max, min, amount, rate, rateCap, rateFloor) => {
      const quote = await boundedOf(amount, {
        maxRelativeFundingRate: max,
        minRelativeFundingRate: min,
      });
      expect(quote).toMatchObject({ rateCap, rateFloor });
      expect(quote?.fundingRate).toBeCloseTo(rate, 12);
      expect(quote?.predictedRate).toBeCloseTo(rate, 12);
    },
  );

  test.each([
    [
      {},
      "min({instruments.maxRelativeFundingRate}, max(-{instruments.maxRelativeFundingRate}, A))",
    ],
    [
      { minRelativeFundingRate: 0.001 },
      "min({instruments.maxRelativeFundingRate}, max({instruments.minRelativeFundingRate}, A))",
    ],
    [{ minRelativeFundingRate: "low" }, "min({instruments.maxRelativeFundingRate}, A)"],
    [{ maxRelativeFundingRate: null }, "A"],
    [
      { maxRelativeFundingRate: null, minRelativeFundingRate: 0.001 },
      "max({instruments.minRelativeFundingRate}, A)",
    ],
  ])("with %p the rate is explained as %s", async (terms, formula) => {
    const bodies = bodiesOf([BTC], [instrument("PF_XBTUSD", terms)]);
    const { explain } = await refresh(bodies);
    const fraction = "{tickers.fundingRate} / {tickers.indexPrice}";
    expect(explain("PF_XBTUSD")?.origin.formula).toBe(formula.replace("A", fraction));
  });
});

describe("kraken classes", () => {
  test.each([
    ["DeFi", false, "crypto"],
    ["Layer 1", false, "crypto"],
    ["Meme", undefined, "crypto"],
    ["xStocks", false, "stock"],
    ["Forex", true, "forex"],
    // Tokens or goods, by the same words.
    ["Commodities", false, null],
    ["RWA", false, null],
    ["DTF", false, null],
    ["Something", false, null],
    [undefined, false, null],
    // No category of coins makes one of what the exchange calls traditional.
    ["DeFi", true, null],
  ])("category %p, tradfi %p: %p", async (category, tradfi, assetClass) => {
    expect((await refreshOf({}, { category, tradfi })).quote).toMatchObject({ assetClass });
  });
});

describe("kraken times", () => {
  const withTime = (serverTime: unknown): Bodies => ({
    ...BODIES,
    [TICKERS]: { result: "success", serverTime, tickers: [BTC] },
  });

  test("the next settlement is the full hour after the server's time", async () => {
    const justBefore = await refresh(withTime("2026-10-05T13:59:59.900Z"), NEXT_HOUR + 200);
    expect(justBefore.quotes[0]?.nextFundingAtMs).toBe(NEXT_HOUR);
    const atTheHour = await refresh(withTime("2026-10-05T14:00:00Z"), NEXT_HOUR + 200);
    expect(atTheHour.quotes[0]?.nextFundingAtMs).toBe(NEXT_HOUR + 3_600_000);
  });

  test.each([[undefined], [null], ["yesterday"], ["2026-10-05T13:29:59"], [5]])(
    "a server time of %p is unknown and the time of receipt counts",
    async (serverTime) => {
      const { quotes } = await refresh(withTime(serverTime));
      expect(quotes[0]).toMatchObject({ exchangeTimeMs: null, nextFundingAtMs: NEXT_HOUR });
    },
  );

  test("a server time hours away is passed on, and does not move the settlement", async () => {
    const { quotes } = await refresh(withTime("2026-10-05T09:10:00Z"));
    expect(quotes[0]).toMatchObject({
      exchangeTimeMs: Date.UTC(2026, 9, 5, 9, 10),
      nextFundingAtMs: NEXT_HOUR,
    });
  });
});

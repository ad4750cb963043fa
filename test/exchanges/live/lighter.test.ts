import { expect, test } from "bun:test";
import { lighter } from "../../../src/exchanges/lighter.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const RATES = "/api/v1/funding-rates";
const MARKETS = "/api/v1/orderBookDetails";

/** 2026-09-11 17:18:40 UTC; the next charge is at 18:00. */
const AT = 1_789_147_120_000;
const SIX_PM = 1_789_149_600_000;

const partOf = (body: unknown, key: string): readonly object[] => {
  const list: unknown = Reflect.get(Object(body), key);
  return Array.isArray(list) ? list.map(Object) : [];
};

describeRecorded("lighter, recorded on 2026-09-11", (read) => {
  test("all figures of both live markets, including marks and indexes; the inactive one is not shown", async () => {
    const markets = partOf(
      await read("lighter", "live-2026-09/order-book-details.json"),
      "order_book_details",
    );
    // The recording has few fields: the markets' flags are not among them.
    const market_config = { hidden: false, force_reduce_only: false };
    const bodies = {
      [RATES]: await read("lighter", "live-2026-09/funding-rates.json"),
      [MARKETS]: {
        code: 200,
        order_book_details: markets.map((row) => ({ ...row, market_config })),
      },
    };
    const { quotes, rejects, expected, unlisted } = await lighter.refresh(
      memorySource(bodies, { nowMs: AT }),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 2, unlisted: 0 });
    const both = {
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: null,
      fundingIntervalHours: 1,
      nextFundingAtMs: SIX_PM,
      rateCap: null,
      rateFloor: null,
      baselineRate: 0.000012,
      lastPrice: null,
    } as const;
    expect(quotes).toMatchObject([
      {
        ...both,
        exchangeSymbol: "ETH",
        base: "ETH",
        markPrice: 2574.08,
        indexPrice: 2575.08,
        volume24hUsd: 427_857_446.752992,
      },
      {
        ...both,
        exchangeSymbol: "BTC",
        base: "BTC",
        markPrice: 77_758.9,
        indexPrice: 77_791.3,
        volume24hUsd: 850_015_955.986308,
      },
    ]);
    // 0.000096 for 8 hours: an eighth is the baseline of 0.0012 % an hour.
    for (const quote of quotes) expect(quote.fundingRate).toBeCloseTo(0.000012, 15);
    // 47,381.5269 ETH at 2,574.08 and 2,092.76507 BTC at 77,758.9.
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(121_963_840.76, 2);
    expect(quotes[1]?.openInterestUsd).toBeCloseTo(162_731_109.8, 1);
  });

  test("the history of BTC is in percent per hour: the charges have the magnitude of an eighth of the rate", async () => {
    const charges = partOf(await read("lighter", "live-2026-09/fundings-btc.json"), "fundings");
    const rates = charges.map((row) => Number(Reflect.get(row, "rate")) / 100);
    const values = charges.map((row) => Number(Reflect.get(row, "value")));
    // 0.79227600 USDC for one BTC of about 77,790 is 0.0000102 an hour, as "0.0010" percent says.
    expect(rates).toEqual([0.00001, 0.000001, 0.000001, 0.00001]);
    for (const [index, value] of values.entries())
      expect(value / 77_790 / (rates[index] ?? 0)).toBeCloseTo(1, 1);
  });
});

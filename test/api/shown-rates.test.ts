import { expect, test } from "bun:test";
import fc from "fast-check";
import { annualizedPct, premiumPct, rate8hPct } from "../../src/domain/funding.ts";
import { TestBoard } from "../support/board.ts";
import { appOf, bodyOf, LISTS, market, marketOf } from "../support/lists.ts";
import { plainDocument } from "../support/plain-document.ts";

/**
 * A rate with its interval is not comparable with others: wherever both are shown, so are the rates per year and per
 * eight hours. Likewise the premium with a mark and an index price.
 */

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every object in a value, at any depth, that has all these fields. */
function having(value: unknown, names: readonly string[]): readonly Fields[] {
  if (Array.isArray(value)) return value.flatMap((one) => having(one, names));
  if (!isObject(value)) return [];
  const inner = Object.values(value).flatMap((one) => having(one, names));
  return names.every((name) => name in value) ? [value, ...inner] : inner;
}

/** Those with a rate and its interval. */
const ratesIn = (value: unknown) => having(value, ["funding_rate", "funding_interval_hours"]);

/** Those with a mark and an index price. */
const pricesIn = (value: unknown) => having(value, ["mark_price", "index_price"]);

test("every schema with a rate and its interval has the rates per year and per eight hours", async () => {
  const shown = ratesIn(JSON.parse(await plainDocument()));
  expect(shown.length).toBeGreaterThan(4);
  const lacking = shown.filter((of) => !("annualized_pct" in of && "rate_8h_pct" in of));
  expect(lacking.map((of) => Object.keys(of).join())).toEqual([]);
});

test("every schema with a mark and an index price has the premium", async () => {
  const shown = pricesIn(JSON.parse(await plainDocument()));
  expect(shown.length).toBeGreaterThan(2);
  expect(shown.filter((of) => !("premium_pct" in of)).map((of) => Object.keys(of).join())).toEqual(
    [],
  );
});

test.each(LISTS)(
  "$path shows each rate per year and per eight hours, and each premium",
  async ({ path, query }) => {
    await fc.assert(
      fc.asyncProperty(market, async (rows) => {
        const { rows: sent } = await bodyOf(appOf(new TestBoard(marketOf(rows))), path + query);
        for (const of of ratesIn(sent)) {
          const rate = of["funding_rate"] as number | null;
          const hours = of["funding_interval_hours"] as number | null;
          expect([of["rate_8h_pct"], of["annualized_pct"]]).toEqual(
            rate === null ? [null, null] : [rate8hPct(rate, hours), annualizedPct(rate, hours)],
          );
        }
        for (const of of pricesIn(sent)) {
          const [mark, index] = [of["mark_price"], of["index_price"]] as (number | null)[];
          expect(of["premium_pct"]).toBe(premiumPct(mark ?? null, index ?? null));
        }
      }),
      { numRuns: 5 },
    );
  },
);

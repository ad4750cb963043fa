import { expect, test } from "bun:test";
import fc from "fast-check";
import { annualizedPct, rate8hPct } from "../../src/domain/funding.ts";
import { TestBoard } from "../support/board.ts";
import { appOf, bodyOf, LISTS, market, marketOf } from "../support/lists.ts";
import { plainDocument } from "../support/plain-document.ts";

/** A rate and its interval compare with no other rate: whatever shows both shows them for a year and for eight hours. */

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every object in a value, at any depth, that names a rate and its interval. */
function ratesIn(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.flatMap(ratesIn);
  if (!isObject(value)) return [];
  const inner = Object.values(value).flatMap(ratesIn);
  return "funding_rate" in value && "funding_interval_hours" in value ? [value, ...inner] : inner;
}

test("every schema with a rate and its interval has the rate of a year and of eight hours", async () => {
  const shown = ratesIn(JSON.parse(await plainDocument()));
  expect(shown.length).toBeGreaterThan(4);
  const lacking = shown.filter((of) => !("annualized_pct" in of && "rate_8h_pct" in of));
  expect(lacking.map((of) => Object.keys(of).join())).toEqual([]);
});

test.each(LISTS)(
  "$path shows each rate for a year and for eight hours",
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
      }),
      { numRuns: 5 },
    );
  },
);

import { describe, expect, test } from "bun:test";
import { type Held, TruthBook } from "../../bench/soak/truth-book.ts";
import { STEP_MS } from "../../src/simulator/market.ts";
import { Market } from "../../src/simulator/running-market.ts";
import { annualizedPct } from "../../src/domain/funding.ts";
import { NOON_MS } from "../support/quote.ts";

const OPTIONS = { seed: 5, scale: 0.05 };

/** Between two settlements. */
const AT = NOON_MS / 1000 + 1_800;
const STEP = STEP_MS / 1000;

/** A row as a correct service shows what binance sent at a time. */
function rowAt(second: number, place = 0): Held {
  const market = new Market({ ...OPTIONS, nowMs: () => second * 1000 });
  const truth = market.truth("binance").instruments[place];
  if (truth === undefined) throw new Error(`no instrument ${place}`);
  return {
    ...truth,
    annualized_pct: annualizedPct(truth.funding_rate, truth.funding_interval_hours),
    observed_at: second,
  };
}

const wrongs = (row: Held, fetchedAt = AT + 6) => new TruthBook(OPTIONS).wrongs(row, fetchedAt);

describe("a row is compared with a moving market", () => {
  test("what was true when it was observed is right, and so is the step before", () => {
    expect(wrongs(rowAt(AT))).toEqual([]);
    expect(wrongs({ ...rowAt(AT), observed_at: AT + STEP })).toEqual([]);
  });

  test("its fields may be of two steps, a sum in dollars of a quantity and a price of different ones", () => {
    const [now, before] = [rowAt(AT), rowAt(AT - 4 * STEP)];
    const units = (before.open_interest_usd ?? Number.NaN) / (before.mark_price ?? Number.NaN);
    const mixed = {
      ...now,
      index_price: before.index_price,
      open_interest_usd: units * (now.mark_price ?? Number.NaN),
    };
    expect(mixed.open_interest_usd).not.toBe(now.open_interest_usd);
    expect(wrongs(mixed)).toEqual([]);
  });

  test("an unknown value is not wrong", () => {
    expect(wrongs({ ...rowAt(AT), volume_24h_usd: null, index_price: null })).toEqual([]);
  });

  test.each([
    ["funding_rate", 1.000_001],
    ["mark_price", 1.01],
    ["index_price", -1],
    ["volume_24h_usd", 1_000],
    ["open_interest_usd", 0.5],
    ["funding_interval_hours", 2],
    ["next_funding_time", 1.000_01],
    ["annualized_pct", 1.000_001],
  ] as const)("%s times %p is wrong", (field, factor) => {
    const row = rowAt(AT);
    const found = wrongs({ ...row, [field]: (row[field] ?? Number.NaN) * factor });
    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).toContain(field);
  });

  test("a rate of ten minutes ago stated as current is wrong, one stated as of then is right", () => {
    const old = rowAt(AT - 600);
    expect(wrongs({ ...old, observed_at: AT }).join()).toContain("funding_rate");
    expect(wrongs(old)).toEqual([]);
  });

  test("another instrument's numbers, a wrong name and an unlisted instrument are wrong", () => {
    const [row, other] = [rowAt(AT), rowAt(AT, 1)];
    expect(wrongs({ ...other, exchange_symbol: row.exchange_symbol }).length).toBeGreaterThan(1);
    expect(wrongs({ ...row, multiplier: 123_000 }).join()).toContain("multiplier");
    expect(wrongs({ ...row, exchange_symbol: "NONE" })).toEqual([
      "binance NONE is not an instrument that may be shown",
    ]);
  });

  test("a row that was once right does not stay right", () => {
    const book = new TruthBook(OPTIONS);
    const row = rowAt(AT);
    expect(book.wrongs(row, AT + 6)).toEqual([]);
    expect(book.wrongs(row, AT + 6)).toEqual([]);
    expect(book.wrongs({ ...row, funding_rate: row.funding_rate * 2 }, AT + 6)).not.toEqual([]);
    // The same numbers, much later.
    expect(book.wrongs({ ...row, observed_at: AT + 900 }, AT + 906)).not.toEqual([]);
  });
});

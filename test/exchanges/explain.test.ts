import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { rateWorking } from "../../src/services/finder/explain.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { formulaValue } from "../support/formula.ts";
import { NOON_MS } from "../support/quote.ts";

const START_MS = NOON_MS + 17 * 60_000;

/** A symbol is explained by reading the payloads again: this many, spread over the list, are representative. */
const SAMPLE = 40;

/** Formulas may compute in another order than the parser. */
const RELATIVE_TOLERANCE = 1e-9;

/** Every n-th of a list, the first included, at most `count`. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  const every = Math.ceil(list.length / count);
  return list.filter((_item, index) => index % every === 0);
}

function isNear(left: number, right: number): boolean {
  return Math.abs(left - right) <= RELATIVE_TOLERANCE * Math.abs(right);
}

describe.each(EXCHANGE_IDS)("%s explains its rates", (id) => {
  test("the formula with the received numbers in it gives the rate; the rows are the symbol's", async () => {
    using lab = exchangeLab([id], START_MS, "off");
    lab.simulator.market.freeze();
    expect((await lab.cycle(id)).outcome).toMatchObject({ kind: "accepted" });
    const { rows } = await lab.snapshot();
    const symbols = spread(
      rows.map(({ record }) => record.exchangeSymbol),
      SAMPLE,
    );
    const explanations = await Promise.all(symbols.map((symbol) => lab.explain(id, symbol)));
    const wrong = symbols.flatMap((symbol, index) => {
      const explanation = explanations[index] ?? null;
      if (explanation === null) return [`${symbol} is not explained`];
      const { origin, quote } = explanation;
      const { withNumbers, value } = rateWorking(explanation);
      const found = [];
      if (quote.exchangeSymbol !== symbol) found.push(`${symbol}: shows another`);
      if (value !== quote.fundingRate || !isNear(formulaValue(withNumbers), value))
        found.push(`${symbol}: ${origin.formula} is ${withNumbers}, not ${value}`);
      if (!origin.formula.includes("{")) found.push(`${symbol}: ${origin.formula} names no field`);
      if (!JSON.stringify(origin.rows).includes(symbol))
        found.push(`${symbol} is nowhere in ${JSON.stringify(origin.rows)}`);
      return found;
    });
    expect(wrong).toEqual([]);
    expect(symbols.length).toBeGreaterThan(0);
    expect(await lab.explain(id, "NO-SUCH-SYMBOL")).toBeNull();
    expect(await lab.explain(id, "")).toBeNull();
  });
});

describe("the value of a formula", () => {
  test.each([
    ["0.0001", 0.0001],
    ["-0.5 / 100", -0.005],
    ["1 + 2 * 3 - 4", 3],
    ["(1 + 2) * -3", -9],
    ["1e-5 * 1E+2", 1e-3],
    ["max(-0.0025, min(0.0025, 12.5 / 1000))", 0.0025],
    ["2 - -1", 3],
  ])("%s is %p", (text, value) => {
    expect(formulaValue(text)).toBeCloseTo(value, 15);
  });

  test.each(["", "undefined / 100", "1 2", "(1", "min 1", "NaN", "1 +", "process.exit()"])(
    "%p has no value",
    (text) => {
      expect(() => formulaValue(text)).toThrow();
    },
  );
});

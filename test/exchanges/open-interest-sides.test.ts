import { expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";

/** Those whose figure is the sum of longs and shorts: half of it is served. */
const BOTH_SIDES: ReadonlySet<ExchangeId> = new Set(["hyperliquid", "toobit", "backpack"]);

/** Between four ninths and eight ninths. */
const MIDDLE = 2 / 3;

test.each(EXCHANGE_IDS)(
  "%s: the last digits of its open interest tell the sides that are counted",
  async (id) => {
    using lab = exchangeLab([id], NOON_MS + 17 * 60_000, "off", partFor(id));
    await lab.cycle(id);
    const { evenShare } = lab.state(id);
    if (evenShare === null) {
      expect(BOTH_SIDES.has(id)).toBe(false);
      return;
    }
    expect([id, evenShare > MIDDLE]).toEqual([id, BOTH_SIDES.has(id)]);
  },
  LONG_MS,
);

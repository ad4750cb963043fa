import { expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** Those whose figure is the sum of longs and shorts: half of it is served. */
const BOTH_SIDES: ReadonlySet<ExchangeId> = new Set(["hyperliquid", "toobit", "backpack"]);

/** Between four ninths and eight ninths. */
const MIDDLE = 2 / 3;

test.each(EXCHANGE_IDS)(
  "%s: the last digits of its open interest show which sides are counted",
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

/** They publish only dollars. */
const DOLLARS_ALONE: ReadonlySet<ExchangeId> = new Set(["bingx"]);

test.each(EXCHANGE_IDS)(
  "%s: its sides can be determined wherever it publishes an amount",
  async (id) => {
    const market = demoMarket({ scale: partFor(id) });
    const { quotes } = await EXCHANGES[id].refresh(simulatorSource(market, id));
    const open = quotes.filter(({ openInterestUsd }) => (openInterestUsd ?? 0) > 0);
    const withoutDigit = open.filter(({ openInterestDigit: digit }) => (digit ?? null) === null);
    expect(withoutDigit.length).toBe(DOLLARS_ALONE.has(id) ? open.length : 0);
  },
);

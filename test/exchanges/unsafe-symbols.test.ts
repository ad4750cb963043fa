import { expect, test } from "bun:test";
import type { Market } from "../../src/simulator/running-market.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource, type WireChange } from "../support/simulator-source.ts";

/** A mark that reverses the text after it, a line break, and a terminal colour code. */
const MARKS = "\u202e\n\u001b[31m";

/** Adds marks to one symbol in all of an exchange's replies, and removes them from requests for it. */
function marking(symbol: string): WireChange {
  const marked = symbol + MARKS;
  const spellings = [marked, encodeURIComponent(marked), JSON.stringify(MARKS).slice(1, -1)];
  return {
    request: (text) =>
      spellings.reduce(
        (made, spelling, nth) =>
          made.replaceAll(
            spelling,
            nth === 0 ? symbol : nth === 1 ? encodeURIComponent(symbol) : "",
          ),
        text,
      ),
    reply: (text) => text.replaceAll(JSON.stringify(symbol), JSON.stringify(marked)),
  };
}

async function refreshed(market: Market, id: ExchangeId, change?: WireChange): Promise<Batch> {
  return EXCHANGES[id].refresh(simulatorSource(market, id, change));
}

const namesOf = ({ quotes }: Batch): string[] => quotes.map(({ exchangeSymbol }) => exchangeSymbol);

test.each(EXCHANGE_IDS)(
  "%s: a symbol with such marks is not shown anywhere, all others are read",
  async (id) => {
    const market = demoMarket({ scale: 0.1 });
    const symbols = namesOf(await refreshed(market, id));
    const symbol = symbols[symbols.length >> 1] ?? "";
    expect(symbol).not.toBe("");
    const batch = await refreshed(market, id, marking(symbol));
    expect(namesOf(batch)).toEqual(symbols.filter((name) => name !== symbol));
    // An adapter that parses symbols may reject it in its own words, or leave it out as an unknown kind.
    for (const { reason, detail } of batch.rejects.filter((one) => one.exchangeSymbol === null))
      if (reason === "bad_symbol") expect(detail).toBe("exchangeSymbol contains U+202E");
    expect(JSON.stringify(batch)).not.toMatch(/\u202e|\\n|\\u001b/);
  },
);

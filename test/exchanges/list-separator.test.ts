import { expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { LIST_SEPARATOR } from "../../src/domain/symbol.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** Names that could not be listed in a query. */
const unaskable = ({ quotes }: Batch): readonly string[] =>
  quotes
    .flatMap(({ base, quote, settle }) => [base, quote, settle])
    .filter((name) => name.includes(LIST_SEPARATOR));

test.each(EXCHANGE_IDS)("%s: every base, quote and settlement can be listed", async (id) => {
  const market = demoMarket({ scale: 0.1 });
  const batch = await EXCHANGES[id].refresh(simulatorSource(market, id));
  expect(batch.quotes.length).toBeGreaterThan(0);
  expect(unaskable(batch)).toEqual([]);
  // No adapter drops a row for this: the general rule is for future names.
  expect(batch.rejects).toEqual([]);
});

test.each(EXCHANGE_IDS)(
  "%s: a name with a separator never becomes a base, and affects no other row",
  async (id) => {
    const market = demoMarket({ scale: 0.1 });
    const { quotes } = await EXCHANGES[id].refresh(simulatorSource(market, id));
    const chosen = quotes[quotes.length >> 1];
    if (chosen === undefined) throw new Error("no quote");
    const { exchangeSymbol, base } = chosen;
    const texts = [exchangeSymbol, base].map((name) => JSON.stringify(name));
    const batch = await EXCHANGES[id].refresh(
      simulatorSource(market, id, {
        request: (text) => text.replaceAll(/,A|%2CA/g, ""),
        reply: (text) =>
          texts.reduce((made, name) => made.replaceAll(name, `${name.slice(0, -1)},A"`), text),
      }),
    );
    expect(unaskable(batch)).toEqual([]);
    const shown = new Set(batch.quotes.map((quote) => quote.exchangeSymbol));
    const others = quotes.filter((quote) => quote.base !== base).map((q) => q.exchangeSymbol);
    expect(others.filter((symbol) => !shown.has(symbol))).toEqual([]);
  },
);

import { expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { MutatedMarket, refreshOver } from "../support/mutated-market.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { changedRow } from "../support/row-changes.ts";

const MORNING_MS = Date.UTC(2026, 10, 2, 8, 17);

/** Enough for every kind of contract that an exchange lists; more only take longer. */
const SMALL_PART = 0.1;

/** Keys without which fewer instruments are counted, each with its reason. */
const UNCOUNTED: readonly (readonly [ExchangeId, string, string])[] = [
  ["aster", "list.baseAsset", "rows without a base were seen live, and are not contracts"],
  ["dydx", "rates.ticker", "it is the key of the row: without it all rows are the same"],
  ["edgex", "list.contractName", "the rejects go by the id, which is all that is left"],
  ["hyperliquid", "list.name", "of a dex or of a token, not of an instrument"],
  ["hyperliquid", "list.index", "of a token, not of an instrument"],
  ["lighter", "list.market_type", "it determines which of two lists the row is in"],
];

/** The keys of the rows of a refresh, each by the kind of its payload. */
async function keysOf(market: MutatedMarket, id: ExchangeId): Promise<readonly string[]> {
  const keys = new Set<string>();
  market.mutate({
    rows: (rows, { kind }) =>
      rows.map((row) =>
        changedRow(row, (value, key) => {
          keys.add(`${kind}.${key}`);
          return value;
        }),
      ),
  });
  await refreshOver(market, id);
  return [...keys];
}

/** How many instruments are left out silently if a third of the rows has another value there. */
async function uncounted(market: MutatedMarket, id: ExchangeId, at: string, value: unknown) {
  const { instruments } = market.truth(id);
  market.mutate({
    rows: (rows, { kind }) =>
      rows.map((row, nth) =>
        nth % 3 === 1
          ? changedRow(row, (old, key) => (`${kind}.${key}` === at ? value : old))
          : row,
      ),
  });
  const batch = await refreshOver(market, id).catch((error: unknown) => {
    // A refresh that fails is noticed.
    if (error instanceof RequestFailure) return null;
    throw error;
  });
  if (batch === null) return 0;
  const { quotes, rejects, expected } = batch;
  const known = new Set(
    [...quotes, ...rejects].map(({ exchangeSymbol }) => exchangeSymbol || null),
  );
  const nameless = rejects.filter(({ exchangeSymbol }) => !exchangeSymbol).length;
  const missed = Math.max(0, (expected ?? 0) - quotes.length);
  const lost = instruments.filter(({ exchange_symbol: symbol }) => !known.has(symbol)).length;
  return Math.max(0, lost - nameless - missed);
}

test.each(EXCHANGE_IDS)(
  "%s: an instrument whose row lacks a value is shown, reported missing or rejected, never left out silently",
  async (id) => {
    const market = new MutatedMarket({ nowMs: () => MORNING_MS, scale: SMALL_PART });
    const silent: string[] = [];
    for (const at of await keysOf(market, id)) {
      const lost = [await uncounted(market, id, at, null), await uncounted(market, id, at, "")];
      if (lost.some((count) => count > 0)) silent.push(at);
    }
    const exempt = UNCOUNTED.filter(([of]) => of === id).map(([, at]) => at);
    expect(silent.toSorted()).toEqual(exempt.toSorted());
  },
  PATIENCE_MS,
);

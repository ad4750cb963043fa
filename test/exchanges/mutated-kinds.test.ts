import { describe, expect, test } from "bun:test";
import { judge, sizeOf } from "../../src/collector/batch-gate.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { MutatedMarket, refreshOver } from "../support/mutated-market.ts";
import { changedRow } from "../support/row-changes.ts";
import { wrongNumbers } from "../support/wrong-numbers.ts";

const MORNING_MS = Date.UTC(2026, 10, 2, 8, 17);

/** Enough for every kind of contract that an exchange lists; more only take longer. */
const SMALL_PART = 0.1;

const marketOf = (scale = SMALL_PART): MutatedMarket =>
  new MutatedMarket({ nowMs: () => MORNING_MS, scale });

function kindsOf({ rejects }: Batch): readonly string[] {
  return [...new Set(rejects.map(({ reason }) => reason))];
}

/** A string with few distinct values in a list says what a row is: at most this many values … */
const MAX_KINDS = 8;
/** … each on this many rows on average. */
const MIN_SHARE = 3;

const isWord = (value: unknown): value is string =>
  typeof value === "string" && /^[^-+.\d]/.test(value);

/** The keys whose values say what kind of thing a row is. */
async function kindKeysOf(market: MutatedMarket, id: ExchangeId): Promise<readonly string[]> {
  const words = new Map<string, string[]>();
  const note = (value: unknown, key: string): unknown => {
    if (isWord(value)) words.set(key, [...(words.get(key) ?? []), value]);
    return value;
  };
  market.mutate({ rows: (rows) => rows.map((row) => changedRow(row, note)) });
  await refreshOver(market, id);
  return [...words].flatMap(([key, values]) => {
    const kinds = new Set(values).size;
    return kinds <= MAX_KINDS && values.length >= MIN_SHARE * kinds ? [key] : [];
  });
}

/** Open-ended values that exchanges invent, or of which only one is known: a new one cannot be distinguished. */
const OPEN_WORDS: readonly (readonly [ExchangeId, string, string])[] = [
  ["hyperliquid", "category", "what builders write into their annotations"],
  ["aster", "0", "tags of the exchange, several to a contract"],
  ["htx", "1", "labels of the exchange, several to a contract"],
  ["hibachi", "0", "tags of the exchange, several to a contract"],
  ["paradex", "trading_mode", "only one mode is known, that of a market without a book"],
  ["bitget", "category", "not a kind of a row: it echoes the requested family"],
];

describe.each(EXCHANGE_IDS)("%s, an unknown kind", (id) => {
  test("on a third of the rows: no wrong figure, no bad row, and the rest is accepted", async () => {
    const market = marketOf();
    const { instruments } = market.truth(id);
    const open = new Set(OPEN_WORDS.filter(([of]) => of === id).map(([, key]) => key));
    for (const key of await kindKeysOf(market, id)) {
      if (open.has(key)) continue;
      market.mutate({
        rows: (rows) =>
          rows.map((row, nth) =>
            nth % 3 === 1
              ? changedRow(row, (value, at) => (at === key && isWord(value) ? "NOVEL" : value))
              : row,
          ),
      });
      const batch = await refreshOver(market, id);
      expect([key, wrongNumbers(batch, instruments)]).toEqual([key, []]);
      expect([key, kindsOf(batch).filter((reason) => reason !== "unknown_kind")]).toEqual([
        key,
        [],
      ]);
      const memory = { trustedSize: batch.quotes.length, pending: null, acceptNextSize: false };
      const size = sizeOf(batch, { unanswered: new Set(), mayHide: () => false }, []);
      expect([key, judge(size, memory, MORNING_MS).kind]).toEqual([key, "accept"]);
    }
  });

  test("the open-ended values exist, and nothing else has to be", async () => {
    const keys = await kindKeysOf(marketOf(), id);
    const open = OPEN_WORDS.filter(([of]) => of === id);
    expect(open.filter(([, key, why]) => !keys.includes(key) || why.length < 20)).toEqual([]);
  });
});

/** They are requested by instrument name: a list with another name has none of its rates. */
const REQUESTED_BY_NAME: ReadonlySet<ExchangeId> = new Set(["cryptocom", "poloniex", "grvt"]);

describe.each(EXCHANGE_IDS.filter((id) => !REQUESTED_BY_NAME.has(id)))(
  "%s, names of a new form",
  (id) => {
    test.each([
      ["with a broker's", (name: string) => `${name}_mythos`],
      ["with a dex's", (name: string) => `new:${name}`],
      ["with a date", (name: string) => `${name}-28NOV26`],
    ] as const)("%s: their figures are their own, and none is a bad row", async (_, form) => {
      const market = marketOf();
      const { instruments } = market.truth(id);
      const odd = new Set(
        instruments.filter((_row, nth) => nth % 3 === 1).map((row) => row.exchange_symbol),
      );
      const renamed = (value: unknown): unknown =>
        typeof value === "string" && odd.has(value) ? form(value) : value;
      market.mutate({ rows: (rows) => rows.map((row) => changedRow(row, renamed)) });
      const batch = await refreshOver(market, id);
      // The asset may be read from the name: then it is unmatched, and joins nothing.
      const truth = instruments.map((row) => ({
        ...row,
        exchange_symbol: String(renamed(row.exchange_symbol)),
      }));
      const shown = new Map(batch.quotes.map((quote) => [quote.exchangeSymbol, quote]));
      const known = truth.map((row) => {
        const quote = shown.get(row.exchange_symbol);
        if (quote === undefined) return row;
        const { base, multiplier, assetClass } = quote;
        return { ...row, base, multiplier, asset_class: assetClass };
      });
      expect(wrongNumbers(batch, known)).toEqual([]);
      expect(kindsOf(batch).filter((reason) => reason !== "unknown_kind")).toEqual([]);
    });
  },
);

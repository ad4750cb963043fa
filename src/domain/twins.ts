import type { Reject } from "./quote.ts";

/** A parsed row of a list with the symbol used in the list; null if it has none. */
export type Read<T> = { readonly symbol: string | null } & (
  { readonly row: T } | { readonly reject: Reject } | { readonly notShown: true }
);

/** The reject for one of several different rows with this symbol: it is unknown which one is right. */
export function ambiguous(exchangeSymbol: string): Reject {
  const detail = "duplicate symbol with different figures";
  return { exchangeSymbol, reason: "ambiguous", detail };
}

/** A quote's content without its timestamps, which may differ between two rows of one instrument. */
export function figuresOf(quote: object): string {
  return JSON.stringify({ ...quote, exchangeTimeMs: null, receivedAtMs: null });
}

/**
 * Removes duplicates: of equal rows with one symbol one is kept, different ones all become rejects because it is unknown
 * which one is right. `textOf` must return the same text for equal rows (same reader, same field order).
 */
export function withoutTwins<T>(
  read: readonly Read<T>[],
  textOf: (row: T) => string,
): { rows: T[]; rejects: Reject[] } {
  const first = new Map<string, Read<T>>();
  const ambiguousSymbols = new Set<string>();
  const twins = new Set<Read<T>>();
  for (const one of read) {
    const { symbol } = one;
    if (symbol === null) continue;
    const other = first.get(symbol);
    if (other === undefined) first.set(symbol, one);
    else if (isTwin(one, other, textOf)) twins.add(one);
    else ambiguousSymbols.add(symbol);
  }
  const rows: T[] = [];
  const rejects: Reject[] = [];
  for (const one of read) {
    if (twins.has(one)) continue;
    if (one.symbol !== null && ambiguousSymbols.has(one.symbol))
      rejects.push(ambiguous(one.symbol));
    else if ("reject" in one) rejects.push(one.reject);
    else if ("row" in one) rows.push(one.row);
  }
  return { rows, rejects };
}

function isTwin<T>(one: Read<T>, other: Read<T>, textOf: (row: T) => string): boolean {
  if ("notShown" in one) return "notShown" in other;
  return "row" in one && "row" in other && textOf(one.row) === textOf(other.row);
}

import type { Reject } from "./quote.ts";

/** One row of a list as it was read, by what the list calls it; null where it is called nothing. */
export type Read<T> = { readonly symbol: string | null } & (
  { readonly row: T } | { readonly reject: Reject } | { readonly notShown: true }
);

/** One of several rows with this symbol, of which nobody can say which is true. */
export function ambiguous(exchangeSymbol: string): Reject {
  const detail = "the symbol came more than once, with different figures";
  return { exchangeSymbol, reason: "ambiguous", detail };
}

/** All that a quote says but its stamps: two readings of one instrument may differ in them. */
export function figuresOf(quote: object): string {
  return JSON.stringify({ ...quote, exchangeTimeMs: null, receivedAtMs: null });
}

/**
 * Of rows with one symbol equal ones are one, and different ones are none: nobody can say which is true. Each of those is
 * a reject. `textOf` writes the same text for rows that say the same: one reader made all, in one order of fields.
 */
export function withoutTwins<T>(
  read: readonly Read<T>[],
  textOf: (row: T) => string,
): { rows: T[]; rejects: Reject[] } {
  const first = new Map<string, Read<T>>();
  const doubtful = new Set<string>();
  const twins = new Set<Read<T>>();
  for (const one of read) {
    const { symbol } = one;
    if (symbol === null) continue;
    const other = first.get(symbol);
    if (other === undefined) first.set(symbol, one);
    else if (isTwin(one, other, textOf)) twins.add(one);
    else doubtful.add(symbol);
  }
  const rows: T[] = [];
  const rejects: Reject[] = [];
  for (const one of read) {
    if (twins.has(one)) continue;
    if (one.symbol !== null && doubtful.has(one.symbol)) rejects.push(ambiguous(one.symbol));
    else if ("reject" in one) rejects.push(one.reject);
    else if ("row" in one) rows.push(one.row);
  }
  return { rows, rejects };
}

function isTwin<T>(one: Read<T>, other: Read<T>, textOf: (row: T) => string): boolean {
  if ("notShown" in one) return "notShown" in other;
  return "row" in one && "row" in other && textOf(one.row) === textOf(other.row);
}

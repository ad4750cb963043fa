import type { z } from "zod";
import { isPreIpo, type NamedListing } from "../domain/pre-ipo.ts";
import type { Reject } from "../domain/quote.ts";
import { ambiguous, figuresOf, type Read, withoutTwins } from "../domain/twins.ts";
import { badEnvelope, firstIssue, RowReject } from "./wire.ts";

/** Rows of one payload that passed their schema, and those that did not. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly rejects: readonly Reject[];
}

/**
 * Checks each row of a list on its own: a bad row becomes a reject and costs nothing else. Of rows with one `symbolKey`
 * equal ones are one, and different ones are none: nobody can say which is true.
 * An empty list is never believable for a whole exchange and fails as a bad envelope.
 */
export function decodeRows<S extends z.ZodType>(
  schema: S,
  list: unknown,
  symbolKey: string,
): Rows<z.output<S>> {
  if (!Array.isArray(list)) throw badEnvelope(`expected a list, got ${typeName(list)}`);
  if (list.length === 0) throw badEnvelope("the list is empty");
  const read = list.map((item): Read<z.output<S>> => {
    const symbol = symbolOf(item, symbolKey);
    const result = schema.safeParse(item);
    if (result.success) return { symbol, row: result.data };
    const detail = firstIssue(result.error);
    return { symbol, reject: { exchangeSymbol: symbol, reason: "bad_row", detail } };
  });
  const { rows, rejects } = withoutTwins(read, JSON.stringify);
  if (rows.length === 0) throw badEnvelope(`no row could be read: ${rejects[0]?.detail ?? ""}`);
  return { rows, rejects };
}

/** The rows of pages or lists that are one list: what one of them holds in doubt, another does not make certain. */
export function joinedRows<T>(parts: readonly Rows<T>[], symbolOfRow: (row: T) => string): Rows<T> {
  const unread = parts.flatMap((part) => part.rejects);
  const doubtful = new Set(unread.map((reject) => reject.exchangeSymbol));
  const rows: T[] = [];
  const rejects = [...unread];
  for (const row of parts.flatMap((part) => part.rows)) {
    const symbol = symbolOfRow(row);
    if (doubtful.has(symbol)) rejects.push(ambiguous(symbol));
    else rows.push(row);
  }
  return { rows, rejects };
}

/**
 * Runs `read` on each row; a RowReject is counted, a null is a row that is not ours to show, as is one that bears the
 * name of shares that are not traded yet: it is in no list of live instruments, and so is not missed. A symbol that pages
 * or joined lists hold twice is shown once where both say the same, and else not at all: nor where one of them is not to
 * be shown. Where an exchange lists two things under one name, `symbolOfRow` or a filter keeps them apart.
 */
export function collectRows<T, Q extends NamedListing & { readonly exchangeSymbol: string }>(
  rows: readonly T[],
  symbolOfRow: (row: T) => string,
  read: (row: T) => Q | null,
): { quotes: Q[]; rejects: Reject[] } {
  const all = rows.map((row): Read<Q> => {
    const symbol = symbolOfRow(row);
    try {
      const quote = read(row);
      return quote === null || isPreIpo(quote)
        ? { symbol, notShown: true }
        : { symbol, row: quote };
    } catch (error) {
      if (!(error instanceof RowReject)) throw error;
      const { reason, message: detail } = error;
      return { symbol, reject: { exchangeSymbol: symbol, reason, detail } };
    }
  });
  const { rows: quotes, rejects } = withoutTwins(all, figuresOf);
  return { quotes, rejects };
}

/** What a list calls a row: a text or a number. */
function symbolOf(item: unknown, key: string): string | null {
  if (typeof item !== "object" || item === null) return null;
  const value: unknown = Reflect.get(item, key);
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : null;
}

function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}

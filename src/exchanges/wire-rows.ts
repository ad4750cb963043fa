import type { z } from "zod";
import { isPreIpo, type NamedListing } from "../domain/pre-ipo.ts";
import type { Reject } from "../domain/quote.ts";
import { ambiguous, figuresOf, type Read, withoutTwins } from "../domain/twins.ts";
import { badEnvelope, firstIssue, RowReject } from "./wire.ts";

/** Rows of one payload that match their schema, and those that do not. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly rejects: readonly Reject[];
}

/**
 * Checks each row of a list separately: a bad row becomes a reject without affecting others. Of rows with the same
 * `symbolKey` equal ones are merged, and different ones are dropped, as it is unknown which is right. An empty list is
 * implausible for a whole exchange and fails as a bad envelope.
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

/** Joins pages or lists that form one list: a symbol that is ambiguous in one of them remains so. */
export function joinedRows<T>(parts: readonly Rows<T>[], symbolOfRow: (row: T) => string): Rows<T> {
  const unread = parts.flatMap((part) => part.rejects);
  const unreadable = new Set(unread.map((reject) => reject.exchangeSymbol));
  const rows: T[] = [];
  const rejects = [...unread];
  for (const row of parts.flatMap((part) => part.rows)) {
    const symbol = symbolOfRow(row);
    if (unreadable.has(symbol)) rejects.push(ambiguous(symbol));
    else rows.push(row);
  }
  return { rows, rejects };
}

/**
 * Runs `read` on each row. A RowReject is counted, a null is a row that is not shown, and so are shares that are not
 * traded yet: they are in no list of live instruments, hence not missing. A symbol that occurs twice in pages or joined
 * lists is shown once if both rows agree, and otherwise not at all; nor is it if one of them must not be shown. If an
 * exchange lists two things under one name, `symbolOfRow` or a filter distinguishes them.
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

/** A row's symbol in a list: a string or a number. */
function symbolOf(item: unknown, key: string): string | null {
  if (typeof item !== "object" || item === null) return null;
  const value: unknown = Reflect.get(item, key);
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : null;
}

function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}

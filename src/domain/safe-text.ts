import type { Batch, Quote, Reject } from "./quote.ts";
import { ASSET_MARK, LIST_SEPARATOR } from "./symbol.ts";

/** Exchanges' names are shown, logged and used in keys; none in use is longer than 30. */
export const MAX_NAME_CHARS = 64;
const MAX_DETAIL_CHARS = 200;

/**
 * Control characters and line breaks, invisible ones such as direction marks and joiners, and traces of invalid text:
 * unpaired surrogates, non-characters, the replacement character.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}\uFFFD]/u;
const ALL_UNSAFE = new RegExp(UNSAFE, "gu");

/** Why a text cannot be a name, without quoting it; null if it can. */
export function nameFault(name: string): string | null {
  if (name.trim() === "") return "is empty";
  // A name has at least half as many characters as units: a very long one need not be counted.
  if (name.length > 2 * MAX_NAME_CHARS || [...name].length > MAX_NAME_CHARS)
    return `is longer than ${MAX_NAME_CHARS} characters`;
  const found = UNSAFE.exec(name)?.[0].codePointAt(0);
  if (found === undefined) return null;
  return `contains U+${found.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * A batch with only safe texts: a quote with an unsafe name, or whose base, quote or settlement contains the list
 * separator, becomes a reject, and no reject contains an unsafe name or detail.
 */
export function withSafeTexts<B extends Batch>(batch: B): B {
  const quotes: Quote[] = [];
  const rejects = batch.rejects.map(safeReject);
  for (const quote of batch.quotes) {
    const reject = rejectOf(quote);
    if (reject === null) quotes.push(quote);
    else rejects.push(safeReject(reject));
  }
  return { ...batch, quotes, rejects };
}

function rejectOf({ exchangeSymbol, base, quote, settle }: Quote): Reject | null {
  const parts = Object.entries({ base, quote, settle });
  for (const [field, name] of [["exchangeSymbol", exchangeSymbol] as const, ...parts]) {
    const fault = nameFault(name);
    if (fault !== null)
      return { exchangeSymbol, reason: "bad_symbol", detail: `${field} ${fault}` };
  }
  for (const [field, name] of parts) {
    const detail = `${field} contains the list separator`;
    if (name.includes(LIST_SEPARATOR)) return { exchangeSymbol, reason: "unknown_kind", detail };
    // A ticker LIT~2 would be mistaken for the second asset with the name LIT.
    if (name.includes(ASSET_MARK))
      return {
        exchangeSymbol,
        reason: "unknown_kind",
        detail: `${field} contains a ${ASSET_MARK}`,
      };
  }
  return null;
}

function safeReject(reject: Reject): Reject {
  const { exchangeSymbol, reason } = reject;
  const isSafe = exchangeSymbol !== null && nameFault(exchangeSymbol) === null;
  const detail = reject.detail.slice(0, MAX_DETAIL_CHARS).replaceAll(ALL_UNSAFE, "\uFFFD");
  return { exchangeSymbol: isSafe ? exchangeSymbol : null, reason, detail };
}

import type { AnswerContent } from "./answer.ts";
import { API_HEADERS, CACHE_DATA } from "./headers.ts";

export const JSON_TYPE = "application/json";

/** A JSON answer that lives as long as its snapshot. */
export function jsonContent(value: unknown): AnswerContent {
  return contentOf([JSON.stringify(value)]);
}

/** Rows that are serialised at a time: a list of 15,000 as one text would be twice its size in memory at once. */
const ROWS_PER_PIECE = 256;

/** The answer `{…head, rows: […], …tail}` whose rows are made and serialised piece by piece. */
export function jsonListContent<Item>(list: {
  readonly head: object;
  readonly items: readonly Item[];
  readonly toRow: (item: Item) => unknown;
  readonly tail: object;
}): AnswerContent {
  const { head, items, toRow, tail } = list;
  const pieces = [`${JSON.stringify(head).slice(0, -1)},"rows":[`];
  for (let from = 0; from < items.length; from += ROWS_PER_PIECE) {
    const rows = items.slice(from, from + ROWS_PER_PIECE).map(toRow);
    pieces.push(`${from === 0 ? "" : ","}${JSON.stringify(rows).slice(1, -1)}`);
  }
  pieces.push(`],${JSON.stringify(tail).slice(1)}`);
  return contentOf(pieces);
}

function contentOf(pieces: readonly string[]): AnswerContent {
  return {
    pieces,
    contentType: JSON_TYPE,
    cacheControl: CACHE_DATA,
    headers: API_HEADERS,
  };
}

import type { AnswerContent } from "./answer.ts";
import { API_HEADERS, CACHE_DATA, uncachedHeaders } from "./headers.ts";

export const JSON_TYPE = "application/json";

/**
 * An answer that is made for one request and kept by nobody. It states its length, because HEAD must say what GET
 * would.
 */
export function freshResponse(
  body: string,
  of: { readonly contentType: string; readonly status: number; readonly requestId: string },
): Response {
  return new Response(body, {
    status: of.status,
    headers: {
      ...uncachedHeaders(of.contentType, of.requestId),
      "content-length": String(Buffer.byteLength(body)),
    },
  });
}

/** A JSON answer that lives as long as its snapshot. */
export function jsonContent(value: unknown): AnswerContent {
  return contentOf(() => [JSON.stringify(value)], null);
}

/** Rows that are serialised at a time. */
const ROWS_PER_PIECE = 256;

/** Lists with more rows are a megabyte and up: they are made when they are sent. */
const LARGE_ROWS = 2_000;

/**
 * The answer `{…head, rows: […], …tail}` whose rows are made and serialised piece by piece: a list of 15,000 as
 * one text would be in memory several times over. `name` tells it from all others: equal names, equal bytes.
 */
export function jsonListContent<Item>(list: {
  readonly name: string;
  readonly head: object;
  readonly items: readonly Item[];
  readonly toRow: (item: Item) => unknown;
  readonly tail: object;
}): AnswerContent {
  const { items, name } = list;
  return contentOf(() => piecesOf(list), items.length > LARGE_ROWS ? name : null);
}

function* piecesOf<Item>(list: {
  readonly head: object;
  readonly items: readonly Item[];
  readonly toRow: (item: Item) => unknown;
  readonly tail: object;
}): Generator<string> {
  const { head, items, toRow, tail } = list;
  yield `${JSON.stringify(head).slice(0, -1)},"rows":[`;
  for (let from = 0; from < items.length; from += ROWS_PER_PIECE) {
    const rows = items.slice(from, from + ROWS_PER_PIECE).map(toRow);
    yield `${from === 0 ? "" : ","}${JSON.stringify(rows).slice(1, -1)}`;
  }
  yield `],${JSON.stringify(tail).slice(1)}`;
}

function contentOf(pieces: AnswerContent["pieces"], largeAs: string | null): AnswerContent {
  return {
    pieces,
    largeAs,
    contentType: JSON_TYPE,
    cacheControl: CACHE_DATA,
    headers: API_HEADERS,
  };
}

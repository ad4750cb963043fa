import type { Stepwise } from "../../lib/stepwise.ts";
import type { AnswerContent, Chunk } from "../answers/answer.ts";
import { cellsOf, type Column, csvLines } from "./columns.ts";
import { API_HEADERS, uncachedHeaders, type FixedHeaders } from "../protocol/headers.ts";
import { CONTENT_TYPES, type FileFormat, JSON_TYPE } from "../protocol/list-format.ts";
import type { ResponseOf } from "../protocol/routing.ts";

/**
 * A response built for one request and not cached. It sets Content-Length because HEAD must report the length that GET
 * would.
 */
export function freshResponse(
  body: string,
  of: { readonly contentType: string; readonly status: number; readonly requestId: string },
): ResponseOf<string> {
  return new Response(body, {
    status: of.status,
    headers: {
      ...uncachedHeaders(of.contentType, of.requestId),
      "content-length": String(Buffer.byteLength(body)),
    },
  });
}

/** The same for a JSON value. */
export function freshJsonResponse<Body>(
  body: Body,
  of: { readonly status: number; readonly requestId: string },
): ResponseOf<Body> {
  const response: Response = freshResponse(JSON.stringify(body), { ...of, contentType: JSON_TYPE });
  return response;
}

/** Rows per chunk of an answer: some 50 KB. */
const ROWS_PER_CHUNK = 96;

/** Rows per JSON.stringify call: up to 8 KB it has a fast path that takes a fifth less time. */
const ROWS_AT_ONCE = 8;

/** Without it some spreadsheets read the file as Windows-1252. */
const BYTE_ORDER_MARK = "\uFEFF";

/** Longer lists, a megabyte and up, are generated while they are sent. */
const STREAM_ABOVE_ROWS = 2_000;

/** What a selected item occupies until its row is built: a reference, in lists of pairs the pair as well. */
const HELD_BYTES_PER_ROW = 96;

/** Approximate size of a serialised row: listings take 620 bytes in JSON, pairs more, all of them less in CSV. */
const EXPECTED_BYTES_PER_ROW = 600;

/** Writes items one by one; a CSV line includes its line end. */
export interface WrittenTexts<Item> {
  readonly json: (item: Item) => string;
  readonly csv: (item: Item) => string;
}

/** A list to serialise: in JSON `{…head, rows: […], …tail}`, in other formats the rows alone. */
export interface WrittenList<Item, Row> {
  /** Identifies the list: equal names mean equal bytes. */
  readonly name: string;
  readonly format: FileFormat;
  readonly vary: string;
  readonly headers: FixedHeaders;
  readonly head: object;
  readonly tail: object;
  readonly items: readonly Item[];
  readonly toRow: (item: Item) => Row;
  readonly columns: readonly Column<Row>[];
  /** Maps a row to its JSON value; unset or null: the row itself. */
  readonly jsonOf?: ((row: Row) => unknown) | null;
  /** Writes an item from cached texts: the same text as from `toRow`, `jsonOf` and `columns`. */
  readonly texts?: WrittenTexts<Item> | null | undefined;
  /** Whether CSV starts with a byte-order mark. */
  readonly hasBom?: boolean;
}

/**
 * A list whose rows are built and serialised chunk by chunk: 15,000 rows in one string would be in memory several times
 * over.
 */
export function writtenList<Item, Row>(list: WrittenList<Item, Row>): AnswerContent {
  return {
    chunks: () => contentChunks(list),
    streamed:
      list.items.length > STREAM_ABOVE_ROWS
        ? {
            name: list.name,
            heldBytes: list.items.length * HELD_BYTES_PER_ROW,
            expectedBytes: list.items.length * EXPECTED_BYTES_PER_ROW,
          }
        : null,
    contentType: CONTENT_TYPES[list.format],
    cacheControl: null,
    vary: list.vary,
    headers: { ...API_HEADERS, ...list.headers },
  };
}

/** The same content with its chunks built, unless they are generated while they are sent. */
export function* builtContent(content: AnswerContent): Stepwise<AnswerContent> {
  if (content.streamed !== null) return content;
  const chunks: Chunk[] = [];
  for (const chunk of content.chunks()) {
    chunks.push(chunk);
    yield;
  }
  return { ...content, chunks: () => chunks };
}

function contentChunks<Item, Row>(list: WrittenList<Item, Row>): Iterable<Chunk> {
  switch (list.format) {
    case "json":
      return jsonChunks(list);
    case "csv":
      return csvChunks(list);
    case "ndjson":
      return ndjsonChunks(list);
    case "parquet":
      throw new Error("assertion failed: Parquet is written by parquet-content.ts");
  }
}

function* jsonChunks<Item, Row>(list: WrittenList<Item, Row>): Generator<string> {
  const { head, tail, texts } = list;
  yield `${JSON.stringify(head).slice(0, -1)},"rows":[`;
  const json = texts?.json ?? null;
  let isFirst = true;
  for (const items of chunked(list.items)) {
    const rows = json === null ? jsonTexts(shownRows(list, items)) : items.map(json);
    yield (isFirst ? "" : ",") + rows.join(",");
    isFirst = false;
  }
  yield `],${JSON.stringify(tail).slice(1)}`;
}

function jsonTexts(rows: readonly unknown[]): string[] {
  const texts: string[] = [];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    texts.push(JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE)).slice(1, -1));
  return texts;
}

function* csvChunks<Item, Row>(list: WrittenList<Item, Row>): Generator<string> {
  const { columns, toRow, texts } = list;
  if (list.hasBom === true) yield BYTE_ORDER_MARK;
  yield csvLines([columns.map(({ name }) => name)]);
  const csv = texts?.csv ?? null;
  for (const items of chunked(list.items)) {
    if (csv === null) yield csvLines(items.map((item) => cellsOf(columns, toRow(item))));
    else yield items.map(csv).join("");
  }
}

function* ndjsonChunks<Item, Row>(list: WrittenList<Item, Row>): Generator<string> {
  const json = list.texts?.json ?? null;
  for (const items of chunked(list.items)) {
    const rows =
      json === null ? shownRows(list, items).map((row) => JSON.stringify(row)) : items.map(json);
    yield `${rows.join("\n")}\n`;
  }
}

/** The JSON values of some items. */
function shownRows<Item, Row>(
  { toRow, jsonOf = null }: WrittenList<Item, Row>,
  items: readonly Item[],
): unknown[] {
  return jsonOf === null ? items.map(toRow) : items.map((item) => jsonOf(toRow(item)));
}

function* chunked<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += ROWS_PER_CHUNK)
    yield items.slice(from, from + ROWS_PER_CHUNK);
}
